"""Every dialect onto every vendor: what a client of one makes on a vendor of another reads back through the gateway, and stands at the vendor itself.

The vendor is a second gateway whose surface plays it. What a vendor cannot be told is refused by name: those cells are listed, with what is named.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.registry import discover
from gateway.compose import gateway_app
from gateway.routing import prefix_of
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.visibility.dialects import DIALECTS
from tests.visibility.records import Account, Result, ordered, text
from tests.visibility.test_matrix import differences

pytestmark = pytest.mark.anyio

REFUSED = {}
"""What a vendor cannot be told: evaluators of its own over runs that a caller brings."""

VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]


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
    if (source, vendor) in REFUSED:
        with pytest.raises(AssertionError, match=REFUSED[source, vendor]):
            await DIALECTS[source].make(client, name, at)
        return
    made = ordered(await DIALECTS[source].make(client, name, at))
    written = await _excused(client, receipts)
    _equal(made, await DIALECTS[source].read(client, name, at), source)
    await _delivered(client, vendor)
    seen = await _at_the_vendor(direct, vendor, name, made)
    seen.excused |= written
    _equal(made, seen, vendor)


async def _at_the_vendor(direct: httpx.AsyncClient, vendor: str, name: str, made: list[Result]) -> Account:
    """What the vendor holds of an experiment, in one experiment for each repetition where it runs a row once. Rows that nobody has run yet are left out."""
    turns = range(1, max(result.repetition for result in made) + 1)
    if len(turns) == 1 or discover()[vendor].repeats:
        return await DIALECTS[vendor].read(direct, name)
    accounts = [await DIALECTS[vendor].read(direct, f"{name} · repetition {turn}") for turn in turns]
    results = [replace(result, repetition=turn) for turn, account in zip(turns, accounts, strict=True) for result in account.results]
    wanted = {(text(result.input), result.repetition) for result in made}
    held = [result for result in results if (text(result.input), result.repetition) in wanted]
    return Account(ordered(held), set().union(*(account.excused for account in accounts)))


def _collected(client: httpx.AsyncClient) -> list[str]:
    """The ids of the receipts of everything the client is answered from now on."""
    found: list[str] = []

    async def note(response: httpx.Response) -> None:
        found.extend([response.headers["crosswalk-receipt"]] if "crosswalk-receipt" in response.headers else [])

    client.event_hooks = {"request": [], "response": [note]}
    return found


async def _excused(client: httpx.AsyncClient, receipts: list[str]) -> set[str]:
    """The canonical fields that these receipts say the vendor does not hold as they were."""
    fields = set()
    for receipt in list(receipts):
        body = (await client.get(f"/v1/receipts/{receipt}")).json()
        fields |= {note["canonical"].rsplit("/", 1)[-1] for fate in ("lost", "coerced", "kept_aside") for note in body.get(fate, ())}
    return fields


async def _delivered(client: httpx.AsyncClient, vendor: str) -> None:
    """Wait until the vendor has taken what waited for it."""
    for _ in range(100):
        listed = (await client.get(f"/v1@{vendor}/experiments")).json()["items"]
        if all(experiment.get("delivery") != "pending" for experiment in listed):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{vendor} has not taken everything within 10 s")


def _equal(made: list[Result], seen: Account, reader: str) -> None:
    assert len(seen.results) == len(made)
    for truth, shown in zip(made, seen.results, strict=True):
        assert differences(truth, shown, DIALECTS[reader], seen) == []
