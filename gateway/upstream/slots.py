"""The concurrency limit of a target, with a bounded queue in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_QUEUE = 10
"""How many calls may wait, for each that may be under way."""


class Full(Exception):
    """Too many calls are under way and waiting."""


class Slots:
    """At most `size` calls at a time; the others wait in the order they came."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._places = size * _QUEUE
        self._waiting = 0

    @asynccontextmanager
    async def one(self, within: float) -> AsyncIterator[None]:
        """Holds a slot. Raises Full when the queue is full or the wait exceeds `within` seconds."""
        await self._take(within)
        try:
            yield
        finally:
            self._free.release()

    async def _take(self, within: float) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._places:
            raise Full
        self._waiting += 1
        try:
            async with asyncio.timeout(within):
                await self._free.acquire()
        except TimeoutError:
            raise Full from None
        finally:
            self._waiting -= 1
