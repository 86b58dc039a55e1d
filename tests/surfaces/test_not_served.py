"""What a vendor has and is not here is refused by name, in the vendor's own shape, and counted."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.base import Adapter, Plain, Route
from adapters.registry import discover
from adapters.unserved import NotServed
from gateway.routing import prefix_of
from schemas.errors import Code
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

LACKING = [adapter for adapter in discover().values() if adapter.not_served]
NAMED = [pytest.param(adapter, id=adapter.name) for adapter in LACKING]
_PLACE = re.compile(r"\{\w+(?::\w+)?\}")


def shape(path: str) -> str:
    """A template without the names of its placeholders and the slash at its end."""
    return _PLACE.sub("{}", path).removesuffix("/")


def served(adapter: Adapter) -> set[tuple[str, str]]:
    entries: tuple[Route | Plain, ...] = (*adapter.routes, *adapter.pages)
    return {(entry.method, shape(entry.path)) for entry in entries}


@pytest.mark.parametrize("adapter", NAMED)
def test_no_operation_is_both_served_and_named_as_missing(adapter: Adapter) -> None:
    both = [row.name for row in adapter.not_served if (row.method, shape(row.path)) in served(adapter)]
    assert both == [], f"served now: take these rows out of adapters/{adapter.name}/not_served.py"


@pytest.mark.parametrize("adapter", NAMED)
def test_rows_are_told_apart_and_say_why(adapter: Adapter) -> None:
    rows = adapter.not_served
    assert len({row.name for row in rows}) == len({(row.method, shape(row.path)) for row in rows}) == len(rows)
    assert all(row.why and row.evidence and not row.why.endswith(".") for row in rows)


def test_every_operation_of_the_phoenix_document_is_served_or_named(phoenix_operations: dict[tuple[str, str], str]) -> None:
    adapter = discover()["phoenix"]
    known = served(adapter) | {(row.method, shape(row.path)) for row in adapter.not_served}
    assert {name for place, name in phoenix_operations.items() if place not in known} == set()
    names = {(row.method, shape(row.path)): row.name for row in adapter.not_served if row.evidence.startswith("OpenAPI")}
    assert names == {place: phoenix_operations[place] for place in names}


@pytest.mark.parametrize("adapter", NAMED)
async def test_each_is_refused_by_name_and_counted(client: httpx.AsyncClient, adapter: Adapter) -> None:
    for row in adapter.not_served:
        answer = await ask(client, f"/{prefix_of(adapter)}", adapter, row)
        refused(adapter, row, answer)
    assert await counted(client, adapter.name) == {row.name: 1 for row in adapter.not_served}
    assert "crosswalk-origin" not in answer.headers


@pytest.mark.parametrize("adapter", NAMED)
async def test_each_is_refused_by_name_over_a_target_of_another_dialect(serve: Serve, adapter: Adapter) -> None:
    other = next(one for one in LACKING if one is not adapter)
    async with serve(targets={"other": {"adapter": other.name, "base_url": "http://127.0.0.1:9"}}) as client:
        for row in adapter.not_served[:3]:
            refused(adapter, row, await ask(client, f"/{prefix_of(adapter)}@other", adapter, row))


@pytest.mark.parametrize("adapter", NAMED)
async def test_what_no_table_names_counts_as_unknown_whatever_its_path(client: httpx.AsyncClient, adapter: Adapter) -> None:
    mount = f"/{prefix_of(adapter)}{adapter.mounts[0]}"
    for name in ("a", "b", "c"):
        assert (await client.get(f"{mount}/no/such/{name}")).status_code == 404
    assert await counted(client, adapter.name) == {"unknown": 3}


async def test_who_shows_no_key_is_not_told(serve: Serve) -> None:
    key = {"name": "one", "sha256": "0" * 64, "role": "admin", "scope": "one"}
    async with serve(auth={"mode": "keys", "keys": [key]}) as client:
        assert (await client.get("/phoenix/v1/users")).status_code == 401


def refused(adapter: Adapter, row: NotServed, answer: httpx.Response) -> None:
    assert answer.status_code == adapter.statuses[Code.UNSUPPORTED], (row.name, answer.text)
    if answer.request.method != "HEAD":
        said = said_in(adapter.name, answer)
        assert row.name in said
        assert row.why in said


def said_in(dialect: str, answer: httpx.Response) -> str:
    """The message, out of the vendor's own error shape."""
    if dialect == "phoenix":
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        return answer.text
    body: Any = answer.json()
    if dialect == "respan":
        assert body.keys() == {"detail"}
        return str(body["detail"])
    assert (body["success"], body["error"]["code"]) == (False, "UNSUPPORTED")
    return str(body["error"]["message"])


async def ask(client: httpx.AsyncClient, prefix: str, adapter: Adapter, row: NotServed) -> httpx.Response:
    return await client.request(row.method, f"{prefix}{adapter.mounts[0]}{_PLACE.sub('abc', row.path)}")


async def counted(client: httpx.AsyncClient, dialect: str) -> dict[str, float]:
    lines = (await client.get("/metrics")).text
    found = re.findall(r'crosswalk_not_served_total\{dialect="(\w+)",operation="([^"]+)"\} ([\d.e+]+)', lines)
    return {operation: float(number) for name, operation, number in found if name == dialect}


@pytest.fixture(scope="module")
def phoenix_operations() -> dict[tuple[str, str], str]:
    """Each operation of the server's own document: method and path, and its name there."""
    document = json.loads((Path(__file__).parents[1] / "recordings" / "phoenix-openapi.json").read_text(encoding="utf-8"))
    return {
        (method.upper(), shape(path)): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
