"""An experiment's runs in the order of its examples, read in bounded memory."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, tuple_

from gateway.local import conditions, run_documents
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import runs
from schemas.query import Condition

CHUNK = 500

_PLACE = (runs.c.position, runs.c.repetition, runs.c.id)
_WHERE = select(*_PLACE).where(runs.c.id == bindparam("number"))


def stream(tx: Transaction, query: Select[Any], where: Condition | None = None, scores: bool = True) -> Iterator[Reply]:
    """The documents of a query for runs that meet `where`: by example position, then repetition, then number."""
    accepted = conditions.test(where)
    # One statement read in parts, not a page after the other: no index has this order, so each page would sort everything again.
    result = tx.connection.execute(query.order_by(*_PLACE), execution_options={"yield_per": CHUNK})
    with result:
        for rows in result.partitions(CHUNK):
            yield from filter(accepted, run_documents.many(tx, rows, scores))


def starting_at(tx: Transaction, query: Select[Any], number: int) -> Select[Any] | None:
    """The query from run `number` on; None when there is no such run."""
    place: Row[Any] | None = tx.first(_WHERE, {"number": number})
    return None if place is None else query.where(tuple_(*_PLACE) >= tuple_(*place))
