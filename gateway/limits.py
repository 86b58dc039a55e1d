"""How often a surface may be asked: so many requests in any 60 seconds, counted apart for each who asks."""

import time
from collections import deque
from collections.abc import Callable, MutableMapping
from math import floor

from cachetools import LRUCache

from schemas.errors import Code, CrosswalkError

_WINDOW = 60.0
_MOST_KEYS = 10_000


class Limits:
    """Counts the requests that were let in. It knows those of this process, and the ten thousand who asked last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: MutableMapping[tuple[str, ...], deque[float]] = LRUCache(_MOST_KEYS)

    def enter(self, per_minute: int | None, share: float, *key: str) -> None:
        """Let one more request in. `key` is who asks for what; `share` of the limit is theirs, at least one request.

        Raises CrosswalkError (rate_limited) with the seconds after which the same request is let in; a request that is refused does not count.
        """
        if per_minute is None:
            return
        most, now = max(1, floor(per_minute * share)), self._clock()
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = deque()
        while begun and begun[0] <= now - _WINDOW:
            begun.popleft()
        if len(begun) >= most:
            raise CrosswalkError(
                Code.RATE_LIMITED, f"More than {most} requests in a minute.", retry_after=begun[len(begun) - most] + _WINDOW - now
            )
        begun.append(now)
