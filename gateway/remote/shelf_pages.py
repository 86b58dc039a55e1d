"""A page of a list out of what is known of it: by key, in bounded memory, whatever it is narrowed to or sorted by."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row

from gateway.keyset import Keyset, bad_cursor
from gateway.local import conditions
from gateway.remote import shelf_rows
from gateway.store import Transaction
from schemas.json import JsonObject
from schemas.query import ListArgs

_CHUNK = 500
_TIMES = ("created_at", "updated_at", "started_at", "completed_at")

Render = Callable[[Transaction, Sequence[JsonObject]], list[JsonObject]]


@dataclass(frozen=True)
class Question:
    """What is asked of a shelf: the arguments of the list, and those of them that narrow what the shelf holds (`shelf_rows.NARROWING`).

    `render` completes documents with what is kept beside them.
    """

    shelf: int
    args: ListArgs
    narrowing: Mapping[str, Any]
    render: Render

    @property
    def sort(self) -> list[str]:
        """The order that is asked for, empty where it is the shelf's own."""
        return [] if self.args.sort == ["-created_at"] else self.args.sort

    @property
    def plain(self) -> bool:
        """Whether records are wanted in the shelf's own order without looking into them: a page is told by its place alone."""
        return self.args.where is None and not self.sort


@dataclass(frozen=True)
class Found:
    """A page. `stale` are its records that were changed since they were read."""

    reply: JsonObject
    stale: tuple[str, ...] = ()


Item = tuple[str, JsonObject, bool]
"""A record's id, its document, and whether it is stale."""


def page(tx: Transaction, question: Question) -> Found:
    """The page that is asked for, whose cursor names the first record of the next. Raises CrosswalkError (invalid_request, bad_cursor)."""
    args = question.args
    found, following = _sorted(tx, question) if question.sort else _in_order(tx, question)
    reply: JsonObject = {"items": [document for _, document, _ in found], "next_cursor": following}
    if args.total:
        reply["total"] = (
            shelf_rows.count(tx, question.shelf, question.narrowing)
            if args.where is None
            else sum(1 for _ in _wanted(tx, question, None, 0))
        )
    return Found(reply, tuple(record for record, _, stale in found if stale))


def _in_order(tx: Transaction, question: Question) -> tuple[list[Item], str | None]:
    args, first, skip = question.args, None, question.args.offset or 0
    if args.cursor:
        first = shelf_rows.place(tx, question.shelf, args.cursor)
        if first is None:
            raise bad_cursor(args.cursor)
    left = 0 if question.plain else skip
    items = islice(_wanted(tx, question, first, skip - left), left, None)
    shown = list(items if args.limit is None else islice(items, args.limit))
    after = next(items, None) if args.limit else None
    return shown, None if after is None else after[0]


def _sorted(tx: Transaction, question: Question) -> tuple[list[Item], str | None]:
    args, order = question.args, Keyset(question.sort)
    first = order.start(args.cursor) if args.cursor else None
    keyed = ((order.key(item[1]), place, item) for place, item in enumerate(_wanted(tx, question, None, 0)))
    found = (entry for entry in keyed if first is None or not entry[0] < first)
    offset = args.offset or 0
    end = None if args.limit is None else offset + args.limit
    best = [item for _, _, item in (sorted(found) if end is None else heapq.nsmallest(end + 1, found))]
    following = order.cursor(best[end][1]) if args.limit and end is not None and len(best) > end else None
    return best[offset:end], following


def _wanted(tx: Transaction, question: Question, first: shelf_rows.Place | None, skip: int) -> Iterator[Item]:
    """Every record that is wanted, from a place on, a few hundred held at a time."""
    accepts = conditions.test(question.args.where)
    for row, document in _all(tx, question, first, skip):
        if accepts(document):
            yield row.record, document, row.stale


def _all(tx: Transaction, question: Question, first: shelf_rows.Place | None, skip: int) -> Iterator[tuple[Row[Any], JsonObject]]:
    size = _CHUNK if question.args.limit is None or not question.plain else min(_CHUNK, question.args.limit + 1)
    while True:
        # One more than a chunk: where the next one begins.
        rows = shelf_rows.rows(tx, question.shelf, first, question.narrowing, size + 1, skip)
        yield from zip(rows[:size], question.render(tx, [revived(row.body) for row in rows[:size]]), strict=True)
        if len(rows) <= size:
            return
        first, skip = (rows[size].made, rows[size].number), 0


def revived(body: JsonObject) -> JsonObject:
    """A stored document with its times as times."""
    return {**body, **{name: datetime.fromisoformat(body[name]) for name in _TIMES if isinstance(body.get(name), str)}}
