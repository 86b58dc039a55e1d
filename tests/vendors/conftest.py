"""The gateway as the vendors' clients meet it: a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.vendors import servers
from tests.vendors.environments import PHOENIX_SERVER_2025


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """The base URL of a gateway with an empty store, shared by all tests: each makes its own data."""
    with servers.gateway() as url:
        yield url


@pytest.fixture(scope="session")
def real_phoenix() -> Iterator[str]:
    """The base URL of a real Phoenix: the one that runs at CROSSWALK_TEST_PHOENIX_URL, else one of our own."""
    if url := os.environ.get("CROSSWALK_TEST_PHOENIX_URL"):
        yield url
        return
    with servers.phoenix() as url:
        yield url


@pytest.fixture(scope="session")
def phoenix_2025() -> Iterator[str]:
    """The base URL of a real Phoenix 11.38.0: the one that runs at CROSSWALK_TEST_PHOENIX_2025_URL, else one of our own."""
    if url := os.environ.get("CROSSWALK_TEST_PHOENIX_2025_URL"):
        yield url
        return
    with servers.phoenix(PHOENIX_SERVER_2025) as url:
        yield url
