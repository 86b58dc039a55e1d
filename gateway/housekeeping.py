"""What must be forgotten in time: expired idempotency keys and receipts, lists that nobody asks for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway import logs
from gateway.remote import shelf_rows
from gateway.store import Store, idempotency, receipts

EVERY = 600.0
_LIMIT = 1000
_log = logs.get("housekeeping")


@asynccontextmanager
async def housekeeping(store: Store, every: float = EVERY) -> AsyncIterator[None]:
    """Forget what has expired, every `every` seconds while the context is held."""
    task = asyncio.create_task(_repeat(store, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _repeat(store: Store, every: float) -> None:
    while True:
        try:
            await _forget(store)
        except Exception:
            _log.exception("what has expired could not be forgotten")
        await asyncio.sleep(every)


async def _forget(store: Store) -> None:
    """In small transactions, so that nobody waits long for the writer."""
    for purge in (idempotency.purge, receipts.purge, shelf_rows.purge):
        forgotten = _LIMIT
        while forgotten == _LIMIT:
            forgotten = await store.write(purge, _LIMIT)
