"""The coverage page says of every operation whether it is served, how it is known, and who checked it when."""

import re
from datetime import date

import httpx
import pytest

from adapters.base import Adapter
from adapters.coverage import known
from adapters.registry import discover
from gateway.routing import Router

pytestmark = pytest.mark.anyio

ADAPTERS = [pytest.param(adapter, id=adapter.name) for adapter in discover().values()]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_check_is_of_a_served_operation_and_has_a_day(adapter: Adapter) -> None:
    served = {f"{row.method} {row.path}" for row in known(adapter) if row.served} | {f"{r.method} {r.path}" for r in adapter.routes}
    assert adapter.checked.keys() <= served, "python -m tests.coverage writes it anew"
    days = {day for names in adapter.checked.values() for day in names.values()}
    assert all(date.fromisoformat(day) <= date.max for day in days)


@pytest.mark.parametrize("adapter", [one for one in ADAPTERS if not one.values[0].prefix])
def test_what_is_served_says_how_it_is_known(adapter: Adapter) -> None:
    assert [f"{row.method} {row.path}" for row in known(adapter) if not row.evidence] == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_most_of_what_is_served_was_checked(adapter: Adapter) -> None:
    served = [row for row in known(adapter) if row.served]
    assert sum(bool(row.checked) for row in served) >= len(served) / 2, "python -m tests.coverage checks it anew"


async def test_the_same_as_json_and_as_a_page(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/coverage")).json()["dialects"]
    page = (await client.get("/docs/coverage")).text
    assert "http://" not in page
    assert "https://" not in page
    for name, adapter in discover().items():
        rows = known(adapter)
        assert found[name]["known"] == len(found[name]["operations"]) == len(rows)
        assert found[name]["served"] == sum(row.served for row in rows)
        assert f"{len(rows)} operations known" in page
        for row in (rows[0], rows[-1]):
            assert row.document() in found[name]["operations"]


async def test_what_is_said_to_be_served_is(client: httpx.AsyncClient) -> None:
    for name, dialect in (await client.get("/v1/coverage")).json()["dialects"].items():
        adapter = discover()[name]
        router = Router(adapter)
        for row in filter(lambda row: row["served"], dialect["operations"]):
            match = router.match(adapter.mounts[0] + re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+\}", "abc", row["path"])))
            entry = match.endpoint.entry(row["method"], ()) if match else None
            assert entry is not None, row
