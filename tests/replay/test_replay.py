"""The Phoenix surface answers what a real Phoenix answered, recording by recording, from an empty store."""

from __future__ import annotations

import pytest

from tests.replay import contract
from tests.replay.intended import INTENDED, TOPICS, intended, topic
from tests.replay.player import play
from tests.replay.recording import FOLDER, load, scenes
from tests.replay.servers import gateway

pytestmark = pytest.mark.anyio

REPLAYED = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("file", REPLAYED)
async def test_answers_are_the_recorded_ones(file: str) -> None:
    """Equal but for what `intended.py` lists, and that is answered as it says; every success is what the server's own document promises."""
    undescribed: list[str] = []
    unlike: dict[int, tuple[str, ...]] = {}
    meant: dict[int, int | None] = {}
    for scene in scenes(file):
        async with gateway(keyed=scene.keyed, version=scene.version) as client:
            for result in await play(scene, client):
                if result.answer is not None and scene.version is None:
                    undescribed += contract.unlike(result.exchange.method, result.exchange.path, result.answer)
                if result.differences and topic(file, result.exchange.line) is None:
                    unlike[result.exchange.line] = result.differences
                elif result.differences:
                    meant[result.exchange.line] = result.status
    assert unlike == {}
    assert undescribed == []
    assert meant == intended(file)


def test_intended_differences_are_recorded_lines_and_their_reasons_stand_in_the_table() -> None:
    for file, topics in INTENDED.items():
        assert topics.keys() <= TOPICS
        lines = [line for statuses in topics.values() for line in statuses]
        assert len(set(lines)) == len(lines)
        assert max(lines) <= len(load(file))
