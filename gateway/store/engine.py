"""Database connections: one engine that writes, one that only reads."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_MS = 10_000
_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON")
_READER_PRAGMAS = (f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON", "query_only=ON")


def parse(url: str) -> URL:
    """The store's address. Raises ValueError for a database this store cannot use."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("The store needs a file: an in-memory SQLite database cannot be shared by its connections.")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"The store works on sqlite and postgresql, not on {parsed.get_backend_name()!r}.")
    return parsed


def writer(url: URL) -> Engine:
    """The engine of the one writing thread; every transaction takes the write lock at its start."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=1, max_overflow=1)
    Path(url.database or "").expanduser().absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, query_cache_size=1200)
    _tune(engine, _WRITER_PRAGMAS, "BEGIN IMMEDIATE")
    return engine


def reader(url: URL, size: int) -> Engine:
    """The engine of `size` reading threads; each transaction sees one state of the database."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=size, max_overflow=0)
    engine = create_engine(url, poolclass=QueuePool, pool_size=size, max_overflow=0, query_cache_size=1200)
    _tune(engine, _READER_PRAGMAS, "BEGIN")
    return engine


def _tune(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling starts transactions late and never for reads: ours says BEGIN itself.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
