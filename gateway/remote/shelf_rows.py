"""What is known of a target's lists, in the store: a shelf for each list that was asked for, on it a row for each record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select, tuple_

from gateway.store import Transaction
from gateway.store.tables import shelved, shelves
from gateway.store.types import to_microseconds
from schemas.json import Json, JsonObject

KEPT = timedelta(days=1)
"""How long a record that is gone is kept for the cursors that name it, and a shelf that nobody asks for."""

Place = tuple[int, int]
"""Where a record stands on its shelf: when it was made (microseconds) and its number, newest first."""

_CHUNK = 400
_SETTLED = timedelta(minutes=1)
_S, _R = shelves.c, shelved.c
_OWN = (_S.target == bindparam("space"), _S.scope == bindparam("owner"))
_FIND = select(shelves).where(*_OWN, _S.operation == bindparam("op"), _S.said == bindparam("words"))
_OF = select(shelves).where(*_OWN)
_ONE = select(shelves).where(_S.id == bindparam("shelf_id"))
_OTHERS = select(_S.id).where(*_OWN)
_THIS = _S.id == bindparam("shelf_id")
_HERE = _R.shelf == bindparam("of")
_NAMED = _R.record.in_(bindparam("records", expanding=True))
_KNOWN = select(_R.record, _R.changed_at).where(_HERE, _NAMED)
_BODIES = select(_R.record, _R.body).where(_HERE, _NAMED, _R.gone.is_(False))
_WRITTEN = ("made", "number", "name", "dataset", "project", "form", "several", "body", "seen_at", "changed_at", "stale", "gone")
_TOLD = _WRITTEN[: _WRITTEN.index("seen_at")]
_UPDATE = shelved.update().where(_HERE, _R.record == bindparam("which")).values({name: bindparam(f"new_{name}") for name in _WRITTEN})
_MISSING = shelved.update().where(_HERE, _R.gone.is_(False), _R.seen_at < bindparam("since")).values(gone=True, stale=False)
_FORGET = shelved.delete().where(_HERE, _R.gone.is_(True), _R.seen_at < bindparam("until"))
_STALE = select(_R.record).where(_HERE, _R.stale.is_(True), _R.gone.is_(False)).limit(bindparam("most"))
_WHERE = select(_R.made, _R.number).where(_HERE, _R.record == bindparam("which"))
_COUNT = select(func.count()).where(_HERE, _R.gone.is_(False))
_ON_SHELF = select(_R.id, _R.record, _R.made, _R.number, _R.body, _R.stale).where(_HERE, _R.gone.is_(False))
_IN_ORDER = (_R.made.desc(), _R.number.desc())
_UNUSED = select(_S.id).where(_S.used_at < bindparam("until")).limit(bindparam("most"))

NARROWING: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "name": lambda wanted: _R.name == wanted,
    "dataset_id": lambda wanted: _R.dataset == wanted,
    "project": lambda wanted: _R.project == wanted,
    "forms": lambda wanted: _R.form.in_([str(form) for form in wanted]),
    "variants": lambda wanted: _R.several.is_(wanted == "many"),
}
"""The arguments that narrow a list, as conditions of its rows."""


@dataclass(frozen=True)
class Shelf:
    """One list as it was last read. `as_of` is when that began, None: it never was; `begun_at` and `position` belong to the reading under way."""

    id: int
    operation: str
    said: JsonObject
    as_of: datetime | None
    outdated: bool
    begun_at: datetime | None
    position: JsonObject | None
    calls: int
    seconds: float


@dataclass(frozen=True)
class Entry:
    """A record to put on a shelf."""

    record: str
    made: int
    number: int
    name: str | None
    dataset: str | None
    project: str | None
    form: str | None
    several: bool
    body: JsonObject

    @classmethod
    def of(cls, tx: Transaction, document: JsonObject, record: str | None = None) -> "Entry":
        """The entry of a canonical document, known by its id or by `record`."""
        known = record or str(document["id"])
        identity = tx.ids.parse(known)
        created = document.get("created_at")
        return cls(
            known,
            to_microseconds(created) if isinstance(created, datetime) else 0,
            identity.number if identity else 0,
            document.get("name"),
            document.get("dataset_id"),
            document.get("project"),
            document.get("form"),
            len(document.get("variants") or ()) > 1 or bool(document.get("group_id")),
            document,
        )


def shelf(tx: Transaction, space: int, owner: str, operation: str, said: Mapping[str, Json]) -> Shelf:
    """The shelf of a list, made when it is asked for the first time."""
    words = orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS).decode()
    found = tx.first(_FIND, {"space": space, "owner": owner, "op": operation, "words": words})
    if found is None:
        key = {"target": space, "scope": owner, "operation": operation, "said": words, "used_at": tx.now}
        return again(tx, tx.insert(shelves.insert(), key))
    if tx.now - found.used_at > _SETTLED:
        tx.execute(shelves.update().where(_THIS).values(used_at=tx.now), {"shelf_id": found.id})
    return _shelf(found)


def again(tx: Transaction, number: int) -> Shelf:
    """A shelf as it is now."""
    found = tx.first(_ONE, {"shelf_id": number})
    assert found is not None
    return _shelf(found)


def some(tx: Transaction, space: int, owner: str) -> bool:
    """Whether an owner has any shelf of a target."""
    return tx.first(_OF.limit(1), {"space": space, "owner": owner}) is not None


def all_of(tx: Transaction, space: int, owner: str, operation: str) -> list[Shelf]:
    """Every shelf of a target that an owner has of one kind of list."""
    return [_shelf(row) for row in tx.rows(_OF.where(_S.operation == operation), {"space": space, "owner": owner})]


def outdate_about(tx: Transaction, space: int, owner: str, operations: Sequence[str], record: str) -> None:
    """What is kept of such lists is to be read anew, where their arguments name this record; of all of them for an empty text."""
    about = (_S.operation.in_(operations), _S.said.contains(record, autoescape=True))
    tx.execute(shelves.update().where(*_OWN, *about).values(outdated=True), {"space": space, "owner": owner})


def _shelf(row: Row[Any]) -> Shelf:
    said = orjson.loads(row.said)
    return Shelf(row.id, row.operation, said, row.as_of, row.outdated, row.begun_at, row.position, row.calls, row.seconds or 0.0)


def put(
    tx: Transaction,
    number: int,
    entries: Iterable[Entry],
    asked_at: datetime,
    *,
    changed: bool = False,
    stale: bool = False,
    new: bool = True,
) -> None:
    """Put records on a shelf as the target showed them when it was asked at `asked_at`: what was changed through the gateway since stays.

    `changed`: this is such a change. `stale` wants them read again before they are shown, `new` false leaves out what is not on the shelf.
    """
    wanted = {entry.record: entry for entry in entries}
    known = _known(tx, number, list(wanted))
    state = {"seen_at": tx.now, "stale": stale, "gone": False}
    added, replaced = [], []
    for record, entry in wanted.items():
        values = {name: getattr(entry, name) for name in _TOLD} | state
        before = known.get(record)
        if record not in known:
            if new:
                added.append({"shelf": number, "record": record, "changed_at": tx.now if changed else None, **values})
        elif changed or before is None or before < asked_at:
            values["changed_at"] = tx.now if changed else before
            replaced.append({"of": number, "which": record, **{f"new_{name}": value for name, value in values.items()}})
    if added:
        tx.execute(shelved.insert(), added)
    if replaced:
        tx.execute(_UPDATE, replaced)


def _known(tx: Transaction, number: int, records: list[str]) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {}
    for start in range(0, len(records), _CHUNK):
        rows = tx.rows(_KNOWN, {"of": number, "records": records[start : start + _CHUNK]})
        found.update((row.record, row.changed_at) for row in rows)
    return found


def mark(tx: Transaction, space: int, owner: str, record: str, *, gone: bool = False) -> None:
    """A record was changed through the gateway: it is to be read again before it is shown, or is `gone`."""
    _mark(tx, space, owner, _R.record == bindparam("which"), record, gone)


def mark_of_dataset(tx: Transaction, space: int, owner: str, dataset: str) -> None:
    """Something happened to a dataset: whatever is made on it is to be read again before it is shown."""
    _mark(tx, space, owner, _R.dataset == bindparam("which"), dataset, False)


def _mark(tx: Transaction, space: int, owner: str, condition: Any, which: str, gone: bool) -> None:
    values = {"changed_at": tx.now, "seen_at": tx.now, "stale": not gone} | ({"gone": True} if gone else {})
    tx.execute(shelved.update().where(_R.shelf.in_(_OTHERS), condition).values(**values), {"space": space, "owner": owner, "which": which})


def outdate(tx: Transaction, numbers: Sequence[int]) -> None:
    """These lists are to be read anew before anything is shown of them."""
    if numbers:
        tx.execute(shelves.update().where(_S.id.in_(numbers)).values(outdated=True))


def advance(tx: Transaction, number: int, begun: datetime, position: JsonObject | None) -> None:
    """The reading that began then has got so far. What happens to the list from its beginning on is not seen by it for certain."""
    fresh = {"outdated": False} if position is None else {}
    tx.execute(shelves.update().where(_THIS).values(begun_at=begun, position=position, **fresh), {"shelf_id": number})


def finish(tx: Transaction, number: int, begun: datetime, calls: int, seconds: float) -> None:
    """The reading that began then is through: what it has not seen is gone."""
    tx.execute(_MISSING, {"of": number, "since": begun})
    tx.execute(_FORGET, {"of": number, "until": tx.now - KEPT})
    values = {"as_of": begun, "begun_at": None, "position": None, "calls": calls, "seconds": seconds}
    tx.execute(shelves.update().where(_THIS).values(**values), {"shelf_id": number})


def seen(tx: Transaction, number: int, since: datetime) -> int:
    """How many records have been seen from then on, those that are gone since included."""
    return int(tx.value(select(func.count()).where(_HERE, _R.seen_at >= bindparam("since")), {"of": number, "since": since}))


def stale(tx: Transaction, number: int, most: int) -> list[str]:
    """Up to so many records that were changed and have not been read since."""
    return [row.record for row in tx.rows(_STALE, {"of": number, "most": most})]


def place(tx: Transaction, number: int, record: str) -> Place | None:
    """Where a record stands or stood; None when it never did."""
    found = tx.first(_WHERE, {"of": number, "which": record})
    return None if found is None else (found.made, found.number)


def count(tx: Transaction, number: int, narrowing: Mapping[str, Any]) -> int:
    """How many records on a shelf meet the arguments of `NARROWING`."""
    return int(tx.value(_COUNT.where(*_narrowed(narrowing)), {"of": number}))


def _narrowed(narrowing: Mapping[str, Any]) -> list[Any]:
    return [NARROWING[name](value) for name, value in narrowing.items()]


def bodies(tx: Transaction, number: int, records: Sequence[str]) -> dict[str, JsonObject]:
    """The documents of these records, as far as they are on the shelf."""
    found: dict[str, JsonObject] = {}
    for start in range(0, len(records), _CHUNK):
        found.update((row.record, row.body) for row in tx.rows(_BODIES, {"of": number, "records": records[start : start + _CHUNK]}))
    return found


def rows(tx: Transaction, number: int, first: Place | None, narrowing: Mapping[str, Any], size: int, skip: int = 0) -> list[Row[Any]]:
    """Up to `size` rows in order from a place on (that included), of those that meet the arguments of `NARROWING`."""
    query: Select[Any] = _ON_SHELF.where(*_narrowed(narrowing))
    if first is not None:
        query = query.where(tuple_(_R.made, _R.number) <= first)
    return tx.rows(query.order_by(*_IN_ORDER).limit(size).offset(skip), {"of": number})


def purge(tx: Transaction, most: int) -> int:
    """Forgets up to `most` shelves that nobody has asked for in a day, and gives how many."""
    unused = [row.id for row in tx.rows(_UNUSED, {"until": tx.now - KEPT, "most": most})]
    if unused:
        tx.execute(shelves.delete().where(_S.id.in_(unused)))
    return len(unused)
