"""The concurrency limit of a target, with a bounded queue in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.upstream.queue import Full, Queue, granted

_QUEUE = 10
"""How many calls may wait, for each that may be under way."""


class Slots:
    """At most `size` calls at a time; the keys of the others take turns."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._queue = Queue(size * _QUEUE)

    @asynccontextmanager
    async def one(self, within: float, who: str = "") -> AsyncIterator[None]:
        """Holds a slot for a call of the key `who`. Raises Full when the queue is full or the wait exceeds `within` seconds."""
        await self._take(within, who)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, within: float, who: str) -> None:
        if self._free:
            self._free -= 1
            return
        turn = self._queue.join(who)
        try:
            async with asyncio.timeout(within):
                await turn
        except BaseException as error:
            self._queue.leave(who, turn)
            if granted(turn):
                self._give_back()  # it was this one's turn in the very moment it gave up
            if isinstance(error, TimeoutError):
                raise Full from None
            raise

    def _give_back(self) -> None:
        if not self._queue.serve():
            self._free += 1
