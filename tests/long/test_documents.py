"""Each dialect answers as its OpenAPI document says, asked much longer than in `tests/gateway/test_documents.py`."""

from pathlib import Path

import pytest

from adapters.registry import discover
from gateway.routing import prefix_of
from tests.documents import Calls, served


@pytest.mark.parametrize("prefix", [prefix_of(adapter) for adapter in discover().values()])
def test_every_operation_and_chains_of_them_answer_as_described(tmp_path: Path, prefix: str) -> None:
    with served(tmp_path) as (app, session):
        calls = Calls(app, session, prefix)
        calls.make(examples=150)
        calls.walk(examples=60, steps=20)
    assert calls.wrong == []
