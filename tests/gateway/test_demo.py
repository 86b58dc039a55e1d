"""The demo runs in every dialect that has one, and the comparison says what the data say."""

import httpx
import pytest

from adapters.registry import discover
from gateway import demo

pytestmark = pytest.mark.anyio

CLIENT_RUN = [name for name, adapter in discover().items() if adapter.demo]


@pytest.mark.parametrize("dialect", CLIENT_RUN)
async def test_the_demo_finds_the_better_variant(client: httpx.AsyncClient, dialect: str) -> None:
    said: list[tuple[str, str]] = []
    (line,) = await demo.run(client, {dialect: discover()[dialect]}, "once", lambda who, doing: said.append((who, doing)))
    assert (line.experiments, line.runs, line.scores, line.winner) == (2, 16, 16, "terse")
    assert line.origin == "emulated"
    assert said[-1] == (dialect, "comparing")


async def test_a_refused_call_ends_the_demo_and_names_it(client: httpx.AsyncClient) -> None:
    adapters = {name: adapter for name, adapter in discover().items() if adapter.demo}
    broken = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(503, text="no")), base_url="http://x")
    with pytest.raises(demo.DemoFailed, match="503"):
        await demo.run(broken, adapters, "", lambda *_: None)
