"""The servers to replay against, each as an HTTP client."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from gateway.compose import gateway_app
from gateway.settings import ApiKey, Auth, Role, Settings, Store
from tests.vendors import servers


@asynccontextmanager
async def remote(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A server that already runs. It should be empty: a replay starts from nothing.

    Every request takes a connection of its own, because the real server drops the connection after an answer 500.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        yield client


@asynccontextmanager
async def real() -> AsyncIterator[httpx.AsyncClient]:
    """A real Phoenix of our own, empty."""
    with servers.phoenix() as url:
        async with remote(url) as client:
            yield client


@asynccontextmanager
async def gateway(*, keyed: bool = False, version: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """This gateway in this process, its store empty and temporary; the client stands at the Phoenix surface.

    With `keyed` it asks for keys, and takes the placeholders of the recordings as such. It behaves as server `version`, the newest known unless given.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Store(url=f"sqlite:///{Path(folder) / 'replay.db'}")
        surfaces = {"phoenix": {"version": version}} if version else {}
        app = gateway_app(Settings(store=store, auth=Auth(mode="keys", keys=KEYS) if keyed else Auth(), surfaces=surfaces))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1/phoenix") as client,
        ):
            yield client


def _key(role: Role) -> ApiKey:
    token = f"{role.name}_TOKEN"
    return ApiKey(name=role.value, sha256=hashlib.sha256(token.encode()).hexdigest(), role=role)


KEYS = tuple(_key(role) for role in Role)
