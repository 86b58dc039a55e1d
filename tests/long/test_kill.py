"""kill -9 while runs and scores are appended: what was acknowledged is there once, by value, and work goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long import appending
from tests.process import Gateway

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_nothing_acknowledged_is_lost_over_many_kills(tmp_path: Path) -> None:
    """1,000 runs with a score each over 8 connections, the process killed after every 150 scores."""
    known = appending.Acknowledged()
    gateway = Gateway(tmp_path)
    with gateway:
        experiment = await appending.create(gateway, examples=100, repetitions=10)
        for kills in range(1, 7):
            await appending.append(gateway, experiment, known, kill_after=150)
            assert 0 < len(known.scores) < len(experiment.tasks)
            gateway.start()
            appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=kills * appending.SENDERS)
        await appending.append(gateway, experiment, known)
        assert len(known.scores) == len(known.runs) == 1000
        appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=0)
        assert gateway.stop() == 0


@pytest.mark.parametrize("moment", [1, 3, 10, 30, 100])
async def test_kills_at_different_moments(tmp_path: Path, moment: int) -> None:
    """A kill right after the first scores, when the database is young, and later ones."""
    known = appending.Acknowledged()
    with Gateway(tmp_path) as gateway:
        experiment = await appending.create(gateway, examples=50, repetitions=4)
        await appending.append(gateway, experiment, known, kill_after=moment)
        gateway.start()
        appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=appending.SENDERS)
        await appending.append(gateway, experiment, known)
        appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=0)
