"""Experiments that the server runs for respan-api 0.1.47: traces, scores, summaries, histograms."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script
from tests.vendors.respan.reading import by_input, decoded, said, score

# Input: expected output, exact-match, contains, levenshtein (1 - distance / longer length).
WORDS = {
    "alpha beta": ("alpha beta", 1.0, 1.0, 1.0),
    "alpha gamma": ("gamma", 0.0, 1.0, 1 - 6 / 11),
    "abcd": ("abxy", 0.0, 0.0, 0.5),
    "wxyz": ("abcd", 0.0, 0.0, 0.0),
}
EVALUATORS = ("exact-match", "contains", "levenshtein")


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_experiments_run.py"), f"{gateway}/respan")
    return result


@pytest.fixture(scope="module")
def echo(seen: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = seen["completion"]
    return result


def test_create_answers_a_pending_experiment(seen: dict[str, Any], echo: dict[str, Any]) -> None:
    created = echo["created"]
    assert created["status"] in ("pending", "running", "completed")
    assert (created["dataset"], created["dataset_id"]) == (seen["dataset_id"], seen["dataset_id"])
    assert created["workflow"] == [{"type": "completion", "config": {"model": "echo", "max_tokens": 100}}]
    assert created["workflow_count"] == 1
    assert created["evaluator_ids"] == list(EVALUATORS)
    assert created["evaluator_slugs"] == list(EVALUATORS)
    assert (created["batch_size"], created["concurrency"]) == (10, 3)
    assert created["description"] == "answers its input"
    assert len(created["id"]) == 32


def test_it_completes(echo: dict[str, Any]) -> None:
    experiment = echo["experiment"]
    assert experiment["id"] == echo["created"]["id"]
    assert experiment["name"] == echo["created"]["name"]
    assert experiment["created_at"] == echo["created"]["created_at"]
    assert (experiment["status"], experiment["progress"]) == ("completed", 100)
    assert not experiment["error_message"]
    assert experiment["started_at"] is not None
    assert datetime.fromisoformat(experiment["completed_at"]) >= datetime.fromisoformat(experiment["started_at"])


def test_a_trace_per_row_with_its_echo(echo: dict[str, Any]) -> None:
    found = by_input(echo["traces"])
    assert sorted(found) == sorted(WORDS)
    for text, trace in found.items():
        assert trace["status"] == "success"
        assert said(trace["output"]) == text
        assert decoded(trace["expected_output"]) == WORDS[text][0]
        assert trace["trace_unique_id"] == trace["id"]
        assert trace["error_count"] == 0


def test_tokens_are_words_and_echo_costs_nothing(echo: dict[str, Any]) -> None:
    for text, trace in by_input(echo["traces"]).items():
        words = len(text.split())
        assert trace["total_prompt_tokens"] == words
        assert trace["total_completion_tokens"] == words
        assert trace["total_tokens"] == 2 * words
        assert trace["total_cost"] == 0


def test_scores_by_value(echo: dict[str, Any]) -> None:
    for text, trace in by_input(echo["traces"]).items():
        _, exact, contains, distance = WORDS[text]
        assert score(trace["scores"], "exact-match") == exact
        assert score(trace["scores"], "contains") == contains
        assert score(trace["scores"], "levenshtein") == pytest.approx(distance)
        assert set(trace["scores"]) == set(EVALUATORS)
        assert {entry["evaluator_slug"] for entry in trace["scores"].values()} == set(EVALUATORS)


def test_comparison_keys_tell_inputs_apart_and_are_equal_across_experiments(seen: dict[str, Any], echo: dict[str, Any]) -> None:
    keys = {text: trace["comparison_key"] for text, trace in by_input(echo["traces"]).items()}
    assert len(set(keys.values())) == 4
    assert {text: trace["comparison_key"] for text, trace in by_input(seen["inline"]["traces"]).items()} == keys


def test_detail_holds_the_span_tree(echo: dict[str, Any]) -> None:
    detail, listed = echo["detail"], echo["traces"][0]
    assert detail["id"] == listed["id"]
    assert said(detail["output"]) == said(listed["output"])
    (root,) = detail["span_tree"]
    assert decoded(root["input"]) == decoded(listed["input"])
    assert said(root["output"]) == said(listed["output"])
    names = [child["span_name"] for child in root["children"]]
    assert "workflow_execution" in names
    assert {f"evaluator.{name}" for name in EVALUATORS} <= set(names)


def test_span_trees_are_listed_only_when_asked_for(echo: dict[str, Any]) -> None:
    assert all(trace["span_tree"] for trace in echo["listed_detail"])
    assert not any(trace.get("span_tree") for trace in echo["traces"])


def test_preview_cuts_long_texts(echo: dict[str, Any]) -> None:
    for trace in echo["preview"]:
        for field in ("input", "output", "expected_output"):
            assert len(trace[field]) <= 5, trace[field]
    assert {trace["id"] for trace in echo["preview"]} == {trace["id"] for trace in echo["traces"]}


def test_pages_hold_each_trace_once_and_end_empty(echo: dict[str, Any]) -> None:
    assert [len(page["results"]) for page in echo["pages"]] == [3, 1, 0]
    assert {page["count"] for page in echo["pages"]} == {4}
    ids = sorted(trace["id"] for trace in echo["traces"])
    assert sorted(trace["id"] for page in echo["pages"] for trace in page["results"]) == ids
    assert sorted(trace["id"] for trace in echo["paged_by_the_client"]) == ids


def test_sorting_by_start_both_ways(echo: dict[str, Any]) -> None:
    ascending, descending = ([trace["start_time"] for trace in page] for page in echo["sorted"])
    assert ascending == sorted(ascending)
    assert descending == sorted(descending, reverse=True)


def test_summary_adds_up(echo: dict[str, Any]) -> None:
    summary = echo["summary"]
    assert summary["number_of_requests"] == 4
    assert (summary["total_tokens"], summary["total_prompt_tokens"], summary["total_completion_tokens"]) == (12, 6, 6)
    assert summary["total_cost"] == 0
    averages = {name: entry["avg_score"] for name, entry in summary["scores"].items()}
    assert averages == {
        "exact-match": pytest.approx(0.25),
        "contains": pytest.approx(0.5),
        "levenshtein": pytest.approx((1 + (1 - 6 / 11) + 0.5) / 4),
    }


def test_summary_of_booleans_counts_both(echo: dict[str, Any]) -> None:
    entry = echo["summary"]["scores"]["exact-match"]
    assert entry["score_value_type"] == "boolean"
    assert (entry["true_count"], entry["false_count"]) == (1, 3)


def test_summary_of_some_traces(echo: dict[str, Any]) -> None:
    expected = score(echo["traces"][0]["scores"], "levenshtein")
    assert echo["summary_of_one"]["number_of_requests"] == 1
    assert echo["summary_of_one"]["scores"]["levenshtein"]["avg_score"] == pytest.approx(expected)


def test_times_bound_lists_and_summaries(echo: dict[str, Any]) -> None:
    assert echo["summary_long_ago"]["number_of_requests"] == 0
    assert echo["summary_long_ago"]["scores"] == {}
    assert echo["traces_long_ago"]["count"] == 0
    assert echo["traces_since_long_ago"]["count"] == 4


def test_histogram_of_numbers(echo: dict[str, Any]) -> None:
    histogram = echo["histograms"]["levenshtein"]
    assert histogram["evaluator_id"] == "levenshtein"
    bins = [(item["lower"], item["upper"], item["count"], item.get("label")) for item in histogram["bins"]]
    assert bins == [(0.0, 0.5, 2, None), (0.5, 1.0, 2, None)]
    assert histogram["stats"] == {
        "min": 0.0,
        "max": 1.0,
        "mean": pytest.approx((1 + (1 - 6 / 11) + 0.5) / 4),
        "total": 4,
    }


def test_histogram_has_twenty_bins_unless_told(echo: dict[str, Any]) -> None:
    bins = echo["histograms"]["default"]["bins"]
    assert len(bins) == 20
    assert sum(item["count"] for item in bins) == 4


def test_histogram_of_booleans(echo: dict[str, Any]) -> None:
    histogram = echo["histograms"]["exact-match"]
    assert [(item["label"], item["count"]) for item in histogram["bins"]] == [("false", 3), ("true", 1)]
    assert histogram["stats"]["total"] == 4
    assert histogram["stats"]["mean"] == 0.25


def test_histogram_without_scores_is_empty(echo: dict[str, Any]) -> None:
    nothing = echo["histogram_of_nothing"]
    assert nothing["bins"] == []
    assert nothing["stats"] == {"min": 0, "max": 0, "mean": 0, "total": 0}


def test_more_than_fifty_bins_are_refused(echo: dict[str, Any]) -> None:
    assert (echo["too_many_bins"]["status"], echo["too_many_bins"]["kind"]) == (400, "BadRequestError")


def test_filters_of_traces(echo: dict[str, Any]) -> None:
    traces = echo["traces"]
    assert sorted(echo["filtered"]["status"]) == sorted(trace["id"] for trace in traces)
    assert echo["filtered"]["no_status"] == []
    assert echo["filtered"]["comparison_key"] == [traces[0]["id"]]
    two_words = [trace["id"] for text, trace in by_input(traces).items() if " " in text]
    assert sorted(echo["filtered"]["tokens"]) == sorted(two_words)


def test_unknown_trace_is_not_found(echo: dict[str, Any]) -> None:
    assert (echo["unknown_trace"]["status"], echo["unknown_trace"]["body"]) == (404, {"detail": "Not found."})


def test_duplicate_copies_outputs_and_scores_them(seen: dict[str, Any]) -> None:
    found = by_input(seen["duplicate"]["traces"])
    assert seen["duplicate"]["experiment"]["status"] == "completed"
    # A row's output is text or JSON; "1" reads back as either.
    assert {text: str(decoded(trace["output"])) for text, trace in found.items()} == {"one": "1", "two": "two"}
    assert {text: score(trace["scores"], "exact-match") for text, trace in found.items()} == {"one": 1.0, "two": 0.0}
    assert seen["duplicate"]["created"]["evaluator_slugs"] == ["exact-match"]


def test_experiment_without_a_name_gets_one_from_its_id(seen: dict[str, Any]) -> None:
    created = seen["duplicate"]["created"]
    assert created["name"] == f"Experiment {created['id'][-8:]}"


def test_inline_evaluation_step_scores_too(seen: dict[str, Any]) -> None:
    assert seen["inline"]["experiment"]["status"] == "completed"
    assert [step["type"] for step in seen["inline"]["experiment"]["workflow"]] == ["completion", "eval"]
    for text, trace in by_input(seen["inline"]["traces"]).items():
        assert said(trace["output"]) == text
        assert score(trace["scores"], "exact-match") == WORDS[text][1]


def test_condition_lets_matching_rows_through(seen: dict[str, Any]) -> None:
    found = by_input(seen["condition"]["traces"])
    assert seen["condition"]["experiment"]["status"] == "completed"
    assert sorted(found) == sorted(WORDS)
    for text in ("alpha beta", "alpha gamma"):
        assert said(found[text]["output"]) == text
        assert score(found[text]["scores"], "exact-match") == WORDS[text][1]


def test_a_conversation_is_answered_with_its_last_user_message(seen: dict[str, Any]) -> None:
    (trace,) = seen["messages"]["traces"]
    assert said(trace["output"]) == "The current one."
    assert score(trace["scores"], "exact-match") == 1.0
