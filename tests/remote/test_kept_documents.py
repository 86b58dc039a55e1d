"""Labels, prompts and downloads of the Phoenix surface over vendors that have none: the gateway keeps them, apart for each target."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving

pytestmark = pytest.mark.anyio

VERSION = {
    "model_provider": "OPENAI",
    "model_name": "gpt-4o",
    "template": {"type": "chat", "messages": [{"role": "user", "content": "Hi {{name}}"}]},
    "template_type": "CHAT",
    "template_format": "MUSTACHE",
    "invocation_parameters": {"type": "openai", "openai": {"temperature": 0.5}},
}


class Surface:
    def __init__(self, client: httpx.AsyncClient, at: str = "/phoenix@vendor/v1") -> None:
        self.client, self.at = client, at

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = await self.client.request(method, self.at + path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()["data"] if answer.headers.get("content-type") == "application/json" and answer.content else answer.text


@pytest.fixture(params=["respan", "evalguard"])
async def surface(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> AsyncIterator[Surface]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with (
        serving(gateway_app(settings), "on") as url,
        serve(targets={"vendor": {"adapter": request.param, "base_url": f"{url}/{request.param}"}}) as client,
    ):
        yield Surface(client)


async def dataset(surface: Surface) -> str:
    body = {"name": "d", "inputs": [{"q": 1}, {"q": 2}], "outputs": [{"a": 1}, {"a": 2}]}
    return str((await surface.ask("POST", "/datasets/upload?sync=true", json=body))["dataset_id"])


async def test_a_vendors_dataset_has_labels(surface: Surface) -> None:
    made = await dataset(surface)
    first, second = [
        await surface.ask("POST", "/dataset_labels", 201, json={"name": name, "color": "#00cc88"}) for name in ("first", "second")
    ]
    assert await surface.ask("PUT", f"/datasets/{made}/labels/{first['id']}") == first
    assert await surface.ask("PUT", "/datasets/d/labels", json={"dataset_label_ids": [first["id"], second["id"]]}) == [second, first]
    assert await surface.ask("GET", f"/dataset_labels?limit=1&cursor={first['id']}") == [first]
    await surface.ask("DELETE", f"/dataset_labels/{second['id']}", 204)
    assert await surface.ask("GET", "/datasets/d/labels") == [first]
    assert await Surface(surface.client, "/phoenix/v1").ask("GET", "/dataset_labels") == []


async def test_prompts_are_kept(surface: Surface) -> None:
    made = await surface.ask("POST", "/prompts", json={"prompt": {"name": "greet"}, "version": VERSION})
    assert await surface.ask("GET", f"/prompt_versions/{made['id']}") == made
    await surface.ask("POST", f"/prompt_versions/{made['id']}/tags", 204, json={"name": "live"})
    assert await surface.ask("GET", "/prompts/greet/tags/live") == made
    [tag] = await surface.ask("GET", f"/prompt_versions/{made['id']}/tags")
    assert tag["name"] == "live"
    [prompt] = await surface.ask("GET", "/prompts")
    assert (await surface.ask("PATCH", f"/prompts/{prompt['id']}", json={"description": "d"}))["description"] == "d"
    await surface.ask("DELETE", f"/prompts/{prompt['id']}", 204)
    await surface.ask("GET", f"/prompt_versions/{made['id']}", 404)


async def test_a_vendors_dataset_is_downloaded(surface: Surface) -> None:
    made = await dataset(surface)
    table = (await surface.ask("GET", f"/datasets/{made}/csv")).splitlines()
    assert table[0] == "id,node_id,input.q,output.a"
    assert [line.split(",")[2:] for line in table[1:]] == [["1", "1"], ["2", "2"]]


async def test_splits_are_refused_by_name_where_the_vendor_has_none(surface: Surface) -> None:
    await dataset(surface)
    refused = await surface.ask("POST", "/datasets/d/splits", 422, json={"name": "train"})
    assert "cannot create split" in refused
