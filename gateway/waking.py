"""Waiting for work."""

import asyncio
import contextlib


async def rest(wake: asyncio.Event, seconds: float) -> None:
    """Wait until `wake` is set, `seconds` at most, and clear it."""
    # Not `wait_for`, which in Python 3.11 forgets a cancellation that comes together with the event.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
    wake.clear()
