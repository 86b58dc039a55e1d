"""A store examined from outside, whether a gateway runs on it or not: nothing is made, migrated or changed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL, Connection

from gateway.store import engine
from gateway.store.check import check
from gateway.store.migrate import HEAD, revision
from gateway.store.transaction import Transaction
from schemas.ids import Ids

_DAMAGED = 20
"""Damaged places that SQLite is asked to name."""


def examine(url: str) -> list[str]:
    """Everything that is inconsistent in the database at this SQLAlchemy address, one sentence each; empty when all is well.

    Raises ValueError for what is no store of this version, SQLAlchemyError for a database that cannot be read.
    """
    address = engine.parse(url)
    if address.get_backend_name() == "sqlite" and not _file(address).is_file():
        raise ValueError(f"there is no file {address.database}")
    reading = engine.reader(address, 1)
    try:
        with reading.connect() as connection, connection.begin():
            _same_schema(connection)
            return [*_damage(connection), *check(Transaction(connection, Ids(), datetime.now(UTC)))]
    finally:
        reading.dispose()


def _file(address: URL) -> Path:
    return Path(address.database or "").expanduser()


def _same_schema(connection: Connection) -> None:
    found = revision(connection)
    if found is None:
        raise ValueError("the database is no store of this gateway")
    if found != HEAD:
        raise ValueError(
            f"its schema is {found}, and this version's is {HEAD}: a gateway of this version brings an older one up to date when it starts"
        )


def _damage(connection: Connection) -> Iterator[str]:
    """What the database itself finds wrong with its pages and indexes."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_DAMAGED})").scalars()
        yield from (f"the database file is damaged: {finding}" for finding in rows if finding != "ok")
