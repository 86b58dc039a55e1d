"""The probes of a real server's edges: every line is answered alike, but for those that differ by intent."""

import pytest

from tests.replay.player import play
from tests.replay.recording import scenes
from tests.replay.servers import gateway

pytestmark = pytest.mark.anyio

DIFFERENT: dict[str, dict[str, tuple[int, ...]]] = {
    "errors": {
        "repetitions out of range": (48, 49, 56, 57),
        "a list that holds what was refused above": (72, 73, 75),
        "no integer, or one beyond 64 bits": (13, 87, 174, 311, 312, 357),
        "malformed or unknown references": (104, 106, 108, 110, 182, 184),
        "infinite scores, and exports that hold them": (219, 240, 246),
        "evaluation times as numbers": (227, 228),
        "half of a surrogate pair": (356,),
        "the web interface's page": (88, 90, 94, 96, 98, 99, 101, 349, 350, 366),
        "GraphQL": (355,),
    },
    "behaviour": {
        "repetitions out of range, and what they poison": (4, 5, 6, 7, 8, 9, 101),
        "a limit beyond 64 bits": (12,),
        "file names": (65, 66, 69, 70),
        "infinite scores, and exports that hold them": (81, 83, 84),
        "unknown references": (93,),
    },
    "auth": {
        "the web interface's page": (10,),
        "users and their keys": (19, 20, 21),
    },
    "python_client_datasets": {},
}


@pytest.mark.parametrize("file", DIFFERENT)
async def test_lines_are_answered_alike(file: str) -> None:
    found = set()
    for scene in scenes(file):
        async with gateway(keyed=scene.keyed) as client:
            found |= {result.exchange.line for result in await play(scene, client) if result.differences}
    assert found == {line for lines in DIFFERENT[file].values() for line in lines}
