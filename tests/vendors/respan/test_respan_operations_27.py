"""All 18 documented experiment operations, through respan-api 0.1.27, by what they returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API_ALL_OPERATIONS, run_script
from tests.vendors.respan.reading import by_input, decoded, said, score


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API_ALL_OPERATIONS, Path(__file__).with_name("script_operations_27.py"), f"{gateway}/respan")
    return result


def test_create_and_retrieve(seen: dict[str, Any]) -> None:
    assert seen["created"]["id"] == seen["experiment"]["id"]
    assert seen["created"]["dataset_id"] == seen["dataset_id"]
    assert (seen["experiment"]["name"], seen["experiment"]["status"]) == (seen["name"], "completed")


def test_traces_and_scores_by_value(seen: dict[str, Any]) -> None:
    found = by_input(seen["traces"])
    assert {text: said(trace["output"]) for text, trace in found.items()} == {t: t for t in ("abcd", "abce", "abcf")}
    assert {text: score(trace["scores"], "levenshtein") for text, trace in found.items()} == {
        "abcd": 1.0,
        "abce": 0.5,
        "abcf": 0.0,
    }


def test_root_list_is_a_bare_array_newest_first(seen: dict[str, Any]) -> None:
    root = seen["collections"]["list_experiments_root"]
    assert (root[0]["id"], root[0]["name"]) == (seen["experiment"]["id"], seen["name"])
    assert len(root) <= 5
    assert seen["collections"]["root_past_the_end"] == []


def test_lists_by_query_and_by_filter(seen: dict[str, Any]) -> None:
    by_query = seen["collections"]["list_experiments_with_query"]
    assert by_query["results"][0]["id"] == seen["experiment"]["id"]
    assert by_query["count"] == seen["collections"]["get_experiments_summary"]["total_count"]
    by_filter = seen["collections"]["list_experiments"]
    assert [item["id"] for item in by_filter["results"]] == [seen["experiment"]["id"]]
    assert by_filter["count"] == 1
    assert seen["collections"]["filter_experiments_summary"]["total_count"] == 1


def test_page_past_the_end_is_empty(seen: dict[str, Any]) -> None:
    past = seen["collections"]["query_past_the_end"]
    assert past["results"] == []
    assert past["count"] == seen["collections"]["list_experiments_with_query"]["count"]


def test_export_answers_a_message(seen: dict[str, Any]) -> None:
    assert seen["spans"]["exported"] == {"message": "Exporting experiment logs. Check your email for the download link."}


def test_export_without_the_flag_is_the_list(seen: dict[str, Any]) -> None:
    page = seen["spans"]["listed_by_export"]
    assert (page["count"], len(page["results"])) == (3, 2)
    detailed = seen["spans"]["detailed_by_export"]["results"]
    assert len(detailed) == 3
    assert all(trace["span_tree"] for trace in detailed)


def test_list_and_retrieve_spans(seen: dict[str, Any]) -> None:
    listed = seen["spans"]["list_experiment_spans"]
    assert [trace["start_time"] for trace in listed] == sorted((t["start_time"] for t in listed), reverse=True)
    assert len(listed) == 2
    detail = seen["spans"]["retrieve_experiment_span"]
    assert detail["id"] == seen["traces"][0]["id"]
    assert decoded(detail["span_tree"][0]["input"]) == decoded(seen["traces"][0]["input"])


def test_filter_by_score(seen: dict[str, Any]) -> None:
    assert list(by_input(seen["spans"]["filtered_by_score"])) == ["abcd"]


@pytest.mark.parametrize("operation", ["get_summary", "filter_summary"])
def test_summaries(seen: dict[str, Any], operation: str) -> None:
    summary = seen["spans"][operation]
    assert (summary["number_of_requests"], summary["total_tokens"], summary["total_cost"]) == (3, 6, 0)
    assert summary["scores"]["levenshtein"]["avg_score"] == 0.5
    assert summary["scores"]["exact-match"]["avg_score"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("operation", ["get_histogram", "filter_histogram"])
def test_histograms(seen: dict[str, Any], operation: str) -> None:
    histogram = seen["spans"][operation]
    assert [(item["lower"], item["upper"], item["count"]) for item in histogram["bins"]] == [
        (0.0, 0.5, 1),
        (0.5, 1.0, 2),
    ]
    assert histogram["stats"] == {"min": 0.0, "max": 1.0, "mean": 0.5, "total": 3}


def test_wait_and_update_span(seen: dict[str, Any]) -> None:
    waited = seen["waited"]
    assert {trace["status"] for trace in waited["waiting"]} == {"pending"}
    assert [(reply["id"], reply["status"]) for reply in waited["replies"]] == [(trace["id"], "success") for trace in waited["waiting"]]
    assert waited["experiment"]["status"] == "completed"
    found = by_input(waited["traces"])
    assert {text: score(trace["scores"], "exact-match") for text, trace in found.items()} == {
        "abcd": 1.0,
        "abce": 0.0,
        "abcf": 0.0,
    }


def test_update_replace_delete(seen: dict[str, Any]) -> None:
    edits = seen["edits"]
    assert edits["updated"]["id"] == seen["experiment"]["id"]
    assert edits["updated"]["description"] == "patched"
    assert (edits["retrieved"]["name"], edits["replaced"]["id"]) == ("replaced", seen["experiment"]["id"])
    assert edits["retrieved"]["workflow"] == [{"type": "duplicate", "config": {}}]
    assert edits["deleted"] is None
    assert (edits["gone"]["status"], edits["gone"]["body"]) == (404, {"detail": "Not found."})
