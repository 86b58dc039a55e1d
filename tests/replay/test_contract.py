"""Every successful answer is held to the server's own document: which routes the recordings reach, and that the check can fail."""

from __future__ import annotations

import re

import httpx
import pytest

from adapters.phoenix import ADAPTER
from tests.replay import contract
from tests.replay.intended import LEFT_OUT, topic
from tests.replay.recording import FOLDER, load


def _served() -> set[tuple[str, str]]:
    """What is served, in the words of the document, whose placeholders have names of their own."""
    found = set()
    for route in ADAPTER.routes:
        operation = contract.operation_of(route.method, re.sub(r"\{\w+\}", "x", route.path))
        found.add(operation.name if operation else (route.method, route.path))
    return found


def test_every_served_route_is_in_the_document() -> None:
    described = {operation.name for _, operation in contract.operations()}
    assert _served() - described == contract.OUTSIDE


def test_every_served_route_is_answered_successfully_in_a_recording() -> None:
    """Replaying it (`test_replay.py`) holds each of these answers to the document."""
    reached = set()
    for path in FOLDER.glob("*.jsonl"):
        for line in load(path.stem):
            success = line.status < 300 and line.path not in LEFT_OUT and topic(path.stem, line.line) is None
            if success and (operation := contract.operation_of(line.method, line.path)):
                reached.add(operation.name)
    assert _served() - contract.OUTSIDE - reached == set()


def test_what_the_document_does_not_say_is_found() -> None:
    def wrong(status: int, body: bytes, media_type: str = "application/json", path: str = "/v1/dataset_labels") -> list[str]:
        return contract.unlike("GET", path, httpx.Response(status, content=body, headers={"content-type": media_type}))

    assert wrong(200, b'{"data":[],"next_cursor":null}') == []
    assert wrong(404, b"nonsense") == []
    assert wrong(200, b'{"data":[]}') == ["GET /v1/dataset_labels: $: 'next_cursor' is a required property"]
    [problem] = wrong(200, b'{"data":[{"id":1,"name":"a","description":null,"color":"#000000"}],"next_cursor":null}')
    assert problem.startswith("GET /v1/dataset_labels: $.data[0].id: 1 is not of type")
    assert wrong(201, b"{}") == ["GET /v1/dataset_labels: status 201 is not described"]
    assert wrong(200, b"[]", "text/html") == ["GET /v1/dataset_labels: media type text/html is not described"]


@pytest.mark.parametrize("path", ["/v1/datasets/upload", "/v1/datasets/RGF0YXNldDox/jsonl/openai_ft"])
def test_literal_paths_come_before_those_with_placeholders(path: str) -> None:
    operation = contract.operation_of("POST" if path.endswith("upload") else "GET", path)
    assert operation is not None
    assert operation.template.rpartition("/")[2] == path.rpartition("/")[2]
