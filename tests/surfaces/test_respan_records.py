"""Datasets, rows, reports, evaluators and score records as Respan's clients ask for them."""

from typing import Any

import httpx
import pytest

from tests.surfaces.respan import DATASETS, EVALUATORS, EXPERIMENTS, SCORES, ask, experiment, resume, traces

pytestmark = pytest.mark.anyio


@pytest.fixture
async def made(client: httpx.AsyncClient) -> dict[str, Any]:
    """An empty dataset."""
    created: dict[str, Any] = await ask(client, "POST", DATASETS, {"name": "set", "is_empty": True}, 201)
    return created


async def _row(client: httpx.AsyncClient, dataset_id: str, **row: Any) -> str:
    created = await ask(client, "POST", f"{DATASETS}{dataset_id}/logs/", row, 201)
    assert created["message"] == "Dataset log created successfully"
    return str(created["unique_id"])


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "sampling": 0}, {"name": "x", "sampling": 101}, {"name": None}])
async def test_datasets_that_cannot_be(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    refused = await ask(client, "POST", DATASETS, body, 400)
    assert list(refused) in (["name"], ["sampling"])


async def test_a_row_and_its_metrics(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    metrics = {"cost": 0.5, "total_request_tokens": 7, "model": "m"}
    unique = await _row(client, made["id"], input=[1], output={"a": 1}, expected_output="e", metadata={"t": 1}, metrics=metrics)
    row = await ask(client, "GET", f"{DATASETS}{made['id']}/logs/{unique}")
    assert (row["input"], row["output"], row["expected_output"], row["metadata"]) == ([1], {"a": 1}, "e", {"t": 1})
    assert (row["cost"], row["total_request_tokens"], row["model"], row["scores"]) == (0.5, 7, "m", [])
    listed = await ask(client, "GET", f"{DATASETS}{made['id']}/logs/list/?include_fields=input,cost")
    assert listed["results"] == [{"id": unique, "unique_id": unique, "cost": 0.5, "input": [1]}]
    summary = await ask(client, "GET", f"{DATASETS}{made['id']}/logs/summary/")
    assert (summary["number_of_requests"], summary["total_cost"], summary["total_tokens"]) == (1, 0.5, 7)


@pytest.mark.parametrize("row", [{}, {"input": None}, {"input": 3}, {"input": "x", "output": 3}, {"input": "x", "metadata": [1]}])
async def test_rows_that_cannot_be(client: httpx.AsyncClient, made: dict[str, Any], row: dict[str, Any]) -> None:
    await ask(client, "POST", f"{DATASETS}{made['id']}/logs/", row, 400)
    assert (await ask(client, "GET", f"{DATASETS}{made['id']}/"))["log_count"] == 0


async def test_a_bulk_request_keeps_the_rows_that_are_right(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    logs = [{"input": {"q": 1, "expected_output": "4"}}, {"output": "x"}, "no row", {"input": "y", "expected_output": "z"}]
    said = await ask(client, "POST", f"{DATASETS}{made['id']}/logs/bulk/", {"logs": logs}, 201)
    assert (said["success_count"], said["error_count"], said["total_errors"]) == (2, 2, 2)
    assert [error["index"] for error in said["errors"]] == [1, 2]
    assert said["errors"][0]["error"] == "input: This field is required."
    rows = (await ask(client, "POST", f"{DATASETS}{made['id']}/logs/list/"))["results"]
    assert [(row["input"], row["expected_output"]) for row in rows] == [({"q": 1}, "4"), ("y", "z")]


async def test_a_bulk_request_without_a_right_row_is_refused(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    path = f"{DATASETS}{made['id']}/logs/bulk/"
    refused = await ask(client, "POST", path, {"logs": [{"output": "x"}, {}]}, 400)
    assert (refused["success_count"], refused["error_count"], len(refused["errors"])) == (0, 2, 2)
    for logs in ([], [{"input": "x"}] * 501, None, "x"):
        assert list(await ask(client, "POST", path, {"logs": logs}, 400)) == ["logs"]
    assert (await ask(client, "GET", f"{DATASETS}{made['id']}/"))["log_count"] == 0


async def test_edits_of_a_row(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    unique = await _row(client, made["id"], input="i", output="o", expected_output="e", metadata={"t": 1})
    path = f"{DATASETS}{made['id']}/logs/{unique}/"
    patched = await ask(client, "PATCH", path, {"output": None, "error_message": "m"})
    assert (patched["input"], patched["output"], patched["expected_output"], patched["error_message"]) == ("i", None, "e", "m")
    put = await ask(client, "PUT", path, {"input": "j"})
    assert (put["input"], put["output"], put["expected_output"], put["metadata"]) == ("j", None, None, {})


async def test_rows_are_removed_by_filters_or_all(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    for number in range(4):
        await _row(client, made["id"], input=str(number), metadata={"n": number})
    path = f"{DATASETS}{made['id']}/logs/import/"
    assert list(await ask(client, "DELETE", path, status=400)) == ["filters"]
    body = {"filters": {"metadata__n": {"operator": "lt", "value": [2]}}}
    assert await ask(client, "DELETE", path, body) == {"message": "2 logs removed from the dataset."}
    rows = (await ask(client, "POST", f"{DATASETS}{made['id']}/logs/list/"))["results"]
    assert [row["input"] for row in rows] == ["2", "3"]
    assert await ask(client, "DELETE", path, {"is_deleting_all_logs": True}) == {"message": "2 logs removed from the dataset."}


async def test_traces_become_rows(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    started = await experiment(client)
    trace = (await traces(client, started["id"]))[0]
    await resume(client, started["id"], trace["id"], "answer")
    body = {"filters": {"id": {"operator": "in", "value": [trace["id"], "0" * 32]}}}
    assert await ask(client, "POST", f"{DATASETS}{made['id']}/logs/import/", body) == {"message": "1 log added to the dataset."}
    filled = await ask(client, "POST", DATASETS, {"name": "from logs", "initial_log_filters": body["filters"]}, 201)
    for identifier in (made["id"], filled["id"]):
        (row,) = (await ask(client, "GET", f"{DATASETS}{identifier}/logs/list/"))["results"]
        assert (row["input"], row["output"], row["expected_output"]) == (trace["input"], "answer", trace["expected_output"])


async def test_logs_are_chosen_by_filters_times_and_a_percentage(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    started = await experiment(client, [{"input": f"q{number}"} for number in range(10)])
    found = await traces(client, started["id"])
    for trace in found[:8]:
        await resume(client, started["id"], trace["id"], "long" if trace["input"] < "q5" else "short", metrics={"latency": 1.5})
    path = f"{DATASETS}{made['id']}/logs/import/"

    async def imported(body: Any) -> str:
        return str((await ask(client, "POST", path, body))["message"])

    long_ago, ahead = "2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z"
    assert await imported({"start_time": long_ago, "end_time": "2001-01-02T00:00:00Z"}) == "0 logs added to the dataset."
    assert await imported({"start_time": long_ago, "end_time": ahead}) == "8 logs added to the dataset."
    long = {"output": {"operator": "", "value": ["long"]}, "duration": {"operator": "gt", "value": 1}}
    assert await imported({"start_time": long_ago, "end_time": ahead, "filters": long}) == "3 logs added to the dataset."
    assert await imported({"start_time": long_ago, "end_time": ahead, "sampling_percentage": 25}) == "2 logs added to the dataset."
    assert list(await ask(client, "POST", path, {"filters": {"nobody": {"operator": "", "value": [1]}}}, 400)) == ["filters"]
    assert await ask(client, "POST", path, {"start_time": "yesterday"}, 400)
    rows = (await ask(client, "GET", f"{DATASETS}{made['id']}/logs/list/?page_size=100"))["results"]
    assert [row["input"] for row in rows[:8]] == [f"q{number}" for number in range(2, 10)]
    sampled = await ask(client, "POST", DATASETS, {"name": "half", "start_time": long_ago, "end_time": ahead, "sampling": 50}, 201)
    assert (await ask(client, "GET", f"{DATASETS}{sampled['id']}/"))["log_count"] == 4
    assert (await ask(client, "GET", f"{DATASETS}{(await ask(client, 'POST', DATASETS, {'name': 'x'}, 201))['id']}/"))["log_count"] == 0


async def test_a_copy_needs_no_name(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    assert (await ask(client, "POST", DATASETS, {"source_dataset_id": made["id"]}, 201))["name"] == f"Copy of {made['id']}"
    assert await ask(client, "POST", DATASETS, {"is_empty": True}, 400) == {"name": ["This field is required."]}
    assert await ask(client, "POST", DATASETS, {"name": ""}, 400) == {"name": ["This field may not be blank."]}


async def test_a_copy_has_the_rows_and_a_life_of_its_own(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    await _row(client, made["id"], input="x", metrics={"cost": 1})
    copy = await ask(client, "POST", DATASETS, {"name": "copy", "source_dataset_id": made["id"]}, 201)
    await ask(client, "DELETE", f"{DATASETS}{made['id']}/", status=204)
    (row,) = (await ask(client, "GET", f"{DATASETS}{copy['id']}/logs/list/"))["results"]
    assert (row["input"], row["cost"]) == ("x", 1)
    assert await ask(client, "POST", DATASETS, {"name": "copy", "source_dataset_id": made["id"]}, 404) == {"detail": "Not found."}


async def test_changes_of_a_dataset_stay(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    path = f"{DATASETS}{made['id']}/"
    await ask(client, "PATCH", path, {"starred": True})
    changed = await ask(client, "PATCH", path, {"description": "d", "tags": ["red"]})
    assert (changed["starred"], changed["description"], changed["tags"]) == (True, "d", [{"name": "red"}])
    starred = {"filters": {"starred": {"operator": "", "value": [True]}}}
    assert (await ask(client, "POST", f"{DATASETS}list/", starred))["count"] == 1


async def test_unknown_evaluators_of_a_report_are_named(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    body = {"evaluator_ids": ["exact-match", "nobody"]}
    said = await ask(client, "POST", f"{DATASETS}{made['id']}/eval-reports/create/", body, 201)
    assert [task["evaluator_slug"] for task in said["created_tasks"]] == ["exact-match"]
    assert said["errors"] == {"nobody": "Not found."}
    assert await ask(client, "POST", f"{DATASETS}{made['id']}/eval-reports/create/", {"evaluator_ids": []}, 400)


async def test_a_report_is_listed_with_its_dataset_and_not_among_the_experiments(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    await _row(client, made["id"], input="x", output="a", expected_output="a")
    said = await ask(client, "POST", f"{DATASETS}{made['id']}/eval-reports/create/", {"evaluator_ids": ["exact-match"]}, 201)
    other = await ask(client, "POST", EXPERIMENTS, {"name": "draft"}, 201)
    assert [item["id"] for item in await ask(client, "GET", EXPERIMENTS)] == [other["id"]]
    assert (await ask(client, "POST", f"{EXPERIMENTS}summary/"))["total_count"] == 1
    tasks = await ask(client, "GET", f"{DATASETS}{made['id']}/eval-reports/list/")
    assert [task["task_id"] for task in tasks["results"]] == [said["created_tasks"][0]["task_id"]]
    forms = {item["form"] for item in (await ask(client, "GET", "/v1/experiments"))["items"]}
    assert forms == {"experiment", "report"}


async def test_a_built_in_scorer_is_an_evaluator_by_its_plain_name(client: httpx.AsyncClient) -> None:
    shown = await ask(client, "GET", f"{EVALUATORS}exact-match/")
    assert (shown["id"], shown["evaluator_slug"], shown["type"], shown["score_value_type"]) == (
        "exact-match",
        "exact-match",
        "code",
        "boolean",
    )
    result = await ask(client, "POST", f"{EVALUATORS}exact-match/run/", {"inputs": {"output": {"a": 1}, "expected_output": {"a": 1}}})
    assert (result["boolean_value"], result["is_passed"], result["status"], result["id"]) == (True, True, "completed", None)
    assert "detail" in await ask(client, "PATCH", f"{EVALUATORS}exact-match/", {"name": "x"}, 400)


async def test_a_run_with_legacy_inputs(client: httpx.AsyncClient) -> None:
    body = {"inputs": {"llm_output": "a", "expected_output": "a"}}
    assert (await ask(client, "POST", f"{EVALUATORS}exact-match/run/", body))["boolean_value"] is True
    assert list(await ask(client, "POST", f"{EVALUATORS}exact-match/run/", {}, 400)) == ["inputs"]


async def test_a_legacy_configuration_is_a_definition(client: httpx.AsyncClient) -> None:
    legacy = {
        "evaluator_definition": "Rate {{llm_output}}",
        "scoring_rubric": "r",
        "llm_engine": "gpt-4o-mini",
        "model_options": {"temperature": 0},
        "min_score": 1,
        "max_score": 5,
        "passing_score": 3,
    }
    made = await ask(client, "POST", EVALUATORS, {"name": "old", "configurations": legacy}, 201)
    assert made["configurations"] == legacy
    assert made["llm_config"] == {
        "model": "gpt-4o-mini",
        "evaluator_definition": "Rate {{llm_output}}",
        "scoring_rubric": "r",
        "temperature": 0,
    }
    assert (made["type"], made["score_config"]["max_score"]) == ("llm", 5)
    assert made["passing_conditions"] == {"primary_score": {"operator": "gte", "value": 3}}


async def test_versions_belong_to_their_evaluator(client: httpx.AsyncClient) -> None:
    made = await ask(client, "POST", EVALUATORS, {"name": "v", "type": "human"}, 201)
    path = f"{EVALUATORS}{made['evaluator_slug']}/versions/"
    for text in ("first", "second"):
        await ask(client, "POST", path, {"version_description": text, "description": f"after {text}"}, 201)
    listed = await ask(client, "GET", f"{path}?page_size=2")
    assert (listed["count"], [item["version"] for item in listed["results"]]) == (3, [3, 2])
    assert [item["version_description"] for item in listed["results"]] == [None, "second"]
    assert (await ask(client, "GET", f"{path}1/"))["is_read_only"] is True
    assert len({(await ask(client, "GET", f"{path}{number}/"))["version_id"] for number in (1, 2, 3)}) == 3
    for wrong in ("4", "99999999999999999999"):
        await ask(client, "GET", f"{path}{wrong}/", status=404)
    assert "detail" in await ask(client, "PUT", f"{path}1/", {"name": "x"}, 400)
    await ask(client, "DELETE", f"{EVALUATORS}{made['id']}/", status=204)
    await ask(client, "GET", f"{path}1/", status=404)


async def test_a_second_score_of_an_evaluator_replaces_the_first(client: httpx.AsyncClient) -> None:
    started = await experiment(client)
    trace = (await traces(client, started["id"]))[0]["id"]
    first = await ask(client, "POST", SCORES, {"log_id": trace, "evaluator_slug": "q", "numerical_value": 1, "explanation": "so"}, 201)
    second = await ask(client, "POST", f"/respan/api/logs/{trace}/scores/", {"evaluator_slug": "q", "numerical_value": 2}, 201)
    assert (second["id"], second["numerical_value"], second["explanation"]) == (first["id"], 2, None)
    other = await ask(client, "POST", SCORES, {"log_id": trace, "evaluator_slug": "q", "scorer": "bob", "string_value": "x"}, 201)
    assert (other["evaluator_slug"], other["scorer"]) == ("q", "bob")
    assert other["id"] != first["id"]
    assert set((await traces(client, started["id"]))[0]["scores"]) == {"q", "q:bob"}
    listed = await ask(client, "GET", f"/respan/api/logs/{trace}/scores/?page_size=1")
    assert (listed["count"], len(listed["results"])) == (2, 1)


async def test_edits_of_a_score(client: httpx.AsyncClient) -> None:
    started = await experiment(client)
    trace = (await traces(client, started["id"]))[0]["id"]
    made = await ask(client, "POST", SCORES, {"log_id": trace, "evaluator_slug": "q", "numerical_value": 1, "explanation": "so"}, 201)
    path = f"{SCORES}{made['id']}/"
    patched = await ask(client, "PATCH", path, {"numerical_value": 2})
    assert (patched["id"], patched["numerical_value"], patched["explanation"], patched["log_id"]) == (made["id"], 2, "so", trace)
    put = await ask(client, "PUT", f"/respan/api/logs/{trace}/scores/{made['id']}/", {"numerical_value": 3})
    assert (put["numerical_value"], put["explanation"]) == (3, None)
    for wrong in (f"{SCORES}{'0' * 32}/", f"/respan/api/logs/{'0' * 32}/scores/{made['id']}/"):
        await ask(client, "GET", wrong, status=404)
        await ask(client, "PATCH", wrong, {"numerical_value": 1}, 404)
    await ask(client, "DELETE", path, status=204)
    await ask(client, "GET", path, status=404)


@pytest.mark.parametrize(
    ("evaluator", "body", "field", "value"),
    [
        ({"type": "human", "score_value_type": "single_select"}, {"categorical_value": ["good"]}, "string_value", "good"),
        ({"type": "human", "score_value_type": "multi_select"}, {"categorical_value": ["a", "b"]}, "categorical_value", ["a", "b"]),
        ({"type": "human", "score_value_type": "comment"}, {"string_value": "hm"}, "string_value", "hm"),
        ({"type": "human", "score_value_type": "json"}, {"json_value": '{"a": 1}'}, "json_value", '{"a":1}'),
        ({"type": "human", "score_value_type": "boolean"}, {"boolean_value": False}, "boolean_value", False),
        ({"type": "llm", "score_value_type": "percentage"}, {"numerical_value": 0.3}, "numerical_value", 0.3),
    ],
)
async def test_a_score_is_of_the_kind_its_evaluator_declares(
    client: httpx.AsyncClient, evaluator: dict[str, Any], body: dict[str, Any], field: str, value: Any
) -> None:
    kept = await ask(client, "POST", EVALUATORS, {"name": "e", **evaluator}, 201)
    started = await experiment(client)
    trace = (await traces(client, started["id"]))[0]["id"]
    score = await ask(client, "POST", SCORES, {"log_id": trace, "evaluator_id": kept["id"], **body}, 201)
    assert (score[field], score["score_value_type"], score["type"]) == (value, evaluator["score_value_type"], evaluator["type"])
    assert (score["evaluator_id"], score["evaluator_slug"]) == (kept["id"], "e")


async def test_a_threshold_says_who_passed(client: httpx.AsyncClient) -> None:
    passing = {"primary_score": {"operator": "gte", "value": 3}}
    await ask(client, "POST", EVALUATORS, {"name": "t", "type": "human", "passing_conditions": passing}, 201)
    started = await experiment(client)
    trace = (await traces(client, started["id"]))[0]["id"]
    made = await ask(client, "POST", SCORES, {"log_id": trace, "evaluator_slug": "t", "numerical_value": 2}, 201)
    assert made["is_passed"] is False
    assert (await ask(client, "PATCH", f"{SCORES}{made['id']}/", {"numerical_value": 3}))["is_passed"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"evaluator_slug": "q"}, "log_id"),
        ({"log_id": "x"}, "non_field_errors"),
        ({"log_id": "x", "evaluator_slug": "q", "numerical_value": "high"}, "numerical_value"),
        ({"log_id": "x", "evaluator_slug": "q", "categorical_value": "a"}, "categorical_value"),
    ],
)
async def test_scores_that_cannot_be(client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    assert list(await ask(client, "POST", SCORES, body, 400)) == [field]


async def test_a_score_of_an_unknown_log_is_not_found(client: httpx.AsyncClient) -> None:
    body = {"log_id": "0" * 32, "evaluator_slug": "q", "numerical_value": 1}
    assert await ask(client, "POST", SCORES, body, 404) == {"detail": "Not found."}
    started = await experiment(client)
    body = {"log_id": started["id"], "evaluator_slug": "q", "numerical_value": 1}
    assert await ask(client, "POST", SCORES, body, 404) == {"detail": "Not found."}
    assert (await ask(client, "POST", f"{EXPERIMENTS}list/"))["count"] == 1
