"""Splits: named parts of a dataset. They are not versioned; a name means one split in each scope."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from gateway.local import listing, lookup
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_splits, examples, splits
from schemas.dataset import NewSplit, SplitPatch
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.operations import Caller, DatasetArgs, ListSplitsArgs, Op, SplitArgs

CHUNK = 500
_CLEARED = frozenset({"description"})

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
    """Puts each example (by number) into the splits of these names; a name that is new makes a split, in order of the names."""
    known: dict[str, int] = {}
    pairs: set[tuple[int, int]] = set()
    pairs_by_name = [(name, example) for example, names in wanted for name in names]
    for name, example in sorted(pairs_by_name):
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


def create(tx: Transaction, args: DatasetArgs, body: NewSplit, caller: Caller) -> Reply:
    """Makes a split of the dataset's examples named. Raises CrosswalkError (conflict) when the name is taken in the scope."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    members = _members(tx, dataset.id, body.example_ids)
    row = body.model_dump(exclude={"example_ids"})
    times = {"created_at": tx.now, "updated_at": tx.now}
    try:
        number = tx.insert(_NEW, {**row, "scope": caller.scope, "extensions": {}, **times})
    except IntegrityError as error:
        raise _taken(body.name) from error
    _add(tx, number, members)
    return _read(tx, number, dataset.id)


def update(tx: Transaction, args: SplitArgs, body: SplitPatch, caller: Caller) -> Reply:
    """Changes the given fields (null clears the description, and is nothing elsewhere), then adds and removes examples of the dataset."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    number = _known(tx, args.split_id, caller.scope)
    removed, added = _members(tx, dataset.id, body.remove_example_ids), _members(tx, dataset.id, body.add_example_ids)
    said = body.model_dump(exclude_unset=True, exclude={"add_example_ids", "remove_example_ids"})
    values = {name: value for name, value in said.items() if value is not None or name in _CLEARED}
    if values:
        _change(tx, number, {**values, "updated_at": tx.now})
    _remove(tx, number, [*added, *removed])
    _add(tx, number, [member for member in added if member not in removed])
    return _read(tx, number, dataset.id)


def delete(tx: Transaction, args: SplitArgs, _body: None, caller: Caller) -> Reply:
    """Deletes a split; its examples stay."""
    lookup.dataset(tx, args.dataset_id, caller.scope)
    number = _known(tx, args.split_id, caller.scope)
    tx.execute(splits.delete().where(splits.c.id == number))
    return {"id": tx.ids.make(Kind.SPLIT, number)}


def _change(tx: Transaction, number: int, values: dict[str, Any]) -> None:
    try:
        tx.execute(splits.update().where(splits.c.id == number).values(**values))
    except IntegrityError as error:
        raise _taken(str(values.get("name"))) from error


def _taken(name: str) -> CrosswalkError:
    return lookup.duplicate(Kind.SPLIT, name, f"There is a split named {name!r} already.")


def _known(tx: Transaction, reference: str, scope: str) -> int:
    number = _number(tx, reference, scope)
    if number is None:
        raise unknown(Kind.SPLIT, reference)
    return number


def _members(tx: Transaction, dataset: int, references: Sequence[str]) -> list[int]:
    """The numbers of examples of the dataset, each once. Raises CrosswalkError (not_found) naming all that are none."""
    found = {reference: lookup.example_number(tx, reference, dataset) for reference in dict.fromkeys(references)}
    missing = ", ".join(reference for reference, number in found.items() if number is None)
    if missing:
        raise CrosswalkError(Code.NOT_FOUND, f"Examples not found in this dataset: {missing}", Reason.UNKNOWN_RECORD, Kind.EXAMPLE, missing)
    return list(dict.fromkeys(number for number in found.values() if number is not None))


def _add(tx: Transaction, split: int, members: Sequence[int]) -> None:
    if members:
        tx.execute(_ASSIGN, [{"example_id": member, "split_id": split} for member in members])


def _remove(tx: Transaction, split: int, members: Sequence[int]) -> None:
    for start in range(0, len(members), CHUNK):
        some = example_splits.c.example_id.in_(members[start : start + CHUNK])
        tx.execute(example_splits.delete().where(example_splits.c.split_id == split, some))


def _of_dataset(dataset: int) -> Select[Any]:
    """Every split, with the number of its living examples that the dataset has."""
    living = (
        select(func.count())
        .select_from(example_splits.join(examples, examples.c.id == example_splits.c.example_id))
        .where(example_splits.c.split_id == splits.c.id, examples.c.dataset_id == dataset, examples.c.deleted.is_(False))
    )
    return select(splits, living.scalar_subquery().label("example_count"))


def _read(tx: Transaction, number: int, dataset: int) -> Reply:
    row = tx.first(_of_dataset(dataset).where(splits.c.id == number))
    assert row is not None, "just written"
    return _document(tx, row)


def list_splits(tx: Transaction, args: ListSplitsArgs, _body: None, caller: Caller) -> Reply:
    """The splits that have examples of this dataset, those deleted since included, newest first."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    used = (
        select(example_splits.c.split_id)
        .join(examples, examples.c.id == example_splits.c.example_id)
        .where(examples.c.dataset_id == dataset.id)
    )
    query = _of_dataset(dataset.id).where(splits.c.id.in_(used))

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


HANDLERS = {Op.CREATE_SPLIT: create, Op.LIST_SPLITS: list_splits, Op.UPDATE_SPLIT: update, Op.DELETE_SPLIT: delete}
