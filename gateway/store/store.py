"""The store: reads in a few threads, writes in one, awaited from the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import text

from gateway.store import engine
from gateway.store.errors import canonical
from gateway.store.migrate import prepare
from gateway.store.transaction import Transaction
from gateway.store.writer import Writer
from schemas.ids import Ids

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """Everything the gateway keeps, in one database.

    `url` is an SQLAlchemy address (`sqlite:///file.db`). Functions given to `read` and `write` are plain (not async), take a `Transaction` first,
    and must not keep it. Raises ValueError for a database it cannot use.
    """

    def __init__(self, url: str, readers: int = 4) -> None:
        address = engine.parse(url)
        self.ids = Ids()
        self._readers = readers
        self._writing = engine.writer(address)
        self._reading = engine.reader(address, readers)
        self._pool: ThreadPoolExecutor | None = None
        self._writer: Writer | None = None

    async def start(self) -> None:
        """Migrates the database and starts the threads."""
        self.ids = Ids(await asyncio.to_thread(prepare, self._writing))
        self._pool = ThreadPoolExecutor(self._readers, thread_name_prefix="store-reader")
        self._writer = Writer(self._writing, self.ids)
        self._writer.start()

    async def stop(self) -> None:
        """Commits what waits, ends the threads, closes the connections. Does nothing when the store is not started."""
        writer, pool = self._writer, self._pool
        self._writer = self._pool = None
        if writer is not None:
            await asyncio.to_thread(writer.stop)
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)
        self._reading.dispose()
        self._writing.dispose()

    async def read(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(transaction, *args)` returns; it sees one state of the database and cannot change it."""
        if self._pool is None:
            raise RuntimeError("The store is not started.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self._look(work, *args, **kwargs))

    async def write(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(transaction, *args)` returns, once it is committed. What it raises rolls back its own changes and no others."""
        return await self.submit(work, *args, **kwargs)

    def submit(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """`write` as a future: the work is queued at once, and cancelling the future before its turn drops it."""
        if self._writer is None:
            raise RuntimeError("The store is not started.")
        return self._writer.submit(partial(work, **kwargs) if kwargs else work, args)

    async def ready(self) -> bool:
        """Whether the database answers."""
        return bool(await self.read(_ask))

    def _look(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            with self._reading.connect() as connection, connection.begin():
                return work(Transaction(connection, self.ids, datetime.now(UTC)), *args, **kwargs)
        except Exception as error:
            cause = canonical(error)
            if cause is error:
                raise
            raise cause from error


def _ask(tx: Transaction) -> int:
    return int(tx.value(text("SELECT 1")))
