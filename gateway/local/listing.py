"""Pages of a list: by key where the order is the natural one, by counting where a sort order was asked for."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from gateway.keyset import Keyset, bad_cursor
from gateway.local import conditions
from gateway.local.handler import Reply
from gateway.store import Transaction
from schemas.ids import Kind
from schemas.query import ListArgs

CHUNK = 500

Render = Callable[[Sequence[Row[Any]]], list[Reply]]


@dataclass(frozen=True)
class Listing:
    """A list in its natural order: `query` (without order or limit) over records whose number is `key`; `render` makes documents of rows.

    Every document has an `id`, or `number_of` tells the number of a row's record (by default its column `id`).
    """

    kind: Kind
    query: Select[Any]
    key: ColumnElement[Any]
    render: Render
    newest_first: bool = True
    number_of: Callable[[Row[Any]], int] = lambda row: int(row.id)


def page(tx: Transaction, listing: Listing, args: ListArgs) -> Reply:
    """The page that `args` ask for: `{items, next_cursor, total?}`. A cursor names the first record of the page it leads to.

    Raises CrosswalkError (invalid_request, bad_cursor).
    """
    if args.sort:
        return _sorted(tx, listing, args)
    bounded = _from(listing, listing.query, _start(tx, args.cursor))
    read = _documents if args.where is None else _matching
    return _with_total(tx, listing, args, read(tx, listing, bounded, args))


def _start(tx: Transaction, cursor: str | None) -> int | None:
    if not cursor:
        return None
    identity = tx.ids.parse(cursor)
    if identity is None:
        raise bad_cursor(cursor)
    return identity.number


def _from(listing: Listing, query: Select[Any], start: int | None) -> Select[Any]:
    if start is not None:
        query = query.where(listing.key <= start if listing.newest_first else listing.key >= start)
    return query.order_by(listing.key.desc() if listing.newest_first else listing.key.asc())


def _documents(tx: Transaction, listing: Listing, query: Select[Any], args: ListArgs) -> Reply:
    if args.limit is not None:
        query = query.limit(args.limit + 1)
    if args.offset:
        query = query.offset(args.offset)
    rows = tx.rows(query)
    shown = rows if args.limit is None else rows[: args.limit]
    following = tx.ids.make(listing.kind, listing.number_of(rows[len(shown)])) if len(rows) > len(shown) and shown else None
    return {"items": listing.render(shown), "next_cursor": following}


def _chunks(tx: Transaction, listing: Listing, query: Select[Any]) -> Iterator[tuple[int, Reply]]:
    """Every record as (number, document), read a few hundred at a time."""
    bound: int | None = None
    while True:
        part = query
        if bound is not None:
            part = part.where(listing.key < bound if listing.newest_first else listing.key > bound)
        rows = tx.rows(part.limit(CHUNK))
        yield from zip(map(listing.number_of, rows), listing.render(rows), strict=True)
        if len(rows) < CHUNK:
            return
        bound = listing.number_of(rows[-1])


def stream(tx: Transaction, listing: Listing, args: ListArgs) -> Iterator[Reply]:
    """Every document that meets `args.where`, in natural order, in bounded memory; place and size are ignored."""
    accepted = conditions.test(args.where)
    for _number, document in _chunks(tx, listing, _from(listing, listing.query, None)):
        if accepted(document):
            yield document


def _matching(tx: Transaction, listing: Listing, query: Select[Any], args: ListArgs) -> Reply:
    accepted = conditions.test(args.where)
    found = ((number, document) for number, document in _chunks(tx, listing, query) if accepted(document))
    rest = islice(found, args.offset or 0, None)
    shown = [document for _, document in _take(rest, args.limit)]
    after = next(rest, None) if args.limit else None
    return {"items": shown, "next_cursor": tx.ids.make(listing.kind, after[0]) if after else None}


def _take(items: Iterable[Any], limit: int | None) -> Iterator[Any]:
    return islice(iter(items), limit)


def _sorted(tx: Transaction, listing: Listing, args: ListArgs) -> Reply:
    order = Keyset(args.sort, newest_first=listing.newest_first)
    first = order.start(args.cursor) if args.cursor else None
    keyed = ((order.key(document), place, document) for place, document in enumerate(stream(tx, listing, args)))
    found = (entry for entry in keyed if first is None or not entry[0] < first)
    offset = args.offset or 0
    end = None if args.limit is None else offset + args.limit
    best = [document for _, _, document in (sorted(found) if end is None else heapq.nsmallest(end + 1, found))]
    shown = best[offset:end]
    following = order.cursor(best[end]) if end is not None and shown and len(best) > end else None
    return _with_total(tx, listing, args, {"items": shown, "next_cursor": following})


def _with_total(tx: Transaction, listing: Listing, args: ListArgs, reply: Reply) -> Reply:
    if args.total and args.where is None:
        reply["total"] = tx.value(select(func.count()).select_from(listing.query.subquery()))
    elif args.total:
        reply["total"] = sum(1 for _ in stream(tx, listing, args))
    return reply
