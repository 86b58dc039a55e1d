"""A real Phoenix still answers as it did when it was recorded: what the gateway is held to stays true."""

from __future__ import annotations

import pytest

from tests.replay.player import play
from tests.replay.recording import scenes
from tests.replay.servers import real

pytestmark = pytest.mark.anyio


# Not those of uploads and splits: a real server orders new splits, and the fields of a CSV row, otherwise from one process to the next.
PROBES = ("dataset_downloads", "dataset_labels", "projects", "prompts")


@pytest.mark.parametrize("last", ["python_async_client_run_experiment", "ts_client_other_calls", *PROBES])
async def test_a_real_phoenix_is_equal_to_its_recordings(last: str) -> None:
    """The named file and everything that it continues, on a server that starts empty."""
    [scene] = scenes(last)
    async with real() as client:
        results = await play(scene.compared_throughout(), client)
    assert [(str(result.exchange), result.differences) for result in results if result.differences] == []
