"""Paths lead where they say, whatever they hold."""

import httpx
import pytest

from adapters.base import Adapter, Plain, Route
from adapters.registry import discover
from tests.surfaces.test_not_served import shape

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("adapter", [pytest.param(adapter, id=adapter.name) for adapter in discover().values()])
def test_the_places_of_a_path_have_one_name(adapter: Adapter) -> None:
    entries: tuple[Route | Plain, ...] = (*adapter.routes, *adapter.pages)
    spelled: dict[str, set[str]] = {}
    for entry in entries:
        spelled.setdefault(shape(entry.path), set()).add(entry.path)
    assert [paths for paths in spelled.values() if len(paths) > 1] == [], "the first spelling would hide the methods of the others"


async def test_an_example_is_deleted_by_its_path(client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/datasets", json={"name": "d", "examples": [{"input": 1}, {"input": 2}]})).json()
    first, second = (await client.get(f"/v1/datasets/{made['id']}/examples")).json()["items"]
    answer = await client.delete(f"/v1/datasets/{made['id']}/examples/{first['id']}")
    assert answer.status_code == 200
    assert [item["id"] for item in (await client.get(f"/v1/datasets/{made['id']}/examples")).json()["items"]] == [second["id"]]


async def test_a_line_break_in_an_id_is_part_of_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/datasets/a%0Ab")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
