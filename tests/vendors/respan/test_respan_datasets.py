"""Every dataset call of respan-api 0.1.47, by what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script
from tests.vendors.respan.reading import decoded

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_datasets.py"), f"{gateway}/respan")
    return result


def inputs(page: dict[str, Any]) -> list[Any]:
    return [decoded(row["input"]) for row in page["results"]]


def test_created_dataset_reads_back(seen: dict[str, Any]) -> None:
    created, retrieved = seen["created"], seen["retrieved"]
    assert (created["name"], created["description"]) == (seen["name"], "from the client")
    assert retrieved["id"] == created["id"]
    assert (retrieved["name"], retrieved["description"]) == (seen["name"], "from the client")
    assert retrieved["status"] == "ready"
    assert retrieved["log_count"] == 4


def test_single_row_answers_its_id(seen: dict[str, Any]) -> None:
    assert seen["content"]["single"]["message"] == "Dataset log created successfully"
    assert seen["content"]["row"]["unique_id"] == seen["content"]["single"]["unique_id"]


def test_bulk_reports_counts(seen: dict[str, Any]) -> None:
    bulk = seen["content"]["bulk"]
    assert (bulk["success_count"], bulk["error_count"], bulk["errors"]) == (3, 0, [])


def test_list_contains_every_row_once(seen: dict[str, Any]) -> None:
    page = seen["content"]["all"]
    assert page["count"] == 4
    assert len({row["unique_id"] for row in page["results"]}) == 4
    found = inputs(page)
    assert MESSAGES in found
    assert "alpha beta" in found
    assert "gamma" in found


def test_expected_output_inside_an_input_is_pulled_out(seen: dict[str, Any]) -> None:
    assert {"question": "2+2?"} in inputs(seen["content"]["all"])


def test_pages_hold_each_row_once_and_end_empty(seen: dict[str, Any]) -> None:
    first, second, third = seen["content"]["pages"]
    assert [len(page["results"]) for page in (first, second, third)] == [3, 1, 0]
    assert {page["count"] for page in (first, second, third)} == {4}
    ids = [row["unique_id"] for page in (first, second) for row in page["results"]]
    assert sorted(ids) == sorted(row["unique_id"] for row in seen["content"]["all"]["results"])
    assert first["next"] is not None
    assert first["previous"] is None
    assert second["next"] is None


def test_row_reads_back_by_value_and_stays(seen: dict[str, Any]) -> None:
    row = seen["content"]["row"]
    assert decoded(row["input"]) == "alpha beta"
    assert decoded(row["output"]) == "alpha"
    assert decoded(row["expected_output"]) == "alpha beta"
    assert row["metadata"] == {"topic": "words", "rank": 1}
    assert row["dataset_id"] == seen["created"]["id"]
    assert seen["content"]["row_again"] == row


def test_patch_changes_only_what_it_names(seen: dict[str, Any]) -> None:
    after = seen["edits"]["after_patch"]
    assert seen["edits"]["patched"]["unique_id"] == after["unique_id"]
    assert decoded(after["output"]) == "alpha beta"
    assert decoded(after["input"]) == "alpha beta"
    assert decoded(after["expected_output"]) == "alpha beta"
    assert after["metadata"] == {"topic": "words", "rank": 1}


def test_put_removes_what_it_does_not_name(seen: dict[str, Any]) -> None:
    after = seen["edits"]["after_replace"]
    assert after["unique_id"] == seen["content"]["single"]["unique_id"]
    assert decoded(after["input"]) == "delta"
    assert decoded(after["expected_output"]) == "delta"
    assert decoded(after["output"]) in (None, "")
    assert after["metadata"] == {"topic": "new"}


def test_summary_counts_the_rows(seen: dict[str, Any]) -> None:
    assert seen["edits"]["summary"]["number_of_requests"] == 4


def test_list_finds_the_dataset_by_part_of_its_name(seen: dict[str, Any]) -> None:
    page = seen["listed"]
    assert page["count"] == 1
    assert [(item["id"], item["name"]) for item in page["results"]] == [(seen["created"]["id"], seen["name"])]
    assert page["results"][0]["log_count"] == 4


def test_copy_of_a_dataset_holds_its_rows(seen: dict[str, Any]) -> None:
    assert seen["copy"]["id"] != seen["created"]["id"]
    assert seen["copy_rows"]["count"] == 4
    assert MESSAGES in inputs(seen["copy_rows"])


def test_sorting_by_creation_both_ways(seen: dict[str, Any]) -> None:
    ascending, descending = ([item["id"] for item in page["results"]] for page in seen["sorted"])
    assert ascending == [seen["created"]["id"], seen["copy"]["id"]]
    assert descending == ascending[::-1]


def test_page_past_the_end_is_empty(seen: dict[str, Any]) -> None:
    assert seen["past_the_end"]["results"] == []
    assert seen["past_the_end"]["count"] == 2


def test_deleted_row_is_gone(seen: dict[str, Any]) -> None:
    removals = seen["removals"]
    assert removals["deleted"] is None
    assert (removals["gone"]["status"], removals["gone"]["kind"]) == (404, "NotFoundError")
    assert removals["gone"]["body"] == {"detail": "Not found."}
    assert removals["count_after_one"] == 3


def test_remove_all_rows(seen: dict[str, Any]) -> None:
    assert seen["removals"]["remove_all"]["message"]
    assert seen["removals"]["after_all"]["count"] == 0
    assert seen["removals"]["after_all"]["results"] == []


def test_update_dataset(seen: dict[str, Any]) -> None:
    for reply in (seen["updated"], seen["after_update"]):
        assert reply["id"] == seen["created"]["id"]
        assert reply["name"] == f"{seen['name']} renamed"
        assert reply["description"] == "other"
    assert seen["after_update"]["starred"] is True


def test_evaluation_of_a_dataset_is_a_report_per_evaluator(seen: dict[str, Any]) -> None:
    evaluation = seen["evaluation"]
    (task,) = evaluation["started"]["created_tasks"]
    (report,) = evaluation["reports"]["results"]
    assert evaluation["reports"]["count"] == 1
    assert report["task_id"] == task["task_id"]
    assert report["dataset_id"] == evaluation["dataset_id"]
    assert report["evaluator_slug"] == "exact-match"
    assert report["status"] == "completed"
    assert report["evaluated_logs_count"] == 4
    assert report["score"] == 0.25


def test_evaluation_of_a_dataset_scores_its_rows(seen: dict[str, Any]) -> None:
    summary = seen["evaluation"]["summary"]
    assert summary["number_of_requests"] == 4
    assert summary["scores"]["exact-match"]["avg_score"] == 0.25
    for row in seen["evaluation"]["rows"]["results"]:
        assert "exact-match" in row["scores"]


def test_import_of_an_empty_range_adds_nothing(seen: dict[str, Any]) -> None:
    assert seen["imported"]["reply"]["message"]
    assert seen["imported"]["rows"]["count"] == 0


def test_deleted_dataset_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] is None
    assert (seen["gone"]["status"], seen["gone"]["body"]) == (404, {"detail": "Not found."})
    assert seen["rows_gone"]["status"] == 404
    assert [item["id"] for item in seen["listed_after"]["results"]] == [seen["copy"]["id"]]
