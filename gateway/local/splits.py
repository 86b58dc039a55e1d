"""Splits: named parts of a dataset. They are not versioned; a name means one split in each scope."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from gateway.local import listing, lookup
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_splits, examples, splits
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Caller, ListVersionsArgs, Op

CHUNK = 500

_BY_NAME = select(splits.c.id).where(splits.c.scope == bindparam("scope"), splits.c.name == bindparam("name"))
_BY_NUMBER = select(splits.c.id).where(splits.c.scope == bindparam("scope"), splits.c.id == bindparam("number"))
_NEW = splits.insert()
_ASSIGN = example_splits.insert()
_CLEAR = example_splits.delete().where(example_splits.c.example_id == bindparam("example"))
_NAMES = (
    select(example_splits.c.example_id, splits.c.name)
    .join(splits, splits.c.id == example_splits.c.split_id)
    .where(example_splits.c.example_id.in_(bindparam("examples", expanding=True)))
    .order_by(splits.c.name)
)


def assign(tx: Transaction, wanted: Iterable[tuple[int, Sequence[str]]], scope: str) -> None:
    """Puts each example (by number) into the splits of these names; a name that is new makes a split."""
    known: dict[str, int] = {}
    pairs: set[tuple[int, int]] = set()
    for example, names in wanted:
        for name in names:
            if name not in known:
                known[name] = _named(tx, name, scope)
            pairs.add((example, known[name]))
    if pairs:
        tx.execute(_ASSIGN, [{"example_id": example, "split_id": split} for example, split in sorted(pairs)])


def replace(tx: Transaction, example: int, names: Sequence[str], scope: str) -> None:
    """Makes these the example's splits."""
    tx.execute(_CLEAR, {"example": example})
    assign(tx, [(example, names)], scope)


def _named(tx: Transaction, name: str, scope: str) -> int:
    number = tx.value(_BY_NAME, {"scope": scope, "name": name})
    if number is not None:
        return int(number)
    row = {"scope": scope, "name": name, "metadata": {}, "extensions": {}, "created_at": tx.now, "updated_at": tx.now}
    return tx.insert(_NEW, row)


def names_of(tx: Transaction, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The names of the splits of each of these examples; those without any are left out."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(numbers), CHUNK):
        for row in tx.rows(_NAMES, {"examples": numbers[start : start + CHUNK]}):
            found.setdefault(row.example_id, []).append(row.name)
    return found


def numbers_of(tx: Transaction, references: Sequence[str], scope: str) -> list[int]:
    """The numbers of splits given by id or name. Raises CrosswalkError (not_found) naming all that are unknown."""
    found = [(reference, _number(tx, reference, scope)) for reference in references]
    missing = ", ".join(reference for reference, number in found if number is None)
    if missing:
        raise CrosswalkError(Code.NOT_FOUND, f"Splits not found: {missing}", Reason.UNKNOWN_RECORD, Kind.SPLIT, missing)
    return [number for _, number in found if number is not None]


def _number(tx: Transaction, reference: str, scope: str) -> int | None:
    number = tx.value(_BY_NAME, {"scope": scope, "name": reference})
    if number is None and (parsed := tx.ids.number(reference, Kind.SPLIT)) is not None:
        number = tx.value(_BY_NUMBER, {"scope": scope, "number": parsed})
    return None if number is None else int(number)


def list_splits(tx: Transaction, args: ListVersionsArgs, _body: None, caller: Caller) -> Reply:
    """The splits that have examples of this dataset, newest first."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    query = (
        select(splits, func.count().label("example_count"))
        .join(example_splits, example_splits.c.split_id == splits.c.id)
        .join(examples, examples.c.id == example_splits.c.example_id)
        .where(examples.c.dataset_id == dataset.id, examples.c.deleted.is_(False))
        .group_by(splits.c.id)
    )

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [_document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.SPLIT, query, splits.c.id, render), args)


def _document(tx: Transaction, row: Row[Any]) -> Reply:
    return {
        "id": tx.ids.make(Kind.SPLIT, row.id),
        "name": row.name,
        "description": row.description,
        "color": row.color,
        "metadata": row.metadata,
        "example_count": row.example_count,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


HANDLERS = {Op.LIST_SPLITS: list_splits}
