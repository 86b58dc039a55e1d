"""For random canonical records, what comes back through a vendor equals what went in, minus exactly what the receipts say was lost.

The vendor is a second gateway whose surface plays it. More of the same: `make test-long`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from adapters.registry import discover
from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.gateway.upstream.stub import serving
from tests.visibility.receipts import Document, Passage, accounts
from tests.visibility.test_cells import _root

EXAMPLES = 20
VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_comes_back_is_what_went_in_minus_what_the_receipts_say(tmp_path: Path, vendor: str) -> None:
    proven(tmp_path, vendor, EXAMPLES)


def proven(folder: Path, vendor: str, examples: int, **profile: Any) -> None:
    """Show a vendor so many random accounts. Raises AssertionError with the smallest that comes back otherwise than it is said to."""
    with passing(folder, vendor) as passage:
        made = []

        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), **{"derandomize": True, **profile}
        )
        @given(account=accounts())
        def shown(account: Document) -> None:
            done = passage(account)
            made.append(done.said)
            assert done.wrong == []

        shown()
        assert sum(made) > examples, "nearly everything was refused"


@contextmanager
def passing(folder: Path, vendor: str) -> Iterator[Callable[[Document], Passage]]:
    """A gateway before a second one that plays the vendor; each account goes through under a name of its own."""
    numbers = count(1)

    async def opened(stack: AsyncExitStack) -> httpx.AsyncClient:
        behind = gateway_app(Settings.model_validate({"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}}))
        url = await stack.enter_async_context(serving(behind, "on"))
        target = {"adapter": vendor, "base_url": url + _root(vendor), "requests_per_minute": 1_000_000}
        store = {"url": f"sqlite:///{folder / 'gateway.db'}"}
        app = gateway_app(Settings.model_validate({"store": store, "targets": {vendor: target}}))
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        return await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=30))

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(opened(stack))

        def one(account: Document) -> Passage:
            passage = Passage(client, vendor, f"account {next(numbers)}")
            runner.run(passage.made(account))
            return passage

        try:
            yield one
        finally:
            runner.run(stack.aclose())
