"""The gateway as the vendors' clients meet it: a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vendors import servers


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """The base URL of a gateway with an empty store, shared by all tests: each makes its own data."""
    with servers.gateway() as url:
        yield url
