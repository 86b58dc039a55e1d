"""Every dialect's real client on every target: what it made reads back through it, and stands at the target itself.

The targets are the embedded store, a real Phoenix, and two other gateways that play Respan and EvalGuard, each a process of its own.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from tests.vendors import servers
from tests.vendors.environments import EVALGUARD, PHOENIX_CLIENT, RESPAN_API, Environment, run_script
from tests.visibility.cells import CELLS, TARGETS, at_the_vendor, delivered, excused
from tests.visibility.dialects import DIALECTS, make_canonical, read_canonical
from tests.visibility.records import Account, Result, ordered
from tests.visibility.test_matrix import differences

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
SECONDS = 240
CLIENTS: Mapping[str, tuple[Environment, str]] = {
    "phoenix": (PHOENIX_CLIENT, "/phoenix{at}"),
    "respan": (RESPAN_API, "/respan{at}"),
    "evalguard": (EVALGUARD, "/evalguard{at}/api"),
}


@dataclass(frozen=True)
class Stage:
    """The gateway's base URL, and where each target can be asked directly: its base URL, and the path before its own that its reader would say."""

    gateway: str
    there: Mapping[str, tuple[str, str]]


@pytest.fixture(scope="module")
def stage(real_phoenix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with servers.gateway() as one, servers.gateway() as other:
        targets = {"phoenix": real_phoenix, "respan": f"{one}/respan", "evalguard": f"{other}/evalguard"}
        lines = ['[targets.local]\nadapter = "local"']
        lines += [f'[targets.{name}]\nadapter = "{name}"\nbase_url = "{url}"\nrequests_per_minute = 60000' for name, url in targets.items()]
        config = tmp_path_factory.mktemp("gateway") / "crosswalk.toml"
        config.write_text("\n".join(lines) + "\n")
        with servers.gateway({"CROSSWALK_CONFIG": str(config)}) as gateway:
            yield Stage(
                gateway, {"local": (gateway, ""), "phoenix": (real_phoenix, "/phoenix"), "respan": (one, ""), "evalguard": (other, "")}
            )


class Beneath(httpx.AsyncHTTPTransport):
    """Sends to a vendor's own root what its reader says below a gateway's prefix."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(raw_path=request.url.raw_path.removeprefix(self._prefix))
        return await super().handle_async_request(request)


@asynccontextmanager
async def asking(url: str, prefix: str = "") -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, transport=Beneath(prefix), timeout=60) as client:
        yield client


def results(told: list[dict[str, Any]]) -> list[Result]:
    return ordered([Result(**one) for one in told])


async def played(stage: Stage, client: httpx.AsyncClient, source: str, target: str, name: str) -> tuple[list[Result], Account]:
    """What a dialect's client made on a target, and what it read back, with what the receipts excuse."""
    at = f"@{target}"
    if source == "canonical":
        receipts: list[str] = []

        async def note(response: httpx.Response) -> None:
            receipts.extend([response.headers["crosswalk-receipt"]] if "crosswalk-receipt" in response.headers else [])

        client.event_hooks["response"].append(note)
        made = ordered(await make_canonical(client, name, at))
        read = (await read_canonical(client, name, at)).results
    else:
        environment, path = CLIENTS[source]
        told = run_script(environment, HERE / f"script_{source}.py", stage.gateway + path.format(at=at), name, timeout=SECONDS)
        made, read, receipts = results(told["made"]), results(told["read"]), told["receipts"]
    return made, Account(read, await excused(client, receipts))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", DIALECTS)
async def test_a_real_client_works_on_every_target(stage: Stage, source: str, target: str) -> None:
    assert CELLS[source, target].startswith("equal")
    name = f"{source} onto {target} {token_hex(4)}"
    url, prefix = stage.there[target]
    reader = "canonical" if target == "local" else target
    async with asking(stage.gateway) as client, asking(url, prefix) as direct:
        made, seen = await played(stage, client, source, target, name)
        equal(made, seen, source)
        if target != "local":
            await delivered(client, target)
        there = await at_the_vendor(direct, reader, name, made)
        there.excused |= seen.excused
        equal(made, there, reader)


def test_on_a_phoenix_its_own_client_sees_what_it_sees_without_us(stage: Stage, real_phoenix: str) -> None:
    script, name = HERE / "script_phoenix.py", f"direct {token_hex(4)}"
    direct = run_script(PHOENIX_CLIENT, script, real_phoenix, name, timeout=SECONDS)
    through = run_script(PHOENIX_CLIENT, script, f"{stage.gateway}/phoenix@phoenix", f"{name} again", timeout=SECONDS)
    assert results(through["read"]) == results(direct["read"]) == results(direct["made"])


def equal(made: list[Result], seen: Account, reader: str) -> None:
    assert len(seen.results) == len(made), seen.results
    for truth, shown in zip(made, seen.results, strict=True):
        assert differences(truth, shown, DIALECTS[reader], seen) == []
