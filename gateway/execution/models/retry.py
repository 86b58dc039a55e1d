"""Trying again: growing pauses with jitter, `Retry-After`, and an end."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from schemas.errors import CrosswalkError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and how long: `attempts` in all; pauses in seconds, doubled each time up to `longest`, a random half of each taken off."""

    attempts: int = 4
    first: float = 0.5
    longest: float = 8.0

    def pause(self, attempt: int) -> float:
        """Seconds to wait after attempt number 1, 2, …"""
        return min(self.longest, self.first * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)


class Failure(Exception):
    """One attempt failed: with what `error` for the caller, and whether trying `again` can help."""

    def __init__(self, error: CrosswalkError, *, again: bool = False, retry_after: str | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.again = again
        error.retry_after = seconds(retry_after)


def seconds(retry_after: str | None) -> float | None:
    """A `Retry-After` value, seconds or an HTTP date, as seconds from now; None where it is neither."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after)) if retry_after.strip().isdigit() else _until(parsedate_to_datetime(retry_after))
    except (ValueError, OverflowError):
        return None


def _until(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


async def retried(attempt: Callable[[], Awaitable[T]], backoff: Backoff, *, budget: float, overrun: Callable[[], CrosswalkError]) -> T:
    """Run `attempt` until it succeeds, fails for good, or `budget` seconds are over.

    A pause that would outlast the budget is not begun. Raises the CrosswalkError of the last failure; `overrun` makes the one for an attempt
    the budget cut off.
    """
    deadline = time.monotonic() + budget
    number = 0
    while True:
        number += 1
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await attempt()
        except TimeoutError as late:
            raise overrun() from late
        except Failure as failure:
            pause = max(backoff.pause(number), failure.error.retry_after or 0.0)
            if not failure.again or number >= backoff.attempts or time.monotonic() + pause >= deadline:
                raise failure.error from failure
        await asyncio.sleep(pause)
