"""The replay notices what it should: a comparison that cannot fail would prove nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.replay import otlp
from tests.replay.comparison import differences
from tests.replay.intended import LEFT_OUT
from tests.replay.names import Names
from tests.replay.player import play
from tests.replay.recording import FOLDER, Exchange, Part, Scene, load, scenes

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}


def node(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def exchange(body: Any, status: int = 200, method: str = "GET", path: str = "/v1/experiments/x", sent: Any = None) -> Exchange:
    return Exchange("made-up", 1, "", method, path, "", Part({}, "json", sent), status, Part(JSON, "json", body))


def compared(recorded: Any, here: Any, names: Names | None = None, **more: Any) -> tuple[str, ...]:
    return differences(exchange(recorded, **more), httpx.Response(200, json=here), names or Names())


@pytest.mark.parametrize(
    ("recorded", "here"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"created_at": "2026-01-02T03:04:05+00:00"}, {"created_at": "2026-01-02T03:04:05Z"}),
        ({"start_time": "2026-01-02T03:04:05+00:00"}, {"start_time": "2026-01-02T03:04:06+00:00"}),
        ({"id": node("Experiment:1")}, {"id": node("Dataset:1")}),
        ({"id": node("Experiment:1")}, {"id": "1"}),
        ({"one": node("Experiment:1"), "two": node("Experiment:2")}, {"one": node("Experiment:7"), "two": node("Experiment:7")}),
        ({"one": node("Experiment:1"), "two": node("Experiment:1")}, {"one": node("Experiment:7"), "two": node("Experiment:8")}),
        ({"project_name": f"Experiment-{'0' * 24}"}, {"project_name": "Experiment-1"}),
    ],
)
def test_a_difference_is_reported(recorded: Any, here: Any) -> None:
    assert compared(recorded, here)


def test_what_the_server_makes_up_may_differ() -> None:
    recorded = {"id": node("Experiment:1"), "project_name": f"Experiment-{'0' * 24}", "created_at": "2026-01-02T03:04:05+00:00"}
    here = {"id": node("Experiment:9"), "project_name": f"Experiment-{'a' * 24}", "created_at": "2027-01-02T03:04:05.000001+00:00"}
    assert compared(recorded, here) == ()


def test_status_and_headers_are_compared() -> None:
    found = differences(exchange({}), httpx.Response(201, content=b"{}", headers={"content-type": "text/plain"}), Names())
    assert found == ("status: 200 recorded, 201 here", 'content-type: "application/json" recorded, "text/plain" here')


def test_learned_ids_are_sent_and_expected_in_texts() -> None:
    names = Names()
    assert names.same_id(node("Experiment:10"), node("Experiment:41"))
    quoted, here = node("Experiment:10").replace("=", "%3D"), node("Experiment:41").replace("=", "%3D")
    assert names.translate(f"/v1/experiments/{quoted}/runs?cursor={quoted}") == f"/v1/experiments/{here}/runs?cursor={here}"
    assert names.translate(f"no {node('Experiment:10')} here") == f"no {node('Experiment:41')} here"
    assert names.translate(node("Experiment:2")) == node("Experiment:2")


def test_a_deleted_id_may_come_back_for_a_new_thing_and_no_other() -> None:
    names = Names()
    assert names.same_id(node("Experiment:1"), node("Experiment:41"))
    assert names.same_id(node("ExperimentRun:5"), node("ExperimentRun:45"), parents=[node("Experiment:1")])
    assert names.same_id(node("Experiment:2"), node("Experiment:42"))
    assert not names.same_id(node("Experiment:1"), node("Experiment:43"))
    names.forget(node("Experiment:1"))
    assert not names.same_id(node("Experiment:1"), node("Experiment:42"))
    assert not names.same_id(node("Experiment:2"), node("Experiment:43"))
    assert names.same_id(node("Experiment:1"), node("Experiment:43"))
    assert names.same_id(node("ExperimentRun:5"), node("ExperimentRun:46"))


def test_a_name_made_by_the_server_keeps_its_start() -> None:
    created: dict[str, Any] = {"method": "POST", "path": "/v1/datasets/x/experiments", "sent": {"repetitions": 1}}
    names = Names()
    assert compared({"data": {"name": "capitals-0123abcd"}}, {"data": {"name": "capitals-ffffffff"}}, names, **created) == ()
    assert compared({"data": {"name": "capitals-0123abcd"}}, {"data": {"name": "capitals-eeeeeeee"}}, names)
    assert compared({"data": {"name": "capitals-0123abcd"}}, {"data": {"name": "other-ffffffff"}}, **created)
    assert compared({"data": {"name": "capitals-0123abcd"}}, {"data": {"name": "capitals-ffffffff"}}, **(created | {"sent": {"name": "x"}}))


def test_spans_are_sent_as_recorded() -> None:
    [line] = [line for line in load("ts_client_run_experiment") if line.line == 10]
    sent = ExportTraceServiceRequest.FromString(otlp.request(line.request.body))
    [spans] = sent.resource_spans
    assert spans.resource.attributes[0].value.string_value == line.request.body[0]["resource"]["openinference.project.name"]
    assert [span.trace_id.hex() for span in spans.scope_spans[0].spans] == [span["trace_id"] for span in line.request.body[0]["spans"]]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
async def test_a_server_that_knows_nothing_differs_everywhere(path: Any) -> None:
    """Every line of every recording can be sent, and none is found equal to an answer that says nothing."""
    transport = httpx.MockTransport(lambda request: httpx.Response(418))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/phoenix") as client:
        for scene in scenes(path.stem):
            results = await play(scene, client)
            unsent = [line.line for line in scene.exchanges if line.request.encoding == "elided" or line.path in LEFT_OUT]
            assert [result.exchange.line for result in results if not result.differences] == unsent
            assert [result.exchange.line for result in results if result.status is None] == unsent


async def test_a_server_that_answers_as_recorded_is_equal() -> None:
    [scene] = scenes("python_client_run_experiment")
    answers = iter(scene.exchanges)

    def recorded(request: httpx.Request) -> httpx.Response:
        line = next(answers)
        assert request.url.raw_path.decode() == f"/phoenix{line.target}"
        body = b"" if line.answer.body is None else json.dumps(line.answer.body).encode()
        return httpx.Response(line.status, content=body, headers={"content-type": line.answer.headers["content-type"]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(recorded), base_url="http://127.0.0.1/phoenix") as client:
        results = await play(Scene(scene.setup, scene.exchanges), client)
    assert [result.differences for result in results] == [()] * 38
