"""Bad input gets each dialect's own clear error, quickly, and leaves nothing behind."""

import re
import time

import httpx
import pytest

from adapters.base import Adapter, Route
from adapters.registry import discover
from gateway.routing import prefix_of
from gateway.store import check

pytestmark = pytest.mark.anyio

_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")
BODIES = {
    "malformed": b'{"name": ',
    "not an object": b"[1, 2]",
    "text": b'"text"',
    "number": b"12",
    "wrong types": b'{"name": {"a": 1}, "dataset_id": 5, "variants": "x", "inputs": 3, "logs": 1, "cases": 4, "projectId": [], "evaluator": {}, "filters": 7}',
    "deep": b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "very deep": b"[" * 200_000,
    "not utf-8": b'{"name": "\xff\xfe"}',
    "nan": b'{"name": NaN}',
    "infinity": b'{"repetitions": Infinity, "name": -Infinity}',
    "twice": b'{"name": 1, "name": 2}',
    "huge number": b'{"repetitions": ' + b"9" * 5000 + b"}",
    "lone surrogate": b'{"name": ["\\ud800"]}',
    "nul": b'{"name": ["\\u0000"]}',
}


DIALECTS = pytest.mark.parametrize("adapter", [pytest.param(a, id=a.name) for a in discover().values()])


def _writes(adapter: Adapter) -> list[Route]:
    return [route for route in adapter.routes if route.request is not None and route.writes]


def _reads(adapter: Adapter) -> list[Route]:
    return [route for route in adapter.routes if _PLACEHOLDER.search(route.path) and route.method == "GET"]


def _path(adapter: Adapter, route: Route, value: str) -> str:
    return f"/{prefix_of(adapter)}{adapter.mounts[0]}{_PLACEHOLDER.sub(value, route.path)}"


def _is_clear(adapter: Adapter, answer: httpx.Response) -> None:
    """An error in the dialect's own shape: of a known status, not empty, and of its media type."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.status_code in set(adapter.statuses.values())
    assert answer.text
    if answer.headers["content-type"].startswith("application/"):
        assert isinstance(answer.json(), dict)


@DIALECTS
async def test_a_bad_body_is_refused_and_writes_nothing(client: httpx.AsyncClient, adapter: Adapter) -> None:
    for route in _writes(adapter):
        path = _path(adapter, route, adapter.id_example)
        for name, body in BODIES.items():
            where = f"{route.method} {route.path}, {name}"
            started = time.monotonic()
            answer = await client.request(route.method, path, content=body, headers={"Content-Type": "application/json"})
            assert time.monotonic() - started < 5, where
            assert answer.status_code < 500, f"{where}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code >= 400:
                _is_clear(adapter, answer)
    assert await client.app.state.store.read(check.check) == []  # type: ignore[attr-defined]


@DIALECTS
async def test_an_id_of_another_dialect_names_nothing(client: httpx.AsyncClient, adapter: Adapter) -> None:
    foreign = [other.id_example for other in discover().values() if other.name != adapter.name]
    for route in _reads(adapter):
        for value in (*foreign, "nonsense", "..%2F..", "%00", "0", "-1", "1" * 300, "%F0%9F%92%A5"):
            answer = await client.get(_path(adapter, route, value))
            assert answer.status_code < 500, f"{route.path} {value}: {answer.status_code} {answer.text[:300]}"


@DIALECTS
async def test_a_body_over_the_limit_is_too_large(client: httpx.AsyncClient, adapter: Adapter) -> None:
    route = _writes(adapter)[0]
    body = b'{"name": "' + b"a" * (50 * 1024 * 1024) + b'"}'
    answer = await client.request(
        route.method, _path(adapter, route, adapter.id_example), content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    _is_clear(adapter, answer)


@DIALECTS
async def test_unknown_cursors_pages_and_limits_are_answered_clearly(client: httpx.AsyncClient, adapter: Adapter) -> None:
    for route in adapter.routes:
        if route.query is None or route.method != "GET":
            continue
        for name in {"cursor", "limit", "offset", "page", "page_size", "sort_by", "bins", "alpha"} & set(route.query.model_fields):
            for value in ("zzz", "", "-1", "0", "99999999999999999999", "1.5", "null", "%00", "RXhwZXJpbWVudDox"):
                answer = await client.get(f"{_path(adapter, route, adapter.id_example)}?{name}={value}")
                assert answer.status_code < 500, f"{route.path}?{name}={value}: {answer.status_code} {answer.text[:300]}"


@DIALECTS
async def test_a_path_or_method_that_is_not_served_is_said_in_the_dialect(client: httpx.AsyncClient, adapter: Adapter) -> None:
    missing = await client.get(f"/{prefix_of(adapter)}{adapter.mounts[0]}/no/such/path")
    assert missing.status_code == 404
    route = adapter.routes[0]
    wrong = await client.request("TRACE", _path(adapter, route, adapter.id_example))
    assert wrong.status_code == 405
    assert route.method in wrong.headers["allow"]
    unreadable = await client.get(f"/{prefix_of(adapter)}@Nope/x")
    assert unreadable.status_code == 404
    unknown = await client.get(f"/{prefix_of(adapter)}@nowhere{adapter.mounts[0]}{adapter.routes[0].path}")
    assert 400 <= unknown.status_code < 500


async def test_a_problem_names_the_whole_path(client: httpx.AsyncClient) -> None:
    bad = {"name": "x", "variants": [{"name": "a", "steps": [{"kind": "zzz"}]}]}
    problem = (await client.post("/v1/experiments", json=bad)).json()
    assert problem["detail"].startswith("variants.0.steps.0.kind: ")
    assert problem["errors"][0]["pointer"] == "/variants/0/steps/0/kind"


async def test_a_value_that_is_not_of_its_type_is_no_score(client: httpx.AsyncClient) -> None:
    wait = [{"name": "", "steps": [{"kind": "wait"}]}]
    made = (await client.post("/v1/experiments", json={"name": "x", "examples": [{"input": 1}], "variants": wait})).json()
    run = (await client.post(f"/v1/experiments/{made['id']}/runs", json={"example_position": 0, "output": 1})).json()
    path = f"/v1/experiments/{made['id']}/runs/{run['id']}/scores"
    answer = await client.post(path, json={"evaluator": "tone", "value": "dry", "value_type": "number"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "value_type: The value is no number")
    assert (await client.get(path)).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/evalguard/api/v1/datasets", b'{"name": ', "The body is not JSON: Expecting value (character 9)."),
        ("/v1/datasets", b'{"name": ', "The body is not JSON: Expecting value (character 9)."),
        ("/v1/datasets", b"[1]", "Input should be an object"),
        ("/evalguard/api/v1/evals/nope", None, "'nope' is no experiment id."),
    ],
)
async def test_what_is_wrong_is_said_in_a_sentence(client: httpx.AsyncClient, path: str, body: bytes | None, expected: str) -> None:
    method = "GET" if body is None else "POST"
    answer = (await client.request(method, path, content=body, headers={"content-type": "application/json"})).json()
    assert (answer.get("detail") or answer["error"]["message"]) == expected


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_times_outside_the_calendar_are_refused(client: httpx.AsyncClient, time: str) -> None:
    experiment = {"name": "e", "examples": [{"input": 1}], "variants": [{"name": "", "steps": [{"kind": "wait"}]}]}
    made = (await client.post("/v1/experiments", json=experiment)).json()
    run = {"example_position": 0, "output": 1, "started_at": time}
    assert (await client.post(f"/v1/experiments/{made['id']}/runs", json=run)).status_code == 400
    answer = await client.get(f"/respan/api/v2/experiments/{made['id']}/logs/list/", params={"start_time": time})
    assert answer.status_code == 400
    assert "start_time" in answer.json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("datasets/health", {"embeddings": [[1.0], [0.5]], "outlierThreshold": None, "duplicateThreshold": None}),
        ("scorers/calibrate", {"scorerId": "exact-match", "scored": [{"humanPass": True, "machineScore": 1}], "currentThreshold": None}),
    ],
)
async def test_a_threshold_of_null_is_the_usual_one(client: httpx.AsyncClient, path: str, body: dict[str, object]) -> None:
    project = (await client.get("/evalguard/api/v1/project/current")).json()["projectId"]
    asked = {"projectId": project, **body}
    plain = {name: value for name, value in asked.items() if value is not None}
    answers = [(await client.post(f"/evalguard/api/v1/{path}", json=one)) for one in (asked, plain)]
    assert answers[0].status_code == answers[1].status_code == 200
