"""The one thread that writes: everything that waits goes into one transaction, each piece in a savepoint of its own."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from gateway.store.errors import canonical
from gateway.store.transaction import Transaction
from schemas.ids import Ids

MAX_BATCH = 1024
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """One function to run, and where its outcome goes."""

    work: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs functions in the order they came. A batch is what has arrived while the one before was being committed.

    A function that raises is rolled back alone. A future resolves only after the commit; when the commit fails, every function of the batch fails.
    """

    def __init__(self, engine: Engine, ids: Ids) -> None:
        self._engine = engine
        self._ids = ids
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._stopping = False

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Lets everything that waits be committed, then ends the thread."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join()

    def submit(self, work: Callable[..., Any], args: tuple[Any, ...]) -> asyncio.Future[Any]:
        """Queues `work(transaction, *args)` from a running event loop. Raises RuntimeError once the store is stopping."""
        if self._stopping:
            raise RuntimeError("The store is stopped.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put(_Job(work, args, future))
        return future

    def _loop(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            if batch:
                self._perform(batch)
                _settle(batch)

    def _gather(self) -> tuple[list[_Job], bool]:
        """Waits for work, then takes all there is; false with it when the thread is to end."""
        batch: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            batch.append(job)
            if len(batch) >= MAX_BATCH:
                return batch, True
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _perform(self, batch: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                for job in batch:
                    if not job.future.cancelled():
                        self._run(connection, job)
        except Exception as error:
            _log.exception("A batch of %d writes was rolled back", len(batch))
            cause = canonical(error)
            for job in batch:
                job.error = job.error or cause

    def _run(self, connection: Connection, job: _Job) -> None:
        driver = connection.connection.cursor()  # its own cursor: these two words are a third of a small write otherwise
        driver.execute("SAVEPOINT piece")
        try:
            job.result = job.work(Transaction(connection, self._ids, datetime.now(UTC)), *job.args)
        except Exception as error:
            job.error = canonical(error)
            driver.execute("ROLLBACK TO SAVEPOINT piece")
        driver.execute("RELEASE SAVEPOINT piece")


def _settle(batch: list[_Job]) -> None:
    """Tells each event loop once about all of its jobs."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_here, jobs)
        except RuntimeError:  # the loop has been closed: nobody waits any more
            _log.warning("%d writes were committed after their event loop had ended", len(jobs))


def _settle_here(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()
