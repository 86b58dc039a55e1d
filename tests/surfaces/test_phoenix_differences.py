"""The probes of a real server's edges: every line is answered alike, but for those that differ by intent."""

import pytest

from tests.replay.intended import PROBED, topic
from tests.replay.player import play
from tests.replay.recording import scenes
from tests.replay.servers import gateway

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("file", PROBED)
async def test_lines_are_answered_alike(file: str) -> None:
    found = set()
    for scene in scenes(file):
        async with gateway(keyed=scene.keyed, version=scene.version) as client:
            found |= {result.exchange.line for result in await play(scene, client) if result.differences}
    assert found == {line for lines in PROBED[file].values() for line in lines}


def test_the_report_knows_which_lines_are_meant_to_differ() -> None:
    assert topic("auth", 10) == "the web interface's page"
    assert topic("auth", 11) is None
    assert topic("python_client_dry_run", 10) is None
