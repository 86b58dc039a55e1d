"""What other dialects wrote, read as Respan shows it; and what Respan's clients wrote, read elsewhere."""

import json
from typing import Any

import httpx
import pytest

from tests.surfaces.respan import DATASETS, EVALUATORS, EXPERIMENTS, ask, dataset, experiment, traces

pytestmark = pytest.mark.anyio

_WAIT = [{"name": "", "steps": [{"kind": "wait", "config": {}}]}]


async def _elsewhere(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """An experiment made in the canonical API."""
    content = {"name": "elsewhere", "dataset_id": await dataset(client), "variants": _WAIT, **body}
    made: dict[str, Any] = await ask(client, "POST", "/v1/experiments", content, 201)
    return made


async def _recorded(client: httpx.AsyncClient, run: dict[str, Any], **body: Any) -> tuple[str, dict[str, Any]]:
    """A run recorded in the canonical API, and its trace's detail."""
    made = await _elsewhere(client, **body)
    example = (await ask(client, "GET", f"/v1/datasets/{made['dataset_id']}/examples"))["items"][0]
    await ask(client, "POST", f"/v1/experiments/{made['id']}/runs", {"example_id": example["id"], **run}, 201)
    (trace,) = await traces(client, made["id"])
    return made["id"], await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/{trace['id']}/")


async def test_a_callers_experiment_is_one_wait_step(client: httpx.AsyncClient) -> None:
    made = await _elsewhere(client, tags=["nightly", {"id": "7", "name": "red"}], metadata={"a": 1})
    shown = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/")
    assert shown["workflow"] == [{"type": "wait", "config": {}}]
    assert shown["tags"] == [{"name": "nightly"}, {"id": "7", "name": "red"}]
    assert shown["metadata"] == {"a": 1}
    assert await traces(client, made["id"]) == []


async def test_variants_are_experiments_of_their_own(client: httpx.AsyncClient) -> None:
    variants = [{"name": name, "steps": [{"kind": "completion", "config": {"template": name}}]} for name in ("one", "two")]
    made = await _elsewhere(client, name="ab", variants=variants)
    listed = await ask(client, "GET", f"{EXPERIMENTS}?sort_by=name")
    assert [item["name"] for item in listed] == ["ab · one", "ab · two"]
    one = await ask(client, "GET", f"{EXPERIMENTS}{listed[0]['id']}/")
    assert one["workflow"] == [{"type": "completion", "config": {"template": "one"}}]
    assert one["metadata"] == {"group_id": made["id"]}
    await ask(client, "PATCH", f"{EXPERIMENTS}{one['id']}/", {"description": "only this one"})
    assert (await ask(client, "GET", f"{EXPERIMENTS}{listed[1]['id']}/"))["description"] is None


async def test_parameters_of_evaluators_are_reported(client: httpx.AsyncClient) -> None:
    uses = [{"evaluator": "contains", "parameters": {"value": "x"}}]
    made = await _elsewhere(client, evaluators=uses)
    answer = await client.get(f"{EXPERIMENTS}{made['id']}/")
    assert answer.json()["evaluator_ids"] == ["contains"]


async def test_a_run_without_times_or_figures_shows_zeros_and_nulls(client: httpx.AsyncClient) -> None:
    identifier, trace = await _recorded(client, {"output": {"a": 1}})
    assert (trace["status"], trace["output"], trace["expected_output"]) == ("success", {"a": 1}, "PARIS")
    assert (trace["total_cost"], trace["total_tokens"], trace["error_count"], trace["scores"]) == (0, 0, 0, {})
    summary = await ask(client, "GET", f"{EXPERIMENTS}{identifier}/logs/summary/")
    assert (summary["number_of_requests"], summary["avg_latency"]) == (1, 0)


async def test_a_failed_run_says_why(client: httpx.AsyncClient) -> None:
    identifier, trace = await _recorded(client, {"status": "failed", "error": "boom"})
    assert (trace["status"], trace["error_count"], trace["error_message"], trace["output"]) == ("failed", 1, "boom", None)
    assert trace["span_tree"][0]["status"] == "failed"
    path = f"{EXPERIMENTS}{identifier}/logs/{trace['id']}/"
    await ask(client, "PATCH", path, {"output": "late"}, 400)


async def test_an_experiment_that_ended_with_failures_is_completed_and_says_how_many(client: httpx.AsyncClient) -> None:
    made = await _elsewhere(client)
    examples = (await ask(client, "GET", f"/v1/datasets/{made['dataset_id']}/examples"))["items"]
    for place, example in enumerate(examples):
        run = {"example_id": example["id"], **({"output": 1} if place else {"status": "failed", "error": "boom"})}
        await ask(client, "POST", f"/v1/experiments/{made['id']}/runs", run, 201)
    shown = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/")
    assert (shown["status"], shown["error_message"], shown["progress"]) == ("completed", "1 of 3 traces failed.", 100)
    found = await ask(client, "POST", f"{EXPERIMENTS}list/", {"filters": {"status": {"operator": "", "value": ["completed"]}}})
    assert found["count"] == 1


@pytest.mark.parametrize(
    ("score", "kind", "field", "value"),
    [
        ({"value": 0.5, "value_type": "number"}, "numerical", "numerical_value", 0.5),
        ({"value": True, "value_type": "boolean"}, "boolean", "boolean_value", True),
        ({"value": "good", "value_type": "label"}, "single_select", "string_value", "good"),
        ({"value": ["a", "b"], "value_type": "labels"}, "multi_select", "categorical_value", ["a", "b"]),
        ({"value": "a longer text", "value_type": "text"}, "text", "string_value", "a longer text"),
        ({"value": {"a": [1]}, "value_type": "json"}, "json", "json_value", '{"a":[1]}'),
        ({"value": 0.25}, "numerical", "numerical_value", 0.25),
    ],
)
async def test_every_kind_of_score_stands_in_its_field(
    client: httpx.AsyncClient, score: dict[str, Any], kind: str, field: str, value: Any
) -> None:
    _, trace = await _recorded(client, {"output": 1, "scores": [{"evaluator": "mine", "explanation": "so", **score}]})
    (entry,) = trace["scores"].values()
    assert (entry["evaluator_slug"], entry["score_value_type"], entry["explanation"]) == ("mine", kind, "so")
    filled = {name: entry[name] for name in entry if name.endswith("_value") and entry[name] not in (None, [])}
    assert filled == {field: value}


async def test_a_number_with_a_label_shows_both(client: httpx.AsyncClient) -> None:
    _, trace = await _recorded(
        client, {"output": 1, "scores": [{"evaluator": "q", "value": 1, "value_type": "number", "label": "correct"}]}
    )
    assert (trace["scores"]["q"]["numerical_value"], trace["scores"]["q"]["string_value"]) == (1, "correct")


async def test_a_score_that_is_an_error_has_no_value(client: httpx.AsyncClient) -> None:
    _, trace = await _recorded(client, {"output": 1, "scores": [{"evaluator": "judge", "error": "no model"}]})
    entry = trace["scores"]["judge"]
    assert (entry["numerical_value"], entry["string_value"], entry["explanation"]) == (None, None, "no model")
    span = trace["span_tree"][0]["children"][-1]
    assert (span["span_name"], span["status"], span["error_message"]) == ("evaluator.judge", "failed", "no model")


async def test_the_tree_of_a_run_with_steps(client: httpx.AsyncClient) -> None:
    steps = [
        {"kind": "prompt", "name": "prompt", "input": {"q": 1}, "output": [{"role": "user", "content": "1?"}]},
        {"kind": "completion", "name": "completion", "model": "m", "prompt_tokens": 3, "completion_tokens": 4, "cost": 0.5},
    ]
    scores = [{"evaluator": "exact-match", "value": True, "value_type": "boolean"}]
    identifier, trace = await _recorded(client, {"output": "a", "model": "m", "steps": steps, "scores": scores}, workflow_name="My chain")
    (root,) = trace["span_tree"]
    assert (root["span_name"], root["log_type"], root["status"], root["output"]) == ("experiment_trace", "workflow", "success", "a")
    assert root["id"] == trace["root_span_unique_id"] != trace["id"]
    execution, evaluator = root["children"]
    assert (execution["span_name"], execution["log_type"], execution["model"]) == ("workflow_execution", "chat", "m")
    assert [child["span_name"] for child in execution["children"]] == ["My chain.prompt", "My chain.completion"]
    assert execution["children"][1]["total_tokens"] == 7
    assert (trace["span_count"], trace["llm_call_count"]) == (5, 1)
    (listed,) = await traces(client, identifier)
    assert (listed["span_count"], listed["llm_call_count"]) == (5, 1)
    assert (evaluator["span_name"], evaluator["log_type"], evaluator["status"]) == ("evaluator.exact-match", "score", "completed")
    assert json.loads(evaluator["output"])["exact-match"]["primary_score"] is True


async def test_scores_are_keyed_as_the_experiment_names_the_evaluator(client: httpx.AsyncClient) -> None:
    body = {"name": "Quality", "evaluator_slug": "quality", "type": "human", "score_value_type": "percentage"}
    kept = await ask(client, "POST", EVALUATORS, body, 201)
    made = await experiment(client, evaluator_ids=[kept["id"]])
    trace = (await traces(client, made["id"]))[0]
    await ask(client, "POST", f"/respan/api/logs/{trace['id']}/scores/", {"evaluator_slug": "quality", "numerical_value": 0.5}, 201)
    entry = (await traces(client, made["id"]))[0]["scores"][kept["id"]]
    assert (entry["evaluator_id"], entry["evaluator_slug"], entry["evaluator_name"]) == (kept["id"], "quality", "Quality")
    assert (entry["score_value_type"], entry["numerical_value"]) == ("percentage", 0.5)
    summary = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/summary/")
    assert summary["scores"][kept["id"]]["avg_score"] == 0.5
    histogram = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/histogram/?evaluator_id={kept['id']}")
    assert (histogram["evaluator_id"], histogram["stats"]["total"]) == (kept["id"], 1)
    by_score = {"filters": {f"scores__{kept['id']}": {"operator": "gte", "value": [0.5]}}}
    assert len(await traces(client, made["id"], by_score)) == 1


async def test_definitions_are_the_same_elsewhere(client: httpx.AsyncClient) -> None:
    steps = [
        {"type": "prompt", "config": {"prompt_slug": "p", "version": "3"}},
        {"type": "completion", "config": {"model": "echo", "stop": ["x"]}},
        {"type": "eval", "config": {"evaluator_slug": "contains"}},
    ]
    made = await experiment(client, workflow=steps, evaluator_ids=["exact-match"], span_workflow_name="w", enable_tracing=False)
    canonical = await ask(client, "GET", f"/v1/experiments/{made['id']}")
    (variant,) = canonical["variants"]
    assert [step["kind"] for step in variant["steps"]] == ["prompt", "completion", "eval"]
    assert variant["steps"][2]["config"] == {"evaluator": "contains"}
    assert (canonical["workflow_name"], canonical["tracing"]) == ("w", False)
    assert made["workflow"] == steps


async def test_a_dataset_made_elsewhere(client: httpx.AsyncClient) -> None:
    identifier = await dataset(client)
    (listed,) = (await ask(client, "GET", f"{DATASETS}list/"))["results"]
    assert (listed["name"], listed["log_count"], listed["status"]) == ("rows", 3, "ready")
    assert listed["id"].replace("-", "") == identifier
    rows = (await ask(client, "GET", f"{DATASETS}{listed['id']}/logs/list/"))["results"]
    assert [(row["input"], row["output"], row["expected_output"]) for row in rows] == [
        ("paris", None, "PARIS"),
        ({"q": 1}, "x", {"a": 1}),
        ("paris", None, "other"),
    ]
