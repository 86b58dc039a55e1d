"""How each dialect makes an experiment with runs and scores, and how it reads one that may have been made elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.visibility.records import Account, Caller, Result, ordered, unwrapped

NOW = {"start_time": "2026-01-02T03:04:05.678901+00:00", "end_time": "2026-01-02T03:04:06.178901+00:00"}


@dataclass(frozen=True)
class Dialect:
    """`make` creates the experiment under a name and gives what it holds; `read` finds it by that name; `plain` is how the reader's values show another's.

    Both take a client, the name, and the target as a path names it (`@NAME`).
    """

    make: Callable[..., Awaitable[list[Result]]]
    read: Callable[..., Awaitable[Account]]
    strings: bool = False


# --- canonical ---------------------------------------------------------------------------------------------------------------------------------


async def make_canonical(client: httpx.AsyncClient, name: str, at: str = "") -> list[Result]:
    call = Caller(client, f"/v1{at}")
    results = [
        Result("2+2?", "4", "4", scores={"closeness": 0.75, "exact": True, "tone": "dry"}),
        Result(
            {"question": "capital of Peru", "n": [1, None]}, {"answer": "Lima"}, {"answer": "Lima", "sure": 0.5}, scores={"closeness": 1.0}
        ),
        Result("what fails?", "nothing", None, failed=True),
    ]
    examples = [{"input": r.input, "reference": r.reference} for r in results]
    experiment = await call(
        "POST", "/experiments", {"name": name, "examples": examples, "variants": [{"name": "", "steps": [{"kind": "wait"}]}]}
    )
    types = {float: "number", bool: "boolean", str: "label"}
    for position, result in enumerate(results):
        run: dict[str, Any] = {
            "example_position": position,
            "output": result.output,
            "started_at": NOW["start_time"],
            "ended_at": NOW["end_time"],
        }
        if result.failed:
            run["error"] = "it broke"
        made = await call("POST", f"/experiments/{experiment['id']}/runs", run)
        for evaluator, value in result.scores.items():
            score = {
                "evaluator": evaluator,
                "value": value,
                "value_type": types[type(value)],
                "label": value if isinstance(value, str) else None,
            }
            await call("POST", f"/experiments/{experiment['id']}/runs/{made['id']}/scores", score)
    return results


async def read_canonical(client: httpx.AsyncClient, name: str, at: str = "") -> Account:
    call = Caller(client, f"/v1{at}")
    listed = await call("GET", "/experiments?flat=true&where=" + quote(f'{{"field":"name","operator":"","value":{_quoted(name)}}}'))
    (experiment,) = listed["items"]
    runs = await call("GET", f"/experiments/{experiment['id']}/runs?limit=1000")
    results = [
        Result(
            run["input"],
            run["reference"],
            run["output"],
            run["status"] == "failed",
            run["repetition"],
            {score["evaluator"]: score["value"] for score in run["scores"]},
        )
        for run in runs["items"]
    ]
    return Account(ordered(results), call.excused)


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '\\"') + '"'


# --- Phoenix -----------------------------------------------------------------------------------------------------------------------------------


async def make_phoenix(client: httpx.AsyncClient, name: str, at: str = "") -> list[Result]:
    call = Caller(client, f"/phoenix{at}")
    results = [
        Result({"question": "capital of France"}, {"answer": "Paris"}, "Paris", scores={"exact": 1.0, "tone": "dry"}),
        Result({"question": "capital of Japan"}, {"answer": "Tokyo"}, {"answer": ["Tokyo", None]}, repetition=2, scores={"exact": 0.5}),
        Result({"question": "capital of Chad"}, {"answer": "N'Djamena"}, None, failed=True),
    ]
    upload = {
        "name": f"data of {name}",
        "inputs": [r.input for r in results],
        "outputs": [r.reference for r in results],
        "action": "create",
    }
    dataset = (await call("POST", "/v1/datasets/upload?sync=true", upload))["data"]
    examples = (await call("GET", f"/v1/datasets/{dataset['dataset_id']}/examples"))["data"]["examples"]
    body = {"name": name, "repetitions": 2}
    experiment = (await call("POST", f"/v1/datasets/{dataset['dataset_id']}/experiments", body))["data"]
    for example, result in zip(examples, results, strict=True):
        run = {"dataset_example_id": example["id"], "output": result.output, "repetition_number": result.repetition, **NOW}
        if result.failed:
            run["error"] = "it broke"
        made = (await call("POST", f"/v1/experiments/{experiment['id']}/runs", run))["data"]
        for evaluator, value in result.scores.items():
            found = {"label": value} if isinstance(value, str) else {"score": value}
            evaluation = {"experiment_run_id": made["id"], "name": evaluator, "annotator_kind": "CODE", "result": found, **NOW}
            await call("POST", "/v1/experiment_evaluations", evaluation)
    return results


async def read_phoenix(client: httpx.AsyncClient, name: str, at: str = "") -> Account:
    call = Caller(client, f"/phoenix{at}")
    found = []
    for dataset in (await call("GET", "/v1/datasets?limit=1000"))["data"]:
        listed = await call("GET", f"/v1/datasets/{quote(dataset['id'])}/experiments?limit=1000")
        found += [experiment for experiment in listed["data"] if experiment["name"] == name]
    (experiment,) = found
    exported = await call("GET", f"/v1/experiments/{quote(experiment['id'])}/json")
    results = [
        Result(
            unwrapped(row["input"], "input"),
            unwrapped(row["reference_output"], "output"),
            row["output"],
            row["error"] is not None,
            row["repetition_number"],
            {a["name"]: a["label"] if a["score"] is None else a["score"] for a in row["annotations"]},
        )
        for row in exported
    ]
    runs = await call("GET", f"/v1/experiments/{quote(experiment['id'])}/runs")
    assert len(runs["data"]) == len(results)
    return Account(ordered(results), call.excused)


# --- Respan ------------------------------------------------------------------------------------------------------------------------------------


async def make_respan(client: httpx.AsyncClient, name: str, at: str = "") -> list[Result]:
    """Waiting rows completed by the caller, scored by the server's own exact match and by hand."""
    call = Caller(client, f"/respan{at}")
    dataset = await call("POST", "/api/datasets/", {"name": f"data of {name}", "is_empty": True})
    rows = [
        {"input": "2+2?", "expected_output": "4"},
        {"input": {"question": "capital of Peru", "n": [1, None]}, "expected_output": {"answer": "Lima"}},
    ]
    await call("POST", f"/api/datasets/{dataset['id']}/logs/bulk/", {"logs": rows})
    body = {"name": name, "dataset_id": dataset["id"], "workflow": [{"type": "wait", "config": {}}], "evaluator_slugs": ["exact-match"]}
    experiment = await call("POST", "/api/v2/experiments/", body)
    path = f"/api/v2/experiments/{experiment['id']}"
    outputs = {"2+2?": "4", "capital of Peru": {"answer": "Cusco"}}
    for trace in (await _until(call, f"{path}/logs/list/", lambda page: page["count"] == 2))["results"]:
        key = trace["input"] if isinstance(trace["input"], str) else trace["input"]["question"]
        await call("PATCH", f"{path}/logs/{trace['id']}/", {"input": trace["input"], "output": outputs[key]})
        await call("POST", f"/api/logs/{trace['id']}/scores/", {"evaluator_slug": "closeness", "numerical_value": 0.25})
    await _until(call, f"{path}/logs/list/", lambda page: all("exact-match" in trace["scores"] for trace in page["results"]))
    return [
        Result(rows[0]["input"], rows[0]["expected_output"], "4", scores={"exact-match": True, "closeness": 0.25}),
        Result(rows[1]["input"], rows[1]["expected_output"], {"answer": "Cusco"}, scores={"exact-match": False, "closeness": 0.25}),
    ]


async def read_respan(client: httpx.AsyncClient, name: str, at: str = "") -> Account:
    call = Caller(client, f"/respan{at}")
    listed = await call("POST", "/api/v2/experiments/list/?page_size=100", {"filters": {"name": {"operator": "", "value": [name]}}})
    (experiment,) = listed["results"]
    page = await call("POST", f"/api/v2/experiments/{experiment['id']}/logs/list/?page_size=100", {})
    assert page["count"] == len(page["results"])
    results = [
        Result(trace["input"], trace["expected_output"], trace["output"], trace["status"] == "failed", 1, _respan_scores(trace["scores"]))
        for trace in page["results"]
    ]
    return Account(ordered(results), call.excused)


def _respan_scores(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    fields = ("numerical_value", "boolean_value", "string_value", "json_value")
    return {key: next((entry[f] for f in fields if entry[f] is not None), entry["categorical_value"]) for key, entry in scores.items()}


async def _until(call: Caller, path: str, done: Callable[[Any], bool]) -> Any:
    for _ in range(200):
        page = await call("POST", path, {})
        if done(page):
            return page
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} never came to hold what was waited for: {page}")


# --- EvalGuard ---------------------------------------------------------------------------------------------------------------------------------


async def make_evalguard(client: httpx.AsyncClient, name: str, at: str = "") -> list[Result]:
    """An external run with uploaded rows."""
    call = Caller(client, f"/evalguard{at}/api/v1")
    project = await call("GET", "/project/current")
    body = {"projectId": project["projectId"], "name": name, "model": "mine", "prompt": "", "cases": [], "scorers": [], "external": True}
    run = (await call("POST", "/evals", body))["data"]
    results = [
        Result("2+2?", "4", "4", scores={"exact-match": 1.0, "closeness": 0.5}),
        Result("capital of Peru?", "Lima", "Cusco", scores={"exact-match": 0.0, "closeness": 0.25}),
    ]
    rows = [
        {
            "test_case_index": index,
            "input": result.input,
            "expected": result.reference,
            "output": result.output,
            "scores": {key: {"score": value, "passed": value > 0.8, "reason": "so"} for key, value in result.scores.items()},
            "latency_ms": 12.5,
            "passed": index == 0,
        }
        for index, result in enumerate(results)
    ]
    await call("POST", f"/evals/{run['id']}/results", {"results": rows})
    await call("PATCH", f"/evals/{run['id']}", {"status": "failed", "summary": {"score": 0.4}})
    return results


async def read_evalguard(client: httpx.AsyncClient, name: str, at: str = "") -> Account:
    call = Caller(client, f"/evalguard{at}/api/v1")
    project = await call("GET", "/project/current")
    listed = (await call("GET", f"/evals?projectId={project['projectId']}"))["data"]
    (found,) = [run for run in listed if run["name"] == name]
    run = (await call("GET", f"/evals/{found['id']}"))["data"]
    results = [
        Result(
            row["input"],
            row["expected"],
            row["output"],
            not row["passed"] and not row["scores"],
            1,
            {key: entry["score"] for key, entry in row["scores"].items() if key != "_metadata"},
        )
        for row in run["results"]
    ]
    return Account(ordered(results), call.excused)


DIALECTS: Mapping[str, Dialect] = {
    "canonical": Dialect(make_canonical, read_canonical),
    "phoenix": Dialect(make_phoenix, read_phoenix),
    "respan": Dialect(make_respan, read_respan),
    "evalguard": Dialect(make_evalguard, read_evalguard, strings=True),
}
