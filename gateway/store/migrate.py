"""Brings a database to the newest schema at start-up."""

import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.engine import Connection

from gateway.store import tables
from schemas.ids import SALT_BITS

HEAD = "0008"
"""The newest revision in `migrations/versions`, stated here so that a start on a current database need not import Alembic."""

FOLDER = Path(__file__).parent / "migrations"
_POSTGRESQL_LOCK = 0x63726F7373


def prepare(engine: Engine) -> int:
    """Migrates the database if need be, fills in what every store has, and gives the store's salt.

    Two processes that start at once do this one after the other.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
        if revision(connection) != HEAD:
            _upgrade(connection)
        return _salt(connection)


def revision(connection: Connection) -> str | None:
    """Which schema a database has; None when it is no store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic tells of every plugin it loads; a start-up is worth one line, and that is written by whoever starts.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _salt(connection: Connection) -> int:
    kept = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "salt")).scalar()
    if kept is not None:
        return int(kept, 16)
    salt = secrets.randbits(SALT_BITS)
    connection.execute(tables.meta.insert(), {"key": "salt", "value": f"{salt:x}"})
    _first_project(connection)
    return salt


def _first_project(connection: Connection) -> None:
    now = datetime.now(UTC)
    row = {
        "scope": tables.EVERYONE,
        "kind": "trace",
        "name": "default",
        "description": "Default project",
        "extensions": {},
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(tables.projects.insert(), row)
