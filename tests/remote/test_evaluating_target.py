"""A vendor that runs evaluations over inline cases, played by a second gateway, answers the other dialects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face, lived

pytestmark = pytest.mark.anyio

ASKS = [{"name": "plain", "steps": [{"kind": "completion", "config": {"template": "Say {{input}}", "model": "echo"}}]}]


@pytest.fixture(params=[{}, {"bare_create": True}], ids=["id", "bare"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@asynccontextmanager
async def playing(folder: Path, options: dict[str, Any]) -> AsyncIterator[str]:
    """The base URL of a gateway whose surface plays the vendor."""
    settings = {"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}, "surfaces": {"evalguard": options}}
    async with serving(gateway_app(Settings.model_validate(settings)), "on") as url:
        yield url


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    async with playing(tmp_path, {}) as url:
        yield url


@pytest.fixture
async def client(serve: Serve, vendor: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(**targets(vendor)) as client:
        yield client


def targets(vendor: str, **more: Any) -> dict[str, Any]:
    return {"targets": {"eg": {"adapter": "evalguard", "base_url": f"{vendor}/evalguard"}}, **more}


async def test_the_canonical_life(client: httpx.AsyncClient, vendor: str) -> None:
    held = await lived(Face(client, "/v1@eg"), "capitals")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        listed = (await behind.get("/v1/experiments")).json()["items"]
        assert len(listed) == 2
        assert {item["id"] for item in listed}.isdisjoint({held["experiment"]["id"], held["other"]["id"]})
