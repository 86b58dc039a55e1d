"""Every experiment call of respan-ai 2.0.1 (spreadsheets), by what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_V1, run_script


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_V1, Path(__file__).with_name("script_spreadsheets.py"), f"{gateway}/respan")
    return result


def cells(sheet: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["id"], result["column_id"]): result for row in sheet["rows"] for result in row["results"]}


def test_a_new_spreadsheet_is_ready_and_not_run(seen: dict[str, Any]) -> None:
    made = seen["created"]
    assert (made["name"], made["description"], made["status"]) == ("words", "said again", "ready")
    assert (made["row_count"], made["column_count"], made["variables"]) == (2, 2, ["word"])
    assert [column["id"] for column in made["columns"]] == ["first", "second"]
    assert [column["max_completion_tokens"] for column in made["columns"]] == [64, 64]
    assert [(row["input"], row["ideal_output"], row["results"]) for row in made["rows"]] == [
        ({"word": "abc"}, "abc", []),
        ({"word": "xyz"}, "abc", []),
    ]
    assert seen["retrieved"] == made


def test_lists_find_it_and_end(seen: dict[str, Any]) -> None:
    assert seen["created"]["id"] in [item["id"] for item in seen["listed"]["results"]]
    assert seen["past_the_end"]["results"] == []
    assert seen["updated"]["name"] == "other words"


def test_a_run_of_one_column_fills_its_cells(seen: dict[str, Any]) -> None:
    ran = seen["ran"]
    assert (ran["some"]["experiment_id"], ran["some"]["status"]) == (seen["created"]["id"], "running")
    found = cells(ran["after_some"])
    assert set(found) == {("one", "first"), ("two", "first")}
    assert {cell["status"] for cell in found.values()} == {"completed"}
    assert found["two", "first"]["output"]["role"] == "assistant"
    assert "xyz" in found["two", "first"]["output"]["content"]


def test_a_run_of_all_says_which_cells_failed(seen: dict[str, Any]) -> None:
    found = cells(seen["ran"]["after_all"])
    assert len(found) == 4
    assert {cell["status"] for (_, column), cell in found.items() if column == "first"} == {"completed"}
    assert {cell["status"] for (_, column), cell in found.items() if column == "second"} == {"error"}
    assert found["one", "second"]["error"]
    assert found["one", "second"]["output"] is None


def test_evaluators_judge_what_was_run(seen: dict[str, Any]) -> None:
    assert seen["early_evals"]["status"] == 400
    assert seen["ran"]["judged"]["evaluators"] == ["icontains"]
    found = cells(seen["ran"]["after_judging"])
    assert found["one", "first"]["evaluation_result"]["icontains"]["primary_score"] == 1.0
    assert found["two", "first"]["evaluation_result"]["icontains"]["primary_score"] == 0.0
    assert found["one", "second"]["evaluation_result"] == {}
    assert seen["ran"]["unknown_evaluator"]["status"] == 400


def test_rows_and_columns_change(seen: dict[str, Any]) -> None:
    edits = seen["edits"]
    assert (edits["add_rows"]["added_rows"], edits["update_rows"]["updated_rows"]) == (2, 1)
    assert (edits["add_columns"]["added_columns"], edits["update_columns"]["updated_columns"]) == (2, 1)
    assert edits["rows_removed"]["body"]["removed_rows"] == edits["columns_removed"]["body"]["removed_columns"] == 1
    after = edits["after"]
    assert [(row["id"], row["input"]["word"]) for row in after["rows"]] == [("one", "abc"), ("two", "xyz"), ("three", "new")]
    assert [(column["id"], column["temperature"]) for column in after["columns"]] == [("first", 0.7), ("second", 0.7), ("third", 0.1)]


def test_deletes_never_leave_this_client(seen: dict[str, Any]) -> None:
    """A client whose deletes work (its HTTP library would have to take `json`) makes this test fail, and gets tests of what they answer."""
    ours = [seen["delete"], seen["edits"]["remove_rows"], seen["edits"]["remove_columns"]]
    assert [one["status"] for one in ours] == [-1, -1, -1]
    assert all("json" in seen["asynchronous"][name] for name in ("adelete", "aremove_rows", "aremove_columns"))


def test_a_deleted_spreadsheet_is_gone(seen: dict[str, Any]) -> None:
    assert (seen["deleted"]["status"], list(seen["deleted"]["body"])) == (200, ["message"])
    assert (seen["gone"]["status"], seen["gone"]["body"]) == (404, {"detail": "Not found."})


def test_the_asynchronous_calls_do_the_same(seen: dict[str, Any]) -> None:
    later = seen["asynchronous"]
    assert (later["acreate"]["name"], later["aget"]["id"], later["aupdate"]["description"]) == (
        "later words",
        later["acreate"]["id"],
        "changed",
    )
    assert [item["id"] for item in later["alist"]["results"]] == [later["acreate"]["id"]]
    assert (later["aadd_rows"]["added_rows"], later["aupdate_rows"]["updated_rows"]) == (1, 1)
    assert (later["aadd_columns"]["added_columns"], later["aupdate_columns"]["updated_columns"]) == (1, 1)
    assert later["arun_experiment"]["status"] == later["arun_experiment_evals"]["status"] == "running"
