"""What is known of a target's lists, in the store: a shelf for each list that was asked for, a row for each record on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select, tuple_

from gateway.store import Transaction
from gateway.store.tables import shelved, shelves
from gateway.store.types import to_microseconds
from schemas.json import Json, JsonObject

KEPT = timedelta(days=1)
"""How long a record that is gone is kept for the cursors that name it, and a shelf that nobody asks for."""

_CHUNK = 400
_S, _R = shelves.c, shelved.c
_PLACE = (_S.target == bindparam("space"), _S.scope == bindparam("owner"))
_FIND = select(shelves).where(*_PLACE, _S.operation == bindparam("op"), _S.said == bindparam("words"))
_OF = select(shelves).where(*_PLACE)
_ONE = select(shelves).where(_S.id == bindparam("shelf"))
_SOME = select(_S.scope).where(_S.target == bindparam("space")).distinct()
_MINE = select(_S.id).where(*_PLACE)
_ROWS = _R.shelf == bindparam("of")
_KNOWN = select(_R.record, _R.changed_at).where(_ROWS, _R.record.in_(bindparam("records", expanding=True)))
_BODIES = select(_R.record, _R.body).where(_ROWS, _R.gone.is_(False), _R.record.in_(bindparam("records", expanding=True)))
_UPDATE = (
    shelved.update()
    .where(_ROWS, _R.record == bindparam("which"))
    .values({name: bindparam(f"new_{name}") for name in ("made", "number", "name", "dataset", "body", "seen_at", "changed_at", "stale")})
    .values(gone=False)
)
_MARK = shelved.update().where(_R.shelf.in_(_MINE), _R.record == bindparam("which"))
_OUTDATE = shelves.update().where(*_PLACE)
_MISSING = shelved.update().where(_ROWS, _R.gone.is_(False), _R.seen_at < bindparam("since")).values(gone=True)
_FORGET = shelved.delete().where(_ROWS, _R.gone.is_(True), _R.seen_at < bindparam("until"))
_STALE = select(_R.record).where(_ROWS, _R.stale.is_(True), _R.gone.is_(False))


@dataclass(frozen=True)
class Shelf:
    """One list as it was last read. `as_of` is when that began; None: it never was. `begun_at` and `position` are of the reading under way."""

    id: int
    operation: str
    said: JsonObject
    as_of: datetime | None
    outdated: bool
    begun_at: datetime | None
    position: JsonObject | None
    calls: int
    seconds: float

    @classmethod
    def of(cls, row: Row[Any]) -> "Shelf":
        """The shelf in a row."""
        said: JsonObject = Words.read(row.said)
        return cls(row.id, row.operation, said, row.as_of, row.outdated, row.begun_at, row.position, row.calls, row.seconds or 0.0)


class Words:
    """The arguments of a list as a text that is the same for the same arguments."""

    @staticmethod
    def write(said: Mapping[str, Json]) -> str:
        """The arguments as JSON, in order."""
        import orjson

        return orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS).decode()

    @staticmethod
    def read(text: str) -> JsonObject:
        """The arguments."""
        import orjson

        found: JsonObject = orjson.loads(text)
        return found
