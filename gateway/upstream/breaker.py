"""The circuit breaker: a target that answers nobody is left alone for a while."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after `failures` calls in a row without any answer; every `pause` seconds one call may try whether the target is back.

    An answer of whatever status closes it: it is the vendor's to give.
    """

    def __init__(self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = failures
        self._pause = pause
        self._clock = clock
        self._failed = 0
        self._shut_until = 0.0

    def wait(self) -> float:
        """Seconds until a call may be tried: 0 when it may be now, which counts as the one try of an open breaker."""
        if self._failed < self._allowed:
            return 0.0
        now = self._clock()
        if now < self._shut_until:
            return self._shut_until - now
        self._shut_until = now + self._pause
        return 0.0

    def succeeded(self) -> None:
        """The target answered."""
        self._failed = 0

    def failed(self) -> None:
        """The target did not answer."""
        self._failed += 1
        if self._failed >= self._allowed:
            self._shut_until = self._clock() + self._pause
