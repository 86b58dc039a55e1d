"""What the scenario sees, once for each server and client, shared by all tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import PHOENIX_CLIENT, run_script
from tests.vendors.node import PHOENIX_TS, run_node
from tests.vendors.phoenix.masking import masked

SCENARIO = Path(__file__).with_name("scenario.py")
LIBRARY = SCENARIO.with_stem("scenario_library")
TS_SCENARIO = SCENARIO.with_suffix(".cjs")
SCENARIO_SECONDS = 240  # a real Phoenix on a busy machine takes 30

Play = Callable[[str, str], Any]


@pytest.fixture(scope="session")
def play(request: pytest.FixtureRequest) -> Play:
    """`play("gateway" | "real", "sync" | "async" | "ts")`: what the client returned there, server-made values masked."""

    @cache
    def _play(server: str, client: str) -> Any:
        url = f"{request.getfixturevalue('gateway')}/phoenix" if server == "gateway" else request.getfixturevalue("real_phoenix")
        suffix = secrets.token_hex(6)
        return masked(_run(url, client, suffix), suffix)

    return _play


@pytest.fixture(scope="session")
def play_library(request: pytest.FixtureRequest) -> Play:
    """`play_library("gateway" | "real", "sync" | "async")`: the same for datasets from files, projects and prompts."""

    @cache
    def _play(server: str, client: str) -> Any:
        url = f"{request.getfixturevalue('gateway')}/phoenix" if server == "gateway" else request.getfixturevalue("real_phoenix")
        suffix = secrets.token_hex(6)
        return masked(run_script(PHOENIX_CLIENT, LIBRARY, url, client, suffix, timeout=SCENARIO_SECONDS), suffix)

    return _play


def _run(url: str, client: str, suffix: str) -> Any:
    if client == "ts":
        return run_node(PHOENIX_TS, TS_SCENARIO, url, suffix)
    return run_script(PHOENIX_CLIENT, SCENARIO, url, client, suffix, timeout=SCENARIO_SECONDS)
