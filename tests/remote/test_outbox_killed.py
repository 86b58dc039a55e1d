"""A gateway that is killed while it delivers: the next one finds out what had been written, and writes the rest."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.gateway.upstream.stub import serving
from tests.process import Gateway
from tests.remote.awkward import Awkward, silent
from tests.remote.life import Face
from tests.remote.test_outbox import eventually
from tests.remote.test_outbox_awkward import delivered, made, posted

pytestmark = pytest.mark.anyio


async def test_kill_9_in_the_middle_of_a_write(tmp_path: Path) -> None:
    vendor = Awkward(shown=[0])

    async def written() -> int:
        return len(vendor.patches)

    async with serving(vendor.app) as url:
        target = f'[targets.resp]\nadapter = "respan"\nbase_url = "{url}"\nrequests_per_minute = 100000\n'
        gateway = Gateway(tmp_path, target)
        await asyncio.to_thread(gateway.start)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
                face = Face(client, "/v1@resp")
                experiment = await made(face, ["a", "b", "c"])
                await posted(face, experiment, [1, 2, 3], scores=[{"evaluator": "right", "value": 0.5, "value_type": "number"}])
                vendor.shown, vendor.after = [3], {"resume": [silent]}
                await eventually(written, lambda number: number == 1, 20)
                gateway.kill()
                await asyncio.to_thread(gateway.start)
                await delivered(face, experiment, 30)
        finally:
            gateway.kill()
    assert sorted(body["output"] for _, body in vendor.patches) == [1, 2, 3]
    assert len({trace for trace, _ in vendor.patches}) == 3
    assert len(vendor.scores) == 3
