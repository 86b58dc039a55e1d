"""Every workflow call of respan-api 0.1.47, by what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_workflows.py"), f"{gateway}/respan")
    return result


def test_a_new_workflow_is_an_editable_draft(seen: dict[str, Any]) -> None:
    made = seen["created"]
    assert (made["name"], made["description"], made["type"], made["trigger_event_type"]) == (
        seen["name"],
        "two judges",
        "evaluators",
        "eval_only",
    )
    assert (made["version"], made["is_read_only"], made["is_enabled"], made["deployed_version"]) == (1, False, False, None)
    first, second = made["tasks"]
    assert (first["config"], first["next"], second["next"]) == ({"evaluator_id": "exact-match"}, second["id"], None)
    assert seen["retrieved"] == made


def test_an_export_has_the_tasks_and_is_not_enabled(seen: dict[str, Any]) -> None:
    assert seen["exported"]["schema_version"] == "v1"
    assert seen["exported"]["workflow"]["tasks"] == seen["created"]["tasks"]
    assert seen["exported"]["workflow"]["is_enabled"] is False


def test_a_draft_that_could_run_is_valid(seen: dict[str, Any]) -> None:
    assert (seen["validated"]["status"], seen["validated"]["is_all_passed"]) == ("success", True)
    assert [task["status"] for task in seen["validated"]["task_results"]] == ["passed", "passed"]


def test_a_change_keeps_what_it_does_not_name(seen: dict[str, Any]) -> None:
    assert (seen["updated"]["description"], seen["updated"]["name"], seen["updated"]["id"]) == (
        "judges",
        seen["name"],
        seen["created"]["id"],
    )


def test_lists_narrow_by_query_and_body(seen: dict[str, Any]) -> None:
    lists = seen["lists"]
    for name in ("api_workflows_list", "filtered"):
        assert (lists[name]["count"], [item["workflow_id"] for item in lists[name]["results"]]) == (1, [seen["created"]["workflow_id"]])
    assert lists["none"]["results"] == lists["filtered_and_narrowed"]["results"] == []


def test_a_commit_freezes_and_a_new_version_is_a_draft(seen: dict[str, Any]) -> None:
    versions = seen["versions"]
    committed = versions["committed"]
    assert (committed["version"], committed["is_read_only"], committed["version_description"]) == (1, True, "first")
    assert committed["id"] == seen["created"]["id"] != versions["draft"]["id"]
    assert (versions["draft"]["version"], versions["draft"]["is_read_only"], versions["draft"]["name"]) == (2, False, seen["name"])
    assert [task["label"] for task in versions["changed"]["tasks"]] == ["close", "exact"]
    assert versions["one"] == committed
    assert [item["version"] for item in versions["listed"]["results"]] == [2, 1]
    assert versions["past_the_end"]["results"] == versions["of_nobody"]["results"] == []
    assert (versions["edit_of_committed"]["status"], versions["edit_of_committed"]["kind"]) == (403, "ForbiddenError")


def test_only_what_is_committed_is_deployed(seen: dict[str, Any]) -> None:
    deployments = seen["deployments"]
    latest = deployments["latest"]
    assert (latest["version"], latest["is_enabled"], latest["is_read_only"]) == (1, True, True)
    assert (latest["id"], deployments["deployed"]["deployed_version"]) == (seen["created"]["id"], 1)
    assert deployments["of_a_draft"]["status"] == 400
    assert deployments["undeployed"] is None
    assert deployments["after"]["deployed_version"] is None


def test_a_pipeline_really_judges_an_experiment(seen: dict[str, Any]) -> None:
    judged = seen["judged"]
    assert judged["created"]["evaluator_workflow_ids"] == [seen["created"]["id"]]
    assert (judged["experiment"]["status"], judged["experiment"]["evaluator_ids"]) == ("completed", [])
    by_input = {trace["input"]: trace["scores"] for trace in judged["traces"]}
    assert by_input["abcd"]["exact-match"]["boolean_value"] is True
    assert by_input["abce"]["exact-match"]["boolean_value"] is False
    assert (by_input["abcd"]["levenshtein"]["numerical_value"], by_input["abce"]["levenshtein"]["numerical_value"]) == (1.0, 0.0)
    assert judged["summary"]["scores"]["levenshtein"]["avg_score"] == 0.5


def test_what_is_not_run_here_is_refused_by_name(seen: dict[str, Any]) -> None:
    refusals = seen["refusals"]
    assert refusals["webhook"]["status"] == 400
    assert "webhook" in refusals["webhook"]["body"]["detail"]
    assert (refusals["family"]["status"], refusals["family"]["body"]) == (404, {"detail": "Not found."})
    assert refusals["default_type"] == "automations"
    assert refusals["event"]["status"] == 400
    assert "request_log" in refusals["event"]["body"]["detail"]
    (task,) = refusals["hook_validated"]["task_results"]
    assert (task["task_type"], task["status"], refusals["hook_validated"]["is_all_passed"]) == ("webhook", "skipped", False)


def test_a_deleted_workflow_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] is None
    assert (seen["gone"]["status"], seen["gone"]["body"]) == (404, {"detail": "Not found."})
