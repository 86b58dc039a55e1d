"""A gateway before a vendor that a second gateway plays, and a client of that vendor itself."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Document, Face


class Facing(Protocol):
    """The gateway's client, its canonical face towards the vendor, and the canonical face of the vendor's own store."""

    def __call__(self, vendor: str, **settings: Any) -> AbstractAsyncContextManager[tuple[httpx.AsyncClient, Face, Face]]: ...


@asynccontextmanager
async def before(serve: Serve, folder: Path) -> AsyncIterator[Facing]:
    """Gateways over one store before one vendor: entering anew is a restart of the gateway alone."""
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}})
    async with serving(gateway_app(settings), "on") as url, httpx.AsyncClient(base_url=url) as direct:

        @asynccontextmanager
        async def facing(vendor: str, **more: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Face, Face]]:
            target = {"adapter": vendor, "base_url": f"{url}/{vendor}", "requests_per_minute": 60_000}
            async with serve(targets={"there": target}, **more) as client:
                yield client, Face(client, "/v1@there"), Face(direct, "/v1")

        yield facing


def names(page: Document) -> list[str]:
    """What the items of a page are called."""
    return [item["name"] for item in page["items"]]
