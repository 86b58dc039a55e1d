"""Datasets and versions through evalguardai 2.2.3, by what they returned."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import EVALGUARD, run_script

FIRST = [("2+2?", "4"), ("3+3?", "6")]
SECOND = [*FIRST, ("5+5?", "10")]


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(EVALGUARD, Path(__file__).with_name("script_datasets.py"), f"{gateway}/evalguard/api")
    return result


def cases(reply: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(case["input"], case["expected_output"]) for case in reply["version"]["cases"]]


def test_created_dataset_is_listed(seen: dict[str, Any]) -> None:
    created = seen["dataset"]["created"]
    assert str(uuid.UUID(created["id"])) == created["id"]
    assert (created["name"], created["description"], created["item_count"]) == (seen["name"], "sums", 2)
    (listed,) = seen["dataset"]["listed"]
    assert (listed["id"], listed["item_count"]) == (created["id"], 2)
    assert datetime.fromisoformat(listed["created_at"]) == datetime.fromisoformat(created["created_at"])


def test_dataset_without_cases(seen: dict[str, Any]) -> None:
    assert seen["dataset"]["empty"]["item_count"] == 0


def test_snapshot_of_unchanged_content_is_the_same_version(seen: dict[str, Any]) -> None:
    versions = seen["versions"]
    assert versions["first"]["unchanged"] is False
    assert versions["first"]["version"]["description"] == "as uploaded"
    assert versions["first"]["version"]["case_count"] == 2
    assert versions["unchanged"]["unchanged"] is True
    assert versions["unchanged"]["version"]["id"] == versions["first"]["version"]["id"]


def test_appended_cases_make_a_new_version(seen: dict[str, Any]) -> None:
    first, second = seen["versions"]["first"]["version"], seen["versions"]["second"]["version"]
    assert seen["versions"]["second"]["unchanged"] is False
    assert second["version_num"] == first["version_num"] + 1
    assert second["case_count"] == 3
    assert second["content_hash"] != first["content_hash"]


def test_versions_are_listed_newest_first(seen: dict[str, Any]) -> None:
    listed = seen["versions"]["listed"]
    assert listed["datasetId"] == seen["dataset"]["created"]["id"]
    assert [row["id"] for row in listed["versions"]] == [seen["versions"][name]["version"]["id"] for name in ("second", "first")]


def test_versions_keep_their_cases(seen: dict[str, Any]) -> None:
    assert cases(seen["versions"]["first_cases"]) == FIRST
    assert cases(seen["versions"]["second_cases"]) == SECOND
    assert seen["versions"]["first_cases"]["version"]["cases"][0]["metadata"] == {"topic": "sums"}
    ids = [case["id"] for case in seen["versions"]["second_cases"]["version"]["cases"]]
    assert len(set(ids)) == 3


def test_diff_both_ways(seen: dict[str, Any]) -> None:
    numbers = [seen["versions"][name]["version"]["version_num"] for name in ("first", "second")]
    for name, expected, added, removed in (("diff", numbers, 1, 0), ("diff_back", numbers[::-1], 0, 1)):
        reply = seen["versions"][name]
        assert [reply["fromVersionNum"], reply["toVersionNum"]] == expected
        counts = reply["diff"]
        assert (counts["added"], counts["removed"], counts["modified"], counts["unchanged"]) == (added, removed, 0, 2)
    (sample,) = seen["versions"]["diff"]["diff"]["sampleChanges"]
    assert sample["type"] == "added"


def test_export_is_a_line_per_case(seen: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in seen["versions"]["export"].splitlines()]
    assert [line["input"] for line in lines] == [text for text, _ in SECOND]


def test_restore_brings_the_old_cases_back(seen: dict[str, Any]) -> None:
    restored = seen["versions"]["restored"]
    assert restored["restoredFromVersion"] == seen["versions"]["first"]["version"]["version_num"]
    assert restored["caseCount"] == 2
    assert cases(seen["versions"]["after_restore"]) == FIRST
    numbers = [row["version_num"] for row in seen["versions"]["listed_after"]["versions"]]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [("unknown_version", 404, "NOT_FOUND"), ("unknown_dataset", 404, "NOT_FOUND"), ("wrong_id", 400, "INVALID_ID")],
)
def test_refusals(seen: dict[str, Any], case: str, status: int, code: str) -> None:
    refusal = seen["versions"][case]
    assert (refusal["status"], refusal["code"]) == (status, code)


def test_deleted_dataset_is_gone(seen: dict[str, Any]) -> None:
    identifier = seen["dataset"]["created"]["id"]
    assert seen["deleted"]["id"] == identifier
    assert seen["gone"]["status"] == 404
    assert identifier not in seen["listed_after"]
    assert seen["dataset"]["empty"]["id"] in seen["listed_after"]


def test_health_and_upload(seen: dict[str, Any]) -> None:
    imbalance = seen["health"]["health"]["imbalance"]
    assert (imbalance["counts"], imbalance["imbalanceRatio"]) == ([3, 1], 3)
    assert (seen["uploaded"]["name"], seen["uploaded"]["item_count"], seen["uploaded"]["source"]) == (f"{seen['name']}-file", 1, "upload")
