"""kill -9 in the middle of 1,000 appended runs, restart on the same database: every acknowledged one is there once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long import appending
from tests.process import Gateway

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_kill_in_the_middle_of_a_thousand_runs(tmp_path: Path) -> None:
    known = appending.Acknowledged()
    with Gateway(tmp_path) as gateway:
        experiment = await appending.create(gateway, examples=100, repetitions=10)
        await appending.append(gateway, experiment, known, kill_after=500)
        assert 500 <= len(known.scores) < 1000
        gateway.start()
        appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=appending.SENDERS)
        await appending.append(gateway, experiment, known)
        assert len(known.scores) == len(known.runs) == 1000
        appending.verify(await appending.read(gateway, experiment), experiment, known, in_flight=0)
