"""Every score call of respan-api 0.1.47, by what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_scores.py"), f"{gateway}/respan")
    return result


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("numerical", "numerical_value", 4.5),
        ("boolean", "boolean_value", False),
        ("text", "string_value", "fine"),
        ("multi_select", "categorical_value", ["x", "y"]),
    ],
)
def test_a_score_of_each_kind_keeps_its_value(seen: dict[str, Any], kind: str, field: str, value: Any) -> None:
    score = seen["one"]["made"][kind]
    assert score[field] == value
    assert (score["evaluator_id"], score["log_id"]) == (seen["judges"][kind], seen["logs"][0])


def test_json_travels_as_text(seen: dict[str, Any]) -> None:
    assert seen["one"]["made"]["json"]["json_value"] == '{"a":1}'


def test_an_evaluator_scores_a_log_once(seen: dict[str, Any]) -> None:
    one = seen["one"]
    assert (one["again"]["id"], one["again"]["numerical_value"]) == (one["made"]["numerical"]["id"], 2.0)
    assert one["listed"]["count"] == 5


def test_changes_of_a_logs_score(seen: dict[str, Any]) -> None:
    one = seen["one"]
    assert (one["updated"]["numerical_value"], one["replaced"]["numerical_value"], one["retrieved"]["numerical_value"]) == (3.0, 1.0, 1.0)
    assert one["retrieved"]["id"] == one["made"]["numerical"]["id"]


def test_a_logs_deleted_score_is_gone(seen: dict[str, Any]) -> None:
    one = seen["one"]
    assert one["deleted"] is None
    assert one["gone"]["status"] == 404
    assert {score["id"] for score in one["listed_after"]["results"]} == {
        one["made"][kind]["id"] for kind in ("numerical", "boolean", "json", "multi_select")
    }


def test_the_trace_shows_what_its_scores_say(seen: dict[str, Any]) -> None:
    shown = {entry["evaluator_id"]: entry for entry in seen["trace"]["scores"].values()}
    assert shown[seen["judges"]["numerical"]]["numerical_value"] == 1.0
    assert shown[seen["judges"]["boolean"]]["boolean_value"] is False
    assert seen["judges"]["text"] not in shown


def test_score_records_are_found_changed_and_deleted(seen: dict[str, Any]) -> None:
    everything = seen["all"]
    assert (everything["made"]["numerical_value"], everything["made"]["scorer"]) == (5.0, "ann")
    assert everything["other"]["evaluator_slug"] == "own-slug"
    ids = [everything["made"]["id"], everything["other"]["id"]]
    assert [score["id"] for score in everything["filtered"]["results"]] == ids
    assert everything["past_the_end"]["results"] == []
    assert (everything["updated"]["id"], everything["after_update"]["numerical_value"]) == (ids[0], 4.0)
    assert everything["replaced"]["numerical_value"] == 0.0
    assert everything["deleted"] is None
    assert everything["gone"]["status"] == 404
    assert [score["id"] for score in everything["filtered_after"]["results"]] == ids[1:]


def test_a_score_needs_a_log_and_somebody_who_gives_it(seen: dict[str, Any]) -> None:
    everything = seen["all"]
    assert (everything["of_no_log"]["status"], everything["of_no_log"]["body"]) == (404, {"detail": "Not found."})
    assert everything["of_nobody"]["status"] == 400
    assert (everything["without_a_log"]["status"], everything["without_a_log"]["body"]) == (400, {"log_id": ["This field is required."]})
