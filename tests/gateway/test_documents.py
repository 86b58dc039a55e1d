"""Each dialect answers as its OpenAPI document says: no fault, no undescribed status, media type, header or body."""

from collections.abc import Iterator
from typing import Any

import pytest
from requests import Session

from adapters.registry import discover
from gateway.routing import prefix_of
from tests.documents import Calls, served

PREFIXES = [prefix_of(adapter) for adapter in discover().values()]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Session]]:
    with served(tmp_path_factory.mktemp("documents")) as found:
        yield found


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_operation_answers_as_described(gateway: tuple[Any, Session], prefix: str) -> None:
    calls = Calls(*gateway, prefix)
    calls.make(examples=6)
    assert calls.wrong == []
    succeeded = [label for label, statuses in calls.statuses.items() if min(statuses) < 300]
    assert len(succeeded) > len(calls.statuses) / 4, "hardly anything was really asked"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_chains_of_calls_answer_as_described(gateway: tuple[Any, Session], prefix: str) -> None:
    calls = Calls(*gateway, prefix)
    calls.walk(examples=6, steps=8)
    assert calls.wrong == []
