"""A vendor that answers as its references contradict each other: bare or wrapped, flat or nested, with other spellings, without ids, with errors of every form."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import WAITS, Document, Face

pytestmark = pytest.mark.anyio

PROJECT = "11111111-1111-4111-8111-111111111111"
DATASET = "7c0f2a52-3b0d-4b55-8f43-0b0a5f0f6a10"
VERSION = "7c0f2a52-3b0d-4b55-8f43-0b0a5f0f6a11"
RUN = "e7a0c1d2-1111-4222-8333-944445555666"
CASES = [
    {"id": f"0b9f6f0e-6c1c-4c55-9a53-3f6f6d6f9c1{n}", "input": text, "expected_output": None, "metadata": None}
    for n, text in enumerate("ab")
]
NO_ROUTE = JSONResponse({"error": "Not found"}, 404)
ASKS = [{"steps": [{"kind": "completion", "config": {"template": "{{input}}", "model": "m"}}]}]
TWO = [{"name": name, "steps": [{"kind": "completion", "config": {"template": f"{name} {{{{input}}}}"}}]} for name in "AB"]


def data(content: Any, status: int = 200) -> Response:
    return JSONResponse({"success": True, "data": content}, status)


@dataclass
class Stub:
    """`answers` are given in turn for each `METHOD /path`, the last one stays; `usual` is what it answers otherwise."""

    answers: dict[str, list[Response]] = field(default_factory=dict)
    seen: list[tuple[str, Document, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        key = f"{request.method} {request.url.path.removeprefix('/api/v1')}"
        body = await request.body()
        self.seen.append((key, json.loads(body) if body else {}, dict(request.headers)))
        given = self.answers.get(key) or [self.usual(key)]
        return given.pop(0) if len(given) > 1 else given[0]

    @staticmethod
    def usual(key: str) -> Response:
        row = {"id": VERSION, "version_num": 1, "content_hash": "h", "case_count": 2, "created_at": "2026-01-01T00:00:00Z"}
        known = {
            "GET /project/current": JSONResponse({"projectId": PROJECT, "orgId": PROJECT}),
            "GET /scorers": data({"scorers": [{"id": "exact-match", "name": "Exact Match", "description": ""}], "total": 1}),
            "POST /datasets": data({"id": DATASET, "name": "d"}, 201),
            f"POST /datasets/{DATASET}/versions": data({"unchanged": False, "version": row}),
            f"GET /datasets/{DATASET}/versions/{VERSION}": data({"version": {**row, "cases": CASES}}),
            "POST /evals": data({"id": RUN, "status": "running", "totalTests": 2}, 201),
        }
        return known.get(key, NO_ROUTE)

    def asked(self, key: str) -> list[tuple[Document, dict[str, str]]]:
        return [(body, headers) for name, body, headers in self.seen if name == key]


@asynccontextmanager
async def facing(serve: Serve, **answers: list[Response]) -> AsyncIterator[tuple[Face, Stub]]:
    stub = Stub({name.replace("__", " "): given for name, given in answers.items()})
    app = Starlette(routes=[Route("/{path:path}", stub.answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])
    async with serving(app) as url, serve(targets={"eg": {"adapter": "evalguard", "base_url": url, "retries": 2}}) as client:
        yield Face(client, "/v1@eg"), stub


async def defined(face: Face, status: int = 201, **more: Any) -> httpx.Response:
    dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}, {"input": "b"}]})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": ASKS, "evaluators": [{"evaluator": "exact_match"}], **more}
    return await face.ask("POST", "/experiments", status, json=body)


@pytest.mark.parametrize(
    ("answer", "status", "code", "words"),
    [
        (
            JSONResponse({"success": False, "error": {"code": "VALIDATION_ERROR", "message": "nested"}}, 400),
            400,
            "invalid_request",
            "nested",
        ),
        (JSONResponse({"success": False, "code": "FORBIDDEN", "message": "top"}, 403), 403, "forbidden", "top"),
        (JSONResponse({"success": False, "error": "a string"}, 409), 409, "conflict", "a string"),
        (
            JSONResponse({"error": {"fieldErrors": {"name": ["too short", "odd"], "cases": ["none"]}}}, 422),
            400,
            "invalid_request",
            "name: too short; odd; cases: none",
        ),
        (PlainTextResponse("raw words", 404), 404, "not_found", "raw words"),
        (HTMLResponse("<html><h1>Bad day</h1></html>", 404), 502, "upstream_invalid", "Bad day"),
        (JSONResponse({"error": {"code": "PLAN_UPGRADE_REQUIRED", "message": "pay"}}, 402), 403, "forbidden", "pay"),
        (
            JSONResponse({"success": False, "error": {"code": "VALIDATION_ERROR", "message": "in a 200"}}),
            400,
            "invalid_request",
            "in a 200",
        ),
        (JSONResponse({"success": False, "error": {"message": "odd"}}), 502, "upstream_invalid", "odd"),
        (JSONResponse({"success": True}), 502, "upstream_invalid", "no data"),
        (Response(b"", 200), 502, "upstream_invalid", "not JSON"),
        (JSONResponse({"success": True, "data": "text"}), 502, "upstream_invalid", "list"),
        (NO_ROUTE, 501, "unsupported", "list datasets"),
    ],
)
async def test_every_form_of_error_is_read(serve: Serve, answer: Response, status: int, code: str, words: str) -> None:
    async with facing(serve, **{"GET__/datasets": [answer]}) as (face, _):
        problem = (await face.ask("GET", "/datasets", status)).json()
        assert (problem["code"], problem["vendor"]) == (code, "evalguard")
        assert words in problem["detail"]


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_route_the_vendor_lacks_is_made_up_for(serve: Serve, wrapped: bool) -> None:
    rows = [{"id": DATASET, "name": "found", "itemCount": 2, "createdAt": "2026-01-01T00:00:00Z"}]
    listed = data({"datasets": rows, "total": 1}) if wrapped else JSONResponse(rows)
    async with facing(serve, **{"GET__/datasets": [listed]}) as (face, _):
        (dataset,) = (await face.get("/datasets"))["items"]
        alone = await face.get(f"/datasets/{dataset['id']}")
        assert (alone["name"], alone["example_count"]) == ("found", 2)


async def test_writes_say_what_the_vendor_wants_and_are_made_once(serve: Serve) -> None:
    moved = Response(status_code=308, headers={"location": "/api/v1/evals"})
    async with facing(serve, **{"POST__/evals": [moved, JSONResponse({"error": "slow"}, 429), Stub.usual("POST /evals")]}) as (face, stub):
        await defined(face)
        asked = stub.asked("POST /evals")
        assert len(asked) == 3
        assert len({headers["idempotency-key"] for _, headers in asked}) == 1
        assert all(headers["x-requested-with"] for _, headers in asked)
        body = asked[-1][0]
        assert (body["projectId"], body["scorers"], body["cases"]) == (PROJECT, ["exact-match"], [{"input": "a"}, {"input": "b"}])
        assert "idempotency-key" not in stub.asked("POST /datasets")[0][1]
        assert len(stub.asked("GET /project/current")) == 1


async def test_old_and_odd_results_are_read(serve: Serve) -> None:
    odd = {
        "run": {
            "id": RUN,
            "name": "old",
            "model": "m",
            "status": "in_progress",
            "config": '{"prompt": "{{input}}", "scorers": ["s"]}',
            "max_score": 10,
        },
        "status": "queued",
        "score": 8,
        "results": [
            {
                "input": "a",
                "expectedOutput": "x",
                "actualOutput": "y",
                "latency": 12,
                "tokenUsage": {"prompt": 3},
                "scorerResults": {"s": {"score": 9}},
            },
            {"testCaseIndex": 1, "input": "b", "output": "z", "scores": '{"s": {"score": 1, "passed": true}}'},
        ],
    }
    async with facing(serve, **{f"GET__/evals/{RUN}": [data(odd)]}) as (face, _):
        made = (await defined(face)).json()
        found = await face.get(f"/experiments/{made['id']}")
        assert (found["status"], found["native_status"], found["reported"]["score"]) == ("running", "in_progress", 0.8)
        runs = (await face.get(f"/experiments/{made['id']}/runs", sort="example_position"))["items"]
        assert [(run["output"], run["reference"], run["prompt_tokens"]) for run in runs] == [("y", "x", 3), ("z", None, None)]
        assert [(run["scores"][0]["value"], (run["scores"][0]["scale"] or {}).get("maximum")) for run in runs] == [(9, 10.0), (1, None)]


async def test_a_creation_that_already_has_its_results(serve: Serve) -> None:
    done = {
        "id": RUN,
        "name": "e",
        "status": "passed",
        "score": 1,
        "results": [{"input": "a", "actualOutput": "A", "score": 1, "passed": True}],
    }
    async with facing(serve, **{"POST__/evals": [data(done, 201)]}) as (face, _):
        made = (await defined(face)).json()
        assert (made["status"], made["verdict"], made["counts"]["succeeded"]) == ("completed", "passed", 1)


@pytest.mark.parametrize("answer", [JSONResponse({"success": True}), data({"message": "started"})])
async def test_an_experiment_nobody_can_name_is_not_started_again(serve: Serve, answer: Response) -> None:
    async with facing(serve, **{"POST__/prompts/experiments": [answer], "GET__/prompts/experiments": [data([])]}) as (face, stub):
        problem = (await defined(face, 504, variants=TWO)).json()
        assert problem["code"] == "outcome_unknown"
        assert "started" in problem["detail"]
        assert len(stub.asked("POST /prompts/experiments")) == 1


@pytest.mark.parametrize(
    "place", [{"id": RUN}, {"experiment": {"id": RUN}}, {"experimentId": RUN}, {"experiment_id": RUN}, {"job_id": RUN}]
)
async def test_the_id_is_found_wherever_it_stands(serve: Serve, place: Document) -> None:
    group = {"id": RUN, "status": "processing", "variants": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    answers = {
        "POST__/prompts/experiments": [data(place)],
        f"GET__/prompts/experiments/{RUN}": [NO_ROUTE],
        "GET__/prompts/experiments": [data(group)],
    }
    async with facing(serve, **answers) as (face, _):
        made = (await defined(face, variants=TWO)).json()
        found = await face.get(f"/experiments/{made['id']}")
        assert (found["id"], found["status"], [variant["name"] for variant in found["variants"]]) == (made["id"], "running", ["A", "B"])


async def test_the_other_spelling_is_tried_once(serve: Serve) -> None:
    wrong = JSONResponse({"success": False, "error": {"code": "VALIDATION_ERROR", "message": "datasetId: Required"}}, 400)
    async with facing(serve, **{"POST__/prompts/experiments": [wrong, data({"id": RUN})]}) as (face, stub):
        await defined(face, variants=TWO)
        first, second = (body for body, _ in stub.asked("POST /prompts/experiments"))
        assert (set(first), set(second)) == (
            {"dataset_id", "variants", "scorers"},
            {"datasetId", "name", "projectId", "variants", "scorers"},
        )


async def test_a_final_status_is_no_failure_of_the_next_result(serve: Serve) -> None:
    row = {"test_case_index": 0, "input": "a", "output": "A", "scores": {"s": {"score": 1, "passed": True}}, "passed": True}
    rows = {"id": RUN, "status": "running", "config": {"external": True}, "results": [row, {**row, "test_case_index": 1, "input": "b"}]}
    over = JSONResponse({"success": False, "error": {"code": "RUN_TERMINAL", "message": "over"}}, 409)
    answers = {f"GET__/evals/{RUN}": [data(rows)], f"POST__/evals/{RUN}/results": [data([{"id": "1"}])], f"PATCH__/evals/{RUN}": [over]}
    async with facing(serve, **answers) as (face, stub):
        made = (await defined(face, variants=WAITS, evaluators=[])).json()
        run = {"example_position": 0, "output": "again"}
        await face.ask("POST", f"/experiments/{made['id']}/runs", 201, params={"replace": True}, json=run)
        assert len(stub.asked(f"PATCH /evals/{RUN}")) == 1
        assert stub.asked(f"POST /evals/{RUN}/results")[0][0]["results"][0]["test_case_index"] == 0
