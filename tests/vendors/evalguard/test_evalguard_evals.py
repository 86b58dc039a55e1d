"""Eval runs through evalguardai 2.2.3, by what they returned."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import EVALGUARD, run_script


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(EVALGUARD, Path(__file__).with_name("script_evals.py"), f"{gateway}/evalguard/api")
    return result


def results(run: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(run["results"], key=lambda row: int(row["test_case_index"]))


def test_the_default_project_is_stable(seen: dict[str, Any]) -> None:
    assert seen["project"] == seen["project_again"]
    assert str(uuid.UUID(seen["project"])) == seen["project"]
    assert str(uuid.UUID(seen["org"])) == seen["org"]


def test_no_client_version_is_pinned(seen: dict[str, Any]) -> None:
    assert seen["policy"]["requiredMinimumVersion"] is None
    assert seen["policy"]["requiredMaximumVersion"] is None
    assert seen["version_policy"]["allowed"] is True
    assert seen["version_allowed"] is None
    assert seen["as_subject"] is True


def test_create_answers_a_running_eval(seen: dict[str, Any]) -> None:
    created = seen["mixed"]["created"]
    assert str(uuid.UUID(created["id"])) == created["id"]
    assert (created["totalTests"], created["model"]) == (2, "echo")
    assert created["status"] in ("pending", "running")
    assert created["message"]


def test_verdicts(seen: dict[str, Any]) -> None:
    assert (seen["mixed"]["read"]["status"], seen["good"]["read"]["status"]) == ("failed", "passed")


def test_read_is_flat_and_nested_at_once(seen: dict[str, Any]) -> None:
    run = seen["mixed"]["read"]
    assert run["id"] == run["run"]["id"] == seen["mixed"]["created"]["id"]
    assert run["name"] == run["run"]["name"] == f"{seen['name']}-mixed"
    assert run["model"] == run["run"]["model"] == "echo"
    assert run["status"] == run["run"]["status"]
    assert run["score"] == run["run"]["score"] == pytest.approx(0.75)
    assert run["passRate"] == 0.5
    assert run["run"]["config"]["prompt"] == "Answer: {{input}}"
    assert run["run"]["config"]["scorers"] == ["exact-match", "contains"]
    assert run["run"]["error"] is None


def test_times_and_duration(seen: dict[str, Any]) -> None:
    run = seen["mixed"]["read"]["run"]
    created, completed = (datetime.fromisoformat(run[name]) for name in ("created_at", "completed_at"))
    assert created <= completed
    assert type(run["duration"]) is int
    assert run["duration"] >= 0


def test_results_and_scores_by_value(seen: dict[str, Any]) -> None:
    red, blue = results(seen["mixed"]["read"])
    assert [(row["input"], row["output"], row["expected"]) for row in (red, blue)] == [
        ("red", "Answer: red", "Answer: red"),
        ("blue", "Answer: blue", "blue"),
    ]
    assert [(row["test_case_index"], row["score"], row["passed"]) for row in (red, blue)] == [
        (0, 1.0, True),
        (1, 0.5, False),
    ]
    assert {name: (entry["score"], entry["passed"]) for name, entry in blue["scores"].items()} == {
        "exact-match": (0.0, False),
        "contains": (1.0, True),
    }
    assert {name: entry["score"] for name, entry in red["scores"].items()} == {"exact-match": 1.0, "contains": 1.0}
    assert blue["cost"] == 0
    assert blue["latency_ms"] >= 0


def test_summary_adds_up(seen: dict[str, Any]) -> None:
    summary = seen["mixed"]["read"]["summary"]
    assert (summary["totalCases"], summary["passedCases"], summary["failedCases"]) == (2, 1, 1)
    assert (summary["passRate"], summary["avgScore"], summary["totalCost"]) == (0.5, pytest.approx(0.75), 0)
    good = seen["good"]["read"]["summary"]
    assert (good["passedCases"], good["passRate"], good["avgScore"]) == (2, 1, 1)


def test_reading_twice_gives_the_same(seen: dict[str, Any]) -> None:
    assert seen["mixed"]["again"] == seen["mixed"]["read"]


def test_list_is_newest_first(seen: dict[str, Any]) -> None:
    mixed, good = seen["mixed"]["created"]["id"], seen["good"]["created"]["id"]
    ids = [run["id"] for run in seen["listed"]]
    assert ids.index(good) < ids.index(mixed)
    times = [run["created_at"] for run in seen["listed"]]
    assert times == sorted(times, reverse=True)
    assert seen["listed_by_project"] == seen["listed"]
    (row,) = [run for run in seen["listed"] if run["id"] == mixed]
    assert (row["name"], row["status"], row["score"]) == (f"{seen['name']}-mixed", "failed", pytest.approx(0.75))
    assert "project_id" not in row
    assert "max_score" not in row


def test_compare_is_on_a_hundred_scale(seen: dict[str, Any]) -> None:
    compared = seen["compared"]
    assert (compared["run_a"]["id"], compared["run_b"]["id"]) == (
        seen["mixed"]["created"]["id"],
        seen["good"]["created"]["id"],
    )
    assert (compared["run_a"]["score"], compared["run_b"]["score"]) == (pytest.approx(75), pytest.approx(100))
    assert compared["score_diff"] == pytest.approx(25)
    assert (compared["improvements"], compared["regressions"], compared["unchanged"]) == (1, 0, 1)
    cases = {case["input"]: case for case in compared["cases"]}
    assert (cases["blue"]["run_a_score"], cases["blue"]["run_b_score"]) == (pytest.approx(50), pytest.approx(100))
    assert cases["red"]["run_a_output"] == "Answer: red"
    assert not any(case["regression"] for case in compared["cases"])


def test_compare_the_other_way_round_regresses(seen: dict[str, Any]) -> None:
    compared = seen["compared_back"]
    assert compared["score_diff"] == pytest.approx(-25)
    assert (compared["improvements"], compared["regressions"], compared["unchanged"]) == (0, 1, 1)
    assert [case["input"] for case in compared["cases"] if case["regression"]] == ["blue"]


def test_a_repeated_create_is_one_run(seen: dict[str, Any]) -> None:
    first, second = seen["idempotent"]["replies"]
    assert first == second
    assert seen["idempotent"]["named"] == [first["id"]]


def test_external_run_keeps_uploaded_rows(seen: dict[str, Any]) -> None:
    external = seen["external"]
    assert external["created"]["external"] is True
    rows = results(external["read"])
    assert [(row["output"], row["score"], row["passed"]) for row in rows] == [
        ("yes", 1.0, True),
        ("maybe", 0.5, True),
        ("never", 0.0, False),
    ]
    assert [row["scores"]["judge"]["score"] for row in rows] == [1.0, 0.5, 0.0]
    assert rows[0]["scores"]["judge"]["reason"] == "said yes"
    assert [(row["latency_ms"], row["cost"]) for row in rows] == [(12.5, 0.25)] * 3
    assert (external["read"]["run"]["model"], external["read"]["summary"]["totalCases"]) == ("own-runner", 3)


def test_uploads_answer_the_rows_they_wrote(seen: dict[str, Any]) -> None:
    external = seen["external"]
    assert len(external["uploaded"]) == 3
    assert [row["id"] for row in external["replaced"]] == [external["uploaded"][2]["id"]]
    assert {row["id"] for row in external["read"]["results"]} == {row["id"] for row in external["uploaded"]}


def test_external_run_is_finished_once(seen: dict[str, Any]) -> None:
    external = seen["external"]
    assert external["read"]["status"] == "failed"
    assert external["read"]["score"] == 0.5
    assert external["patched_again"]["status"] == 409


@pytest.mark.parametrize("case", ["unknown", "compare_with_unknown", "delete_unknown"])
def test_missing_runs_are_not_found(seen: dict[str, Any], case: str) -> None:
    refusal = seen["refusals"][case]
    assert refusal["status"] == 404
    assert refusal["code"] in ("NOT_FOUND", "RUN_NOT_FOUND")


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("no_uuid", "INVALID_ID"),
        ("no_model", "VALIDATION_ERROR"),
        ("no_cases", "VALIDATION_ERROR"),
        ("no_scorers", "VALIDATION_ERROR"),
        ("cases_of_wrong_type", "VALIDATION_ERROR"),
        ("case_without_input", "VALIDATION_ERROR"),
        ("unknown_scorer", "VALIDATION_ERROR"),
        ("no_project", "MISSING_PROJECT_ID"),
    ],
)
def test_wrong_requests_are_refused_by_code(seen: dict[str, Any], case: str, code: str) -> None:
    refusal = seen["refusals"][case]
    assert (refusal["status"], refusal["code"]) == (400, code)


def test_validation_messages_name_the_field(seen: dict[str, Any]) -> None:
    assert "model" in seen["refusals"]["no_model"]["message"]
    assert "scorers" in seen["refusals"]["unknown_scorer"]["message"]


def test_unknown_routes_have_the_flat_error(seen: dict[str, Any]) -> None:
    refusal = seen["refusals"]["unknown_route"]
    # The client shows an error that is no object as the raw body.
    assert (refusal["status"], refusal["code"], refusal["message"]) == (404, None, 'API error 404: {"error":"Not found"}')


def test_delete_answers_json_and_the_run_is_gone(seen: dict[str, Any]) -> None:
    identifier = seen["good"]["created"]["id"]
    assert seen["removed"]["reply"]["id"] == identifier
    assert seen["removed"]["gone"]["status"] == 404
    assert identifier not in seen["removed"]["listed"]
    assert seen["mixed"]["created"]["id"] in seen["removed"]["listed"]
