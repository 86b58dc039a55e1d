"""Eval runs of the EvalGuard surface: what its clients read, and what they must not meet."""

import asyncio
import re
import uuid
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.surfaces.evalguard import CASES, MAX, NIL, NOWHERE, EvalGuard, connected

pytestmark = pytest.mark.anyio


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


async def test_both_mounts_serve_the_same(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    other = await connected(client, "/evalguard/v1")
    run = await evalguard.ran()
    assert other.project == evalguard.project
    assert await other.data("GET", f"/evals/{run['id']}") == run


async def test_a_created_run_is_running_and_counts_its_cases(evalguard: EvalGuard) -> None:
    created = await evalguard.data("POST", "/evals", evalguard.definition(), status=201)
    assert str(uuid.UUID(created["id"])) == created["id"]
    assert created["status"] in ("pending", "running")
    assert (created["totalTests"], created["message"]) == (2, "Evaluation started with 2 test cases.")
    assert "external" not in created


async def test_the_verdict_is_the_status(evalguard: EvalGuard) -> None:
    half, whole = await evalguard.ran(), await evalguard.ran(scorers=["not-empty"])
    assert (half["status"], half["score"], half["passRate"]) == ("failed", 0.5, 0.5)
    assert (whole["status"], whole["score"], whole["passRate"]) == ("passed", 1, 1)
    assert [half["run"][name] for name in ("id", "name", "model", "status", "score")] == [
        half[name] for name in ("id", "name", "model", "status", "score")
    ]
    assert type(half["run"]["duration"]) is int


async def test_a_list_row_says_what_reading_says(evalguard: EvalGuard) -> None:
    run = await evalguard.ran()
    for path in ("/evals", "/evals/runs"):
        (row,) = await evalguard.data("GET", path, projectId=evalguard.project)
        assert row == run["run"]
    assert await evalguard.data("GET", "/evals", projectId=NOWHERE) == []
    assert await evalguard.data("GET", f"/evals/{run['id']}/results") == run["results"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"projectId": None}, "projectId"),
        ({"projectId": "proj_abc123"}, "projectId"),
        ({"name": ""}, "name"),
        ({"model": None}, "model"),
        ({"prompt": 1}, "prompt"),
        ({"cases": []}, "cases"),
        ({"cases": [{"input": 1}]}, "input"),
        ({"scorers": []}, "scorers"),
        ({"scorers": ["no-such-scorer"]}, "no-such-scorer"),
    ],
)
async def test_wrong_definitions_are_refused_by_field(evalguard: EvalGuard, changes: dict[str, Any], named: str) -> None:
    reply = await evalguard.send("POST", "/evals", {k: v for k, v in (evalguard.definition() | changes).items() if v is not None})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert named in reply.json()["error"]["message"]
    assert await evalguard.data("GET", "/evals", projectId=evalguard.project) == []


async def test_ids_are_uuids_and_nothing_else(evalguard: EvalGuard) -> None:
    for wrong in ("run-1", "0" * 32, "12345678-1234-0234-8234-123456789012", "RXhwZXJpbWVudDox"):
        assert await evalguard.refusal("GET", f"/evals/{wrong}") == (400, "INVALID_ID")
    for unknown in (NIL, MAX, NOWHERE):
        assert await evalguard.refusal("GET", f"/evals/{unknown}") == (404, "NOT_FOUND")
    dataset = await evalguard.data("POST", "/datasets", {"projectId": evalguard.project, "name": "d"}, status=201)
    assert await evalguard.refusal("GET", f"/evals/{dataset['id']}") == (404, "NOT_FOUND")
    assert await evalguard.refusal("GET", "/evals") == (400, "MISSING_PROJECT_ID")


async def test_what_is_not_emulated_says_so_by_name(evalguard: EvalGuard) -> None:
    assert await evalguard.refusal("POST", "/evals/safe-regenerate", {}) == (400, "UNSUPPORTED")
    for method, path in (("GET", "/no/such/route"), ("POST", "/"), ("GET", "/evals/compare/runs")):
        reply = await evalguard.send(method, path)
        assert (reply.status_code, reply.json()) == (404, {"error": "Not found"})
        assert reply.headers["x-request-id"]
    assert (await evalguard.send("PUT", "/evals")).status_code == 405


async def test_the_lenient_surface_fails_an_unknown_scorer_with_a_reason(serve: Serve) -> None:
    async with serve(surfaces={"evalguard": {"strict_scorers": False}}) as client:
        run = await (await connected(client)).ran(scorers=["no-such-scorer"])
    entry = run["results"][0]["scores"]["no-such-scorer"]
    assert (entry["score"], entry["passed"]) == (0, False)
    assert "no-such-scorer" in entry["reason"]
    assert run["status"] == "failed"


def row(index: int, score: float, **more: Any) -> dict[str, Any]:
    entry = {"score": score, "passed": score >= 0.5, "reason": "said so"}
    return {
        "test_case_index": index,
        "input": f"q{index}",
        "output": "a",
        "scores": {"judge": entry},
        "latency_ms": 10,
        "passed": score >= 0.5,
        **more,
    }


async def test_an_external_run_ends_when_its_caller_says_so(evalguard: EvalGuard) -> None:
    run_id = await evalguard.external(scorers=["judge"])
    path = f"/evals/{run_id}"
    first = await evalguard.data("POST", f"{path}/results", {"results": [row(0, 1.0), row(1, 0.25)]})
    await asyncio.sleep(0.2)
    read = await evalguard.data("GET", path)
    assert (read["status"], read["score"], read["run"]["completed_at"]) == ("running", None, None)
    assert (read["summary"]["totalCases"], read["summary"]["passedCases"], read["summary"]["avgScore"]) == (2, 1, 0.625)
    assert read["run"]["config"]["scorers"] == ["judge"]
    patched = await evalguard.data("PATCH", path, {"status": "passed", "summary": {"score": 1.7, "passRate": 0.9}})
    assert (patched["status"], patched["score"]) == ("passed", 1)
    more = await evalguard.data("POST", f"{path}/results", {"results": [row(1, 0.0, output="b")]})
    assert more == first[1:]
    await asyncio.sleep(0.2)
    read = await evalguard.data("GET", path)
    assert (read["status"], read["score"], read["passRate"]) == ("passed", 1, 0.9)
    assert [(one["output"], set(one["scores"])) for one in read["results"]] == [("a", {"judge"}), ("b", {"judge"})]
    assert (await evalguard.refusal("PATCH", path, {"status": "running"}))[0] == 409


async def test_documented_rows_find_their_cases_by_input(evalguard: EvalGuard) -> None:
    run_id = await evalguard.external(cases=CASES)
    rows = [
        {
            "input": "blue",
            "actualOutput": "b",
            "expectedOutput": "green",
            "score": 0.0,
            "passed": False,
            "latency": 3,
            "scorerResults": {"s": 0.0},
        },
        {"input": "new", "actualOutput": "n", "passed": True},
        {"input": "new", "actualOutput": "m", "passed": True},
    ]
    once = await evalguard.data("POST", f"/evals/{run_id}/results", {"results": rows})
    again = await evalguard.data("POST", f"/evals/{run_id}/results", {"results": rows})
    assert again == once
    results = await evalguard.data("GET", f"/evals/{run_id}/results")
    assert [(one["test_case_index"], one["input"], one["output"]) for one in results] == [
        (1, "blue", "b"),
        (2, "new", "n"),
        (3, "new", "m"),
    ]
    assert (results[0]["expected"], results[0]["latency_ms"], results[0]["scores"]["s"]["score"]) == ("green", 3, 0)
    assert (results[1]["score"], results[1]["passed"]) == (1, True)


async def test_uploads_are_bounded_and_whole_or_not_at_all(evalguard: EvalGuard) -> None:
    path = f"/evals/{await evalguard.external()}/results"
    assert await evalguard.refusal("POST", path, {"results": [row(n, 1.0) for n in range(1001)]}) == (400, "VALIDATION_ERROR")
    assert await evalguard.refusal("POST", path, {"results": [row(0, 1.0), {**row(1, 1.0), "latency_ms": "fast"}]}) == (
        400,
        "VALIDATION_ERROR",
    )
    assert await evalguard.data("GET", path) == []
    assert len(await evalguard.data("POST", path, {"results": [row(n, 1.0) for n in range(1000)]})) == 1000
    assert await evalguard.refusal("POST", path, {"results": []}) == (400, "VALIDATION_ERROR")


async def test_a_retry_takes_what_it_leaves_out_from_the_earlier_run(evalguard: EvalGuard) -> None:
    earlier = await evalguard.ran()
    created = await evalguard.data("POST", "/evals", {"name": "again", "model": "echo", "retryOf": earlier["id"]}, status=201)
    again = await evalguard.finished(f"/evals/{created['id']}")
    assert (again["name"], again["status"], again["run"]["config"]) == ("again", earlier["status"], earlier["run"]["config"])
    assert [one["input"] for one in again["results"]] == ["red", "blue"]
    assert await evalguard.refusal("POST", "/evals", {"retryOf": NOWHERE}) == (404, "NOT_FOUND")


async def test_compare_is_mandatory_about_its_project(evalguard: EvalGuard) -> None:
    one, other = await evalguard.ran(), await evalguard.ran(prompt="green")
    asked = {"runA": one["id"], "runB": other["id"], "projectId": evalguard.project}
    compared = await evalguard.data("GET", "/evals/compare", **asked)
    assert (compared["run_a"]["score"], compared["run_b"]["score"], compared["score_diff"]) == (50, 50, 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", compared["run_a"]["created_at"]), "as everywhere in this dialect"
    assert (compared["improvements"], compared["regressions"], compared["unchanged"]) == (1, 1, 0)
    assert [case["regression"] for case in compared["cases"]] == [True, False]
    assert await evalguard.refusal("GET", "/evals/compare", runA=one["id"], runB=other["id"]) == (400, "MISSING_PROJECT_ID")
    assert await evalguard.refusal("GET", "/evals/compare", **{**asked, "runB": NOWHERE}) == (404, "NOT_FOUND")


async def test_deletion_answers_json(evalguard: EvalGuard) -> None:
    run = await evalguard.ran()
    assert await evalguard.data("DELETE", f"/evals/{run['id']}") == {"id": run["id"], "deleted": True}
    assert await evalguard.refusal("DELETE", f"/evals/{run['id']}") == (404, "NOT_FOUND")


async def test_keys_are_refused_in_the_vendors_words(serve: Serve) -> None:
    digest = "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92"
    async with serve(auth={"mode": "keys", "keys": [{"name": "k", "sha256": digest, "role": "viewer"}]}) as client:
        refused = await client.get("/evalguard/api/v1/project/current", headers={"Authorization": "Bearer eg_wrong"})
        written = await client.post("/evalguard/api/v1/evals", json={}, headers={"Authorization": "Bearer 123456"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "INVALID_API_KEY")
    assert refused.json()["error"]["requestId"] == refused.headers["x-request-id"]
    assert (written.status_code, written.json()["error"]["code"]) == (403, "FORBIDDEN")
