"""What an idle gateway costs: ready within two seconds, no more than 130 MB resident."""

from __future__ import annotations

import time
from pathlib import Path

from tests.process import Gateway

READY_SECONDS = 2.0
IDLE_MEGABYTES = 130
ATTEMPTS = 3
IDLE_AFTER_SECONDS = 2.0


def test_ready_soon_and_small_when_idle(tmp_path: Path) -> None:
    """The quickest of three starts on empty databases counts: other work on the machine only ever adds time. The message says what was processor time."""
    times, costs, sizes = [], [], []
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        gateway = Gateway(folder)
        times.append(gateway.start())
        costs.append(gateway.processor_seconds())
        time.sleep(IDLE_AFTER_SECONDS)
        sizes.append(gateway.resident_megabytes())
        assert gateway.stop() == 0, gateway.log[-2000:]
    spent = [f"{cost:.2f} s ({seconds:.2f} s on the clock)" for cost, seconds in zip(costs, times, strict=True)]
    seen = f"ready after {spent}, idle at {[f'{size:.0f} MB' for size in sizes]}"
    assert min(times) <= READY_SECONDS, seen
    assert max(sizes) <= IDLE_MEGABYTES, seen
