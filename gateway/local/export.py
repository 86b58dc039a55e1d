"""An experiment's runs with everything that belongs to them, in the order of its examples."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Select, bindparam, select

from gateway.keyset import bad_cursor
from gateway.local import examples, listing, lookup, ordered_runs, run_lists
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_revisions, runs
from gateway.store.tables import examples as examples_table
from schemas.ids import Kind
from schemas.operations import Caller, ListRunsArgs, Op
from schemas.status import RunStatus

CHUNK = 500

_EXAMPLES = (
    select(runs.c.id.label("run"), *examples.COLUMNS)
    .select_from(runs)
    .join(examples_table, examples_table.c.id == runs.c.example_id)
    .join(example_revisions, example_revisions.c.id == runs.c.revision_id)
    .where(runs.c.id.in_(bindparam("runs", expanding=True)))
)


def export(tx: Transaction, args: ListRunsArgs, _body: None, caller: Caller) -> Reply:
    """Runs by example position, then repetition (or as `args.sort` says), each with its scores and with its example as the experiment froze it."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    query = run_lists.listed(tx, experiment, args, args.where, args.steps)
    if not args.waiting:
        query = query.where(runs.c.status != RunStatus.WAITING.value)
    page = listing.page(tx, run_lists.listing_of(tx, query, args.scores), args) if args.sort else _page(tx, query, args)
    return {**page, "items": list(_with_examples(tx, page["items"]))}


def _page(tx: Transaction, query: Select[Any], args: ListRunsArgs) -> Reply:
    documents = ordered_runs.stream(tx, _from_cursor(tx, query, args.cursor), args.where, args.scores)
    rest = islice(documents, args.offset or 0, None)
    shown = list(islice(rest, args.limit))
    after = next(rest, None) if args.limit else None
    page = {"items": shown, "next_cursor": after["id"] if after else None}
    if args.total:
        page["total"] = sum(1 for _ in ordered_runs.stream(tx, query, args.where, args.scores))
    return page


def _from_cursor(tx: Transaction, query: Select[Any], cursor: str | None) -> Select[Any]:
    if not cursor:
        return query
    number = tx.ids.number(cursor, Kind.RUN)
    bounded = None if number is None else ordered_runs.starting_at(tx, query, number)
    if bounded is None:
        raise bad_cursor(cursor)
    return bounded


def _with_examples(tx: Transaction, documents: Iterable[Reply]) -> Iterator[Reply]:
    rest = iter(documents)
    while chunk := list(islice(rest, CHUNK)):
        numbers = [tx.ids.number(document["id"], Kind.RUN) for document in chunk]
        found = _examples(tx, [number for number in numbers if number is not None])
        yield from ({**document, "example": found[number]} for number, document in zip(numbers, chunk, strict=True) if number is not None)


def _examples(tx: Transaction, numbers: Sequence[int]) -> dict[int, Reply]:
    """The example of each of these runs."""
    rows = tx.rows(_EXAMPLES, {"runs": numbers})
    return dict(zip((row.run for row in rows), examples.documents(tx, rows), strict=True))


HANDLERS = {Op.EXPORT: export}
