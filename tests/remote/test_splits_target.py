"""Splits and trace projects at a vendor that has them: asked for in the canonical dialect, seen at the vendor."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face

pytestmark = pytest.mark.anyio

EXAMPLES = [{"input": f"q{place}", "reference": "r", "alias": f"own-{place}"} for place in range(3)]


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with serving(gateway_app(settings), "on") as url:
        yield url


@pytest.fixture
async def face(serve: Serve, vendor: str) -> AsyncIterator[Face]:
    async with serve(targets={"phx": {"adapter": "phoenix", "base_url": f"{vendor}/phoenix"}}) as client:
        yield Face(client, "/v1@phx")


async def at(vendor: str, path: str) -> Any:
    """What the vendor itself says."""
    async with httpx.AsyncClient(base_url=f"{vendor}/phoenix/v1") as client:
        return (await client.get(path)).json()["data"]


async def test_splits_are_made_changed_and_deleted(face: Face, vendor: str) -> None:
    dataset = await face.post("/datasets", {"name": "d", "examples": EXAMPLES})
    at_splits = f"/datasets/{dataset['id']}/splits"
    first, second, third = (example["id"] for example in (await face.get(f"/datasets/{dataset['id']}/examples"))["items"])
    made = await face.post(at_splits, {"name": "train", "metadata": {"k": 1}, "example_ids": [first, "own-1"]})
    assert (made["name"], made["example_count"], made["metadata"], made["description"]) == ("train", 2, {"k": 1}, None)

    patch = {"description": "for training", "add_example_ids": [third], "remove_example_ids": [first]}
    changed = (await face.ask("PATCH", f"{at_splits}/{made['id']}", json=patch)).json()
    assert (changed["id"], changed["description"], changed["example_count"]) == (made["id"], "for training", 2)
    assert [split["name"] for split in (await face.get(at_splits))["items"]] == ["train"]
    listed = await face.get(f"/datasets/{dataset['id']}/examples", splits=made["id"])
    assert [example["id"] for example in listed["items"]] == [second, third]

    [there] = await at(vendor, "/datasets/d/splits")
    assert (there["name"], there["description"], there["example_count"], there["metadata"]) == ("train", "for training", 2, {"k": 1})
    held = await at(vendor, "/datasets/d/labels")
    assert held == []

    await face.ask("DELETE", f"{at_splits}/{made['id']}")
    assert (await face.get(at_splits))["items"] == []
    assert await at(vendor, "/datasets/d/splits") == []


async def test_what_a_split_cannot_be_is_refused_with_its_reason(face: Face) -> None:
    dataset = await face.post("/datasets", {"name": "d", "examples": EXAMPLES})
    at_splits = f"/datasets/{dataset['id']}/splits"
    made = await face.post(at_splits, {"name": "train"})
    taken = (await face.ask("POST", at_splits, 409, json={"name": "train"})).json()
    assert (taken["code"], taken["vendor_status"]) == ("conflict", 409)
    gone = (await face.ask("POST", at_splits, 404, json={"name": "other", "example_ids": ["nobody"]})).json()
    assert gone["code"] == "not_found"
    assert "nobody" in gone["detail"]
    await face.ask("DELETE", f"{at_splits}/{made['id']}")
    again = (await face.ask("DELETE", f"{at_splits}/{made['id']}", 404)).json()
    assert again["reference"] == made["id"]


async def test_projects_are_made_changed_and_deleted(face: Face, vendor: str) -> None:
    made = await face.post("/projects", {"name": "spans of mine", "description": "d"})
    assert [project["name"] for project in await at(vendor, "/projects")] == ["spans of mine", "default"]
    changed = (await face.ask("PATCH", f"/projects/{made['id']}", json={"description": "e"})).json()
    assert (changed["id"], changed["name"], changed["description"]) == (made["id"], "spans of mine", "e")
    await face.ask("DELETE", f"/projects/{made['id']}")
    assert [project["name"] for project in await at(vendor, "/projects")] == ["default"]
    await face.ask("GET", f"/projects/{made['id']}", 404)
