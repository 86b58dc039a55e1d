"""Whether the gateway can serve: alive is not ready."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway import logs

_log = logs.get("health")

Check = Callable[[], Awaitable[None]]
"""Raises when what it looks at cannot be used."""


class Health:
    """Ready between the end of start-up and the first word of shutdown, while every check passes.

    A vendor's outage is no check: the gateway still serves everything else.
    """

    def __init__(self, seconds: float = 2) -> None:
        self.serving = False
        self._checks: dict[str, Check] = {}
        self._seconds = seconds

    def add(self, name: str, check: Check) -> None:
        """Make readiness depend on a check, which must answer within the time given."""
        self._checks[name] = check

    async def failures(self) -> list[str]:
        """The names of what keeps the gateway from serving; empty when it is ready."""
        if not self.serving:
            return ["serving"]
        results = await asyncio.gather(*(self._passes(name, check) for name, check in self._checks.items()))
        return [name for name, passed in zip(self._checks, results, strict=True) if not passed]

    async def _passes(self, name: str, check: Check) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                await check()
        except Exception:
            _log.warning("check failed", check=name, exc_info=True)
            return False
        return True
