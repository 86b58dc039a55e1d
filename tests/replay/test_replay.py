"""The Phoenix surface answers what a real Phoenix answered, recording by recording, from an empty store."""

from __future__ import annotations

import pytest

from tests.replay.intended import INTENDED
from tests.replay.player import play
from tests.replay.recording import load, scenes
from tests.replay.servers import gateway

pytestmark = pytest.mark.anyio

REPLAYED = (
    "python_client_run_experiment",
    "python_client_other_calls",
    "python_client_dry_run",
    "python_client_datasets",
    "python_async_client_run_experiment",
    "ts_client_run_experiment",
    "ts_client_other_calls",
)


@pytest.mark.parametrize("file", REPLAYED)
async def test_answers_are_the_recorded_ones(file: str) -> None:
    """Equal but for what `intended.py` lists, and that differs exactly as listed there."""
    found: dict[int, tuple[str, ...]] = {}
    for scene in scenes(file):
        async with gateway(keyed=scene.keyed) as client:
            results = await play(scene, client)
        found |= {result.exchange.line: result.differences for result in results if result.differences}
    assert found == {line: intended.differences for (name, line), intended in INTENDED.items() if name == file}


def test_intended_differences_name_recorded_lines_and_reasons() -> None:
    for (file, line), intended in INTENDED.items():
        assert load(file)[line - 1].line == line
        assert intended.reason
        assert intended.differences
