"""The client of surface tests: what it is answered at `/phoenix` is held to the document that the real server publishes."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import Serve
from tests.replay import contract

PREFIX = "/phoenix/v1"


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with default settings."""
    async with serve() as client:
        client.event_hooks["response"].append(held_to_the_document)
        yield client


async def held_to_the_document(answer: httpx.Response) -> None:
    """Fails the test whose answer the document does not describe."""
    path = answer.request.url.raw_path.decode().partition("?")[0]
    if path.startswith(PREFIX) and answer.request.method != "HEAD":
        await answer.aread()
        assert contract.unlike(answer.request.method, path.removeprefix("/phoenix"), answer) == []
