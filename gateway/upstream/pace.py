"""Pacing: no more calls in a minute than a vendor allows."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

_WINDOW = 60.0


class Pace:
    """Lets at most `per_minute` calls begin within any 60 seconds, in the order they came; None does not limit them.

    It counts the calls of this process.
    """

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._begun: deque[float] | None = None if per_minute is None else deque(maxlen=per_minute)
        self._clock = clock

    async def turn(self, within: float) -> float:
        """Wait for this call's turn, then return 0.

        When it would take longer than `within` seconds nothing is waited for, and the seconds it would take are returned.
        """
        if self._begun is None:
            return 0.0
        now = self._clock()
        full = len(self._begun) == self._begun.maxlen
        at = max(now, self._begun[0] + _WINDOW) if full else now
        if at - now > within:
            return at - now
        self._begun.append(at)
        if at > now:
            await asyncio.sleep(at - now)
        return 0.0

    def until(self, free: int) -> float:
        """Seconds until so many calls may begin at once (a tenth of all at most): what is not urgent leaves them to what is."""
        if self._begun is None or self._begun.maxlen is None:
            return 0.0
        place = len(self._begun) - self._begun.maxlen + min(free, self._begun.maxlen // 10)
        return 0.0 if place < 0 else max(0.0, self._begun[place] + _WINDOW - self._clock())
