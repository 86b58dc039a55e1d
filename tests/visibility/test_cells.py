"""Every dialect onto every vendor: what a client of one makes on a vendor of another reads back through the gateway, and stands at the vendor itself.

The vendor is a second gateway whose surface plays it.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.registry import discover
from gateway.compose import gateway_app
from gateway.routing import prefix_of
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.visibility.cells import CELLS, VENDORS, at_the_vendor, delivered, excused
from tests.visibility.dialects import DIALECTS
from tests.visibility.records import Account, Result, ordered
from tests.visibility.test_matrix import differences

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gateways(serve: Serve, tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """The gateway with every vendor as a target, and a client of the vendor itself."""
    vendor = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with serving(gateway_app(vendor), "on") as url, httpx.AsyncClient(base_url=url) as direct:
        targets = {name: {"adapter": name, "base_url": url + _root(name), "requests_per_minute": 60_000} for name in VENDORS}
        async with serve(targets=targets) as client:
            yield client, direct


def _root(vendor: str) -> str:
    """Where the vendor's own root is on a gateway: an API that stands under /api has it in its paths already."""
    return f"/{prefix_of(discover()[vendor])}"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("source", DIALECTS)
async def test_a_client_of_one_dialect_works_on_a_vendor_of_another(
    gateways: tuple[httpx.AsyncClient, httpx.AsyncClient], source: str, vendor: str
) -> None:
    client, direct = gateways
    name, at = f"{source} onto {vendor}", f"@{vendor}"
    receipts = _collected(client)
    assert CELLS[source, vendor].startswith("equal")
    made = ordered(await DIALECTS[source].make(client, name, at))
    written = await excused(client, receipts)
    _equal(made, await DIALECTS[source].read(client, name, at), source)
    await delivered(client, vendor)
    seen = await at_the_vendor(direct, vendor, name, made)
    seen.excused |= written
    _equal(made, seen, vendor)


def _collected(client: httpx.AsyncClient) -> list[str]:
    """The ids of the receipts of everything the client is answered from now on."""
    found: list[str] = []

    async def note(response: httpx.Response) -> None:
        found.extend([response.headers["crosswalk-receipt"]] if "crosswalk-receipt" in response.headers else [])

    client.event_hooks = {"request": [], "response": [note]}
    return found


def _equal(made: list[Result], seen: Account, reader: str) -> None:
    assert len(seen.results) == len(made)
    for truth, shown in zip(made, seen.results, strict=True):
        assert differences(truth, shown, DIALECTS[reader], seen) == []
