"""What a store function is given: a connection, ids, the time, and a place to say what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, select
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql import bindparam

from gateway.store import tables
from schemas.errors import unknown, wrong_kind
from schemas.ids import Ids, Kind

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """Something others act upon once it is committed: `what` (`pending`, `run`, `cancelled`, `deleted`) about the experiment `number`; `run` is the run's number."""

    what: str
    number: int
    run: int | None = None


@dataclass(slots=True)
class Transaction:
    """One unit of work. `now` is its time (UTC); `changes` are told to subscribers after the commit."""

    connection: Connection
    ids: Ids
    now: datetime
    changes: list[Change] = field(default_factory=list)

    def execute(self, statement: Executable, params: Params | Sequence[Params] | None = None) -> CursorResult[Any]:
        """Runs `statement`; a list of `params` runs it once for each."""
        result: CursorResult[Any] = self.connection.execute(statement, params)
        return result

    def rows(self, statement: Executable, params: Params | None = None) -> list[Row[Any]]:
        """All rows of a query."""
        return list(self.connection.execute(statement, params).all())

    def first(self, statement: Executable, params: Params | None = None) -> Row[Any] | None:
        """The first row of a query, or None."""
        return self.connection.execute(statement, params).first()

    def value(self, statement: Executable, params: Params | None = None) -> Any:
        """The first column of the first row, or None."""
        row = self.first(statement, params)
        return None if row is None else row[0]

    def insert(self, statement: Executable, params: Params) -> int:
        """Runs an INSERT of one row and gives its number."""
        key = self.execute(statement, params).inserted_primary_key
        return int(key[0])  # type: ignore[index]

    def id(self, kind: Kind, number: int | None) -> str | None:
        """The canonical id of record `number`, None for None."""
        return None if number is None else self.ids.make(kind, number)


_ALIAS = select(tables.aliases.c.number).where(
    tables.aliases.c.scope == bindparam("scope"), tables.aliases.c.kind == bindparam("kind"), tables.aliases.c.alias == bindparam("alias")
)


def resolve(tx: Transaction, kind: Kind, reference: str, scope: str) -> int:
    """The number that `reference` (an id, or an alias in `scope`) names.

    Whether a record of that number exists in the scope is for the caller's own query to find out. Raises `wrong_kind` for the id of something
    else, `unknown` for a text that is neither an id nor an alias.
    """
    identity = tx.ids.parse(reference)
    if identity is not None and identity.kind is kind:
        return identity.number
    number = tx.value(_ALIAS, {"scope": scope, "kind": int(kind), "alias": reference})
    if number is not None:
        return int(number)
    raise wrong_kind(kind, reference) if identity else unknown(kind, reference)


_ADD_ALIAS = tables.aliases.insert()
_DROP_ALIAS = tables.aliases.delete().where(
    tables.aliases.c.kind == bindparam("the_kind"), tables.aliases.c.number == bindparam("the_number")
)


def add_alias(tx: Transaction, kind: Kind, alias: str | None, number: int, scope: str) -> None:
    """Lets `alias` resolve to record `number`; an alias in use raises sqlalchemy's IntegrityError. None does nothing."""
    if alias is not None:
        tx.execute(_ADD_ALIAS, {"scope": scope, "kind": int(kind), "alias": alias, "number": number})


def drop_aliases(tx: Transaction, kind: Kind, number: int) -> None:
    """Forgets every alias of record `number`."""
    tx.execute(_DROP_ALIAS, {"the_kind": int(kind), "the_number": number})
