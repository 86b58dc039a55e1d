"""Splits and trace projects at a vendor that has them: asked for in the canonical dialect, seen at the vendor."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face
from tests.remote.splits import at, projects_lived, splits_lived

pytestmark = pytest.mark.anyio


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with serving(gateway_app(settings), "on") as url:
        yield f"{url}/phoenix"


@pytest.fixture
async def face(serve: Serve, vendor: str) -> AsyncIterator[Face]:
    async with serve(targets={"phx": {"adapter": "phoenix", "base_url": vendor}}) as client:
        yield Face(client, "/v1@phx")


async def test_splits_are_made_changed_and_deleted(face: Face, vendor: str) -> None:
    await splits_lived(face, at(vendor), "d")


async def test_projects_are_made_changed_and_deleted(face: Face, vendor: str) -> None:
    await projects_lived(face, at(vendor), "spans of mine")
