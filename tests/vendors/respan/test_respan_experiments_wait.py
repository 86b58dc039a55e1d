"""The wait workflow of respan-api 0.1.47: pending traces, results submitted by the client, scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script
from tests.vendors.respan.reading import by_input, decoded, score


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_experiments_wait.py"), f"{gateway}/respan")
    return result


def test_every_row_waits_as_a_pending_trace(seen: dict[str, Any]) -> None:
    assert sorted(by_input(seen["waiting"])) == ["oslo", "paris", "rome"]
    assert {trace["status"] for trace in seen["waiting"]} == {"pending"}
    assert not any(trace["scores"] for trace in seen["waiting"])


def test_the_experiment_is_not_finished_while_traces_wait(seen: dict[str, Any]) -> None:
    assert seen["while_waiting"]["status"] not in ("completed", "failed", "cancelled", "draft")
    assert seen["while_waiting"]["completed_at"] is None
    assert seen["while_waiting"]["workflow"] == [{"type": "wait", "config": {}}]
    assert seen["summary_while_waiting"]["scores"] == {}


def test_each_resume_answers_success(seen: dict[str, Any]) -> None:
    assert [reply["id"] for reply in seen["resumed"]] == [trace["id"] for trace in seen["waiting"]]
    assert all(reply["trace_unique_id"] == reply["id"] for reply in seen["resumed"])
    assert {reply["status"] for reply in seen["resumed"]} == {"success"}


def test_the_experiment_completes_after_the_last_one(seen: dict[str, Any]) -> None:
    assert (seen["experiment"]["status"], seen["experiment"]["progress"]) == ("completed", 100)
    assert seen["experiment"]["completed_at"] is not None


def test_submitted_outputs_and_scores_by_value(seen: dict[str, Any]) -> None:
    found = by_input(seen["traces"])
    assert {text: decoded(trace["output"]) for text, trace in found.items()} == {
        "paris": "PARIS",
        "rome": {"answer": "Rome"},
        "oslo": "oslo",
    }
    assert {text: score(trace["scores"], "exact-match") for text, trace in found.items()} == {
        "paris": 1.0,
        "rome": 1.0,
        "oslo": 0.0,
    }
    assert {trace["status"] for trace in seen["traces"]} == {"success"}
    assert {trace["id"] for trace in seen["traces"]} == {trace["id"] for trace in seen["waiting"]}


def test_submitted_metrics_are_kept(seen: dict[str, Any]) -> None:
    for trace in seen["traces"]:
        assert trace["total_cost"] == 0.5
        assert (trace["total_prompt_tokens"], trace["total_completion_tokens"]) == (10, 5)
    assert seen["summary"]["number_of_requests"] == 3
    assert seen["summary"]["total_cost"] == 1.5
    assert seen["summary"]["total_tokens"] == 45
    assert seen["summary"]["scores"]["exact-match"]["avg_score"] == pytest.approx(2 / 3)


def test_detail_shows_no_execution_branch(seen: dict[str, Any]) -> None:
    (root,) = seen["detail"]["span_tree"]
    names = [child["span_name"] for child in root["children"]]
    assert "workflow_execution" not in names
    assert "evaluator.exact-match" in names


def test_a_finished_trace_is_not_resumed_again(seen: dict[str, Any]) -> None:
    assert seen["resumed_twice"]["status"] == 400
    assert seen["resumed_twice"]["body"]["detail"]
    before, after = by_input(seen["traces"]), by_input(seen["after_twice"])
    assert {text: trace["output"] for text, trace in after.items()} == {text: trace["output"] for text, trace in before.items()}


def test_unknown_trace_is_not_found(seen: dict[str, Any]) -> None:
    assert (seen["unknown"]["status"], seen["unknown"]["body"]) == (404, {"detail": "Not found."})
