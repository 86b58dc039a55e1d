"""What every test may use."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings as hypothesis_settings

from gateway.compose import gateway_app
from gateway.settings import Settings

# How long an example takes is decided by what else the machine does; a test that loops for good is found all the same.
hypothesis_settings.register_profile("crosswalk", deadline=None)
hypothesis_settings.load_profile("crosswalk")

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio alone, as the gateway does."""
    return "asyncio"


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """`async with serve(**settings) as client`: the whole gateway in this process, over a store of its own that lasts the test.

    Serving twice in one test continues on the same store, as a restart does.
    """

    @asynccontextmanager
    async def serving(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = gateway_app(Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'gateway.db'}"}, **settings}))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                client.app = app  # type: ignore[attr-defined]
                yield client

    return serving


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with default settings."""
    async with serve() as client:
        yield client
