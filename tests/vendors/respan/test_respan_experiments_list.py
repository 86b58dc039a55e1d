"""Lists, filters, sorting, edits and refusals of experiments, through respan-api 0.1.47."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script

FILTERED = {
    "icontains": "abc",
    "contains": "b",
    "contains_is_case_sensitive": "",
    "equals": "a",
    "scalar": "a",
    "iexact": "a",
    "startswith": "abc",
    "endswith": "c",
    "in": "ac",
    "not": "bc",
    "id": "b",
    "dataset": "ab",
    "status": "abc",
    "other_status": "",
    "isnull": "",
    "isnull_false": "abc",
    "created_at": "abc",
    "created_before": "",
}


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_experiments_list.py"), f"{gateway}/respan")
    return result


def named(seen: dict[str, Any], letters: str) -> list[str]:
    return [f"{seen['prefix']} {letter}" for letter in letters]


@pytest.mark.parametrize("case", FILTERED)
def test_filters(seen: dict[str, Any], case: str) -> None:
    assert seen["lists"]["filtered"][case] == named(seen, FILTERED[case])


def test_list_items(seen: dict[str, Any]) -> None:
    page = seen["lists"]["page"]
    assert page["count"] == 3
    assert [item["id"] for item in page["results"]] == [seen["ids"][2], seen["ids"][1]]
    item = page["results"][1]
    assert item["name"] == f"{seen['prefix']} b"
    assert (item["dataset"], item["dataset_id"]) == (seen["datasets"][0], seen["datasets"][0])
    assert item["dataset_name"].startswith("One row")
    assert (item["status"], item["workflow_count"], item["tags"]) == ("completed", 1, [])


def test_list_echoes_its_filters(seen: dict[str, Any]) -> None:
    assert seen["lists"]["page"]["current_filters"] == {"name": {"operator": "icontains", "value": [seen["prefix"]]}}


def test_pages_link_to_each_other_and_end_empty(seen: dict[str, Any]) -> None:
    first, second, past = (seen["lists"][name] for name in ("page", "second_page", "past_the_end"))
    assert first["next"].startswith("http://127.0.0.1")
    assert "page=2" in first["next"]
    assert first["previous"] is None
    assert [item["id"] for item in second["results"]] == [seen["ids"][0]]
    assert second["next"] is None
    assert (past["count"], past["results"], past["next"]) == (3, [], None)


def test_the_client_pages_through_all(seen: dict[str, Any]) -> None:
    assert seen["lists"]["by_the_client"] == named(seen, "cba")


def test_sort_orders(seen: dict[str, Any]) -> None:
    ascending, descending = named(seen, "abc"), named(seen, "cba")
    assert seen["lists"]["sorted"] == {
        "name": ascending,
        "-name": descending,
        "created_at": ascending,
        "-created_at": descending,
    }
    assert seen["lists"]["unsorted"] == descending


def test_counts(seen: dict[str, Any]) -> None:
    mine, failed, everything = seen["lists"]["counts"]
    assert (mine, failed) == (3, 0)
    assert everything == seen["lists"]["everything"] >= 3


def test_patch_changes_only_what_it_names(seen: dict[str, Any]) -> None:
    patched, after = seen["edits"]["patched"], seen["edits"]["after_patch"]
    assert patched["id"] == after["id"] == seen["ids"][0]
    assert (after["name"], after["description"]) == (f"{seen['prefix']} patched", "patched")
    assert after["workflow"] == [{"type": "duplicate", "config": {}}]
    assert after["evaluator_ids"] == ["exact-match"]
    assert after["status"] == "completed"


def test_put_replaces_the_definition_and_starts_nothing(seen: dict[str, Any]) -> None:
    after = seen["edits"]["after_replace"]
    assert after["id"] == seen["ids"][0]
    assert after["name"] == f"{seen['prefix']} replaced"
    assert after["dataset_id"] == seen["datasets"][1]
    assert after["workflow"] == [{"type": "completion", "config": {"model": "echo"}}]
    assert after["evaluator_ids"] == ["contains"]
    assert (after["batch_size"], after["concurrency"]) == (7, 2)
    assert seen["edits"]["traces_after"] == 1


def test_id_chosen_by_the_caller(seen: dict[str, Any]) -> None:
    own = seen["own_id"]
    assert own["created"]["id"] == own["retrieved"]["id"] == own["chosen"]
    assert own["retrieved"]["name"] == "chosen"


@pytest.mark.parametrize("case", ["retrieve", "update", "replace", "delete", "traces", "summary", "histogram"])
def test_unknown_experiments_are_not_found(seen: dict[str, Any], case: str) -> None:
    refusal = seen["refusals"][case]
    assert (refusal["status"], refusal["kind"]) == (404, "NotFoundError")
    assert refusal["body"] == {"detail": "Not found."}


@pytest.mark.parametrize("case", ["two_ways_to_score", "no_steps", "unknown_step"])
def test_wrong_definitions_are_refused(seen: dict[str, Any], case: str) -> None:
    refusal = seen["refusals"][case]
    assert (refusal["status"], refusal["kind"]) == (400, "BadRequestError")
    assert refusal["body"]


def test_unknown_dataset_is_refused(seen: dict[str, Any]) -> None:
    assert seen["refusals"]["unknown_dataset"]["status"] in (400, 404)


def test_deleted_experiment_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] is None
    assert (seen["gone"]["status"], seen["gone"]["body"]) == (404, {"detail": "Not found."})
    assert seen["left"] == named(seen, "bc")
