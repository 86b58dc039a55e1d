"""Pacing: no more calls in a minute than a vendor allows."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from gateway.upstream.queue import Full, Queue, granted

_WINDOW = 60.0
_QUEUE = 1_000
"""How many calls may wait."""

_SLACK = 0.05
"""Seconds that a turn may come later than was foreseen."""


class Pace:
    """Lets at most `per_minute` calls begin within any 60 seconds; None does not limit them. Of those that have to wait, the keys take turns.

    It counts the calls of this process.
    """

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._begun: deque[float] | None = None if per_minute is None else deque(maxlen=per_minute)
        self._clock = clock
        self._queue = Queue(_QUEUE)
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, within: float, who: str = "") -> float:
        """Wait for the turn of a call of the key `who`, then return 0.

        When it would take longer than `within` seconds nothing is waited for; then, and when others got ahead for too long, the seconds it would take are
        returned.
        """
        if self._begun is None:
            return 0.0
        wait = self._wait(self._begun, self._queue.ahead(who))
        if wait <= 0 and not len(self._queue):
            self._begun.append(self._clock())
            return 0.0
        if wait > within:
            return wait
        return await self._queued(self._begun, within, who)

    async def _queued(self, begun: deque[float], within: float, who: str) -> float:
        try:
            turn = self._queue.join(who)
        except Full:
            return max(1.0, self._wait(begun, len(self._queue)))
        self._arm(begun)
        try:
            async with asyncio.timeout(within + _SLACK):
                await turn
        except (TimeoutError, Full):
            return 0.0 if granted(turn) else max(1.0, self._wait(begun, self._queue.ahead(who)))
        finally:
            self._queue.leave(who, turn)
        return 0.0

    def _wait(self, begun: deque[float], ahead: int) -> float:
        """Seconds until a call may begin that has so many before it: the call before it by a whole window must be as old as that."""
        most = begun.maxlen or 1
        place, windows = len(begun) + ahead, 0
        while place >= len(begun) and place >= most:
            place, windows = place - most, windows + 1
        at = begun[place] if place < len(begun) else self._clock()
        return max(0.0, at + _WINDOW * windows - self._clock()) if windows else 0.0

    def _arm(self, begun: deque[float]) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._wait(begun, 0), self._ring)

    def _ring(self) -> None:
        """Lets begin what may, and sets the clock for the next."""
        self._timer = None
        begun = self._begun
        assert begun is not None
        while len(self._queue) and self._wait(begun, 0) <= 0:
            self._queue.serve()
            begun.append(self._clock())
        if len(self._queue):
            self._arm(begun)

    def until(self, free: int) -> float:
        """Seconds until so many calls may begin at once (a tenth of all at most): what is not urgent leaves them to what is."""
        if self._begun is None or self._begun.maxlen is None:
            return 0.0
        place = len(self._begun) + len(self._queue) - self._begun.maxlen + min(free, self._begun.maxlen // 10)
        if place < 0 or not self._begun:
            return 0.0
        return max(0.0, self._begun[min(place, len(self._begun) - 1)] + _WINDOW - self._clock())
