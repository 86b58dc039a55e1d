"""Prompts, the registry, scorers, evaluators and projects through evalguardai 2.2.3, by what they returned."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import EVALGUARD, run_script


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(EVALGUARD, Path(__file__).with_name("script_registry.py"), f"{gateway}/evalguard/api")
    return result


def test_prompt_versions_count_up_by_name(seen: dict[str, Any]) -> None:
    prompts = seen["prompts"]
    assert [prompts[name]["version"] for name in ("first", "second", "other")] == [1, 2, 1]
    assert (prompts["first"]["name"], prompts["first"]["content"]) == (seen["name"], "Answer: {{input}}")


def test_prompt_versions_are_listed(seen: dict[str, Any]) -> None:
    listed = {(row["name"], row["version"]): row for row in seen["prompts"]["listed"]}
    assert sorted(listed) == [(seen["name"], 1), (seen["name"], 2), (f"{seen['name']}-other", 1)]
    assert listed[seen["name"], 2]["content"] == "Please answer: {{input}}"
    assert listed[seen["name"], 1]["id"] == seen["prompts"]["first"]["id"]


def test_prompt_without_content_is_refused(seen: dict[str, Any]) -> None:
    refusal = seen["prompts"]["no_content"]
    assert (refusal["status"], refusal["code"]) == (400, "VALIDATION_ERROR")
    assert "content" in refusal["message"]


def test_prompt_deployment_is_read_back(seen: dict[str, Any]) -> None:
    prompts = seen["prompts"]
    assert (prompts["deployed"]["env"], prompts["deployed"]["version"]) == ("production", 1)
    assert prompts["environments"] == {"current": [prompts["deployed"]], "history": [prompts["deployed"]]}
    after = prompts["environments_after"]
    assert [row["version"] for row in after["current"]] == [2]
    assert [row["version"] for row in after["history"]] == [2, 1]
    assert prompts["no_such_version"]["status"] == 404


def test_scorers_are_listed_by_their_plain_names(seen: dict[str, Any]) -> None:
    scorers = {scorer["id"]: scorer for scorer in seen["scorers"]}
    assert len(scorers) == len(seen["scorers"])
    assert {"exact-match", "contains", "starts-with", "ends-with", "levenshtein", "json-valid"} <= set(scorers)
    assert all(scorer["name"] and scorer["description"] for scorer in seen["scorers"])


def test_evaluator_versions(seen: dict[str, Any]) -> None:
    listed = seen["evaluators"]["listed"]
    assert [row["version"] for row in listed] == [2, 1]
    assert {row["kind"] for row in listed} == {"llm-judge"}
    assert [row["is_active"] for row in listed] == [True, False]
    assert len({row["name"] for row in listed}) == 1


def test_every_scorer_says_whether_it_runs_here(seen: dict[str, Any]) -> None:
    scorers = {scorer["id"]: scorer for scorer in seen["scorers"]}
    assert scorers["exact-match"]["available"] is True
    assert scorers["semantic-similarity"]["available"] is False
    assert "embeddings" in scorers["semantic-similarity"]["reason"]


def test_evaluators_are_listed_by_project_and_compared(seen: dict[str, Any]) -> None:
    evaluators = seen["evaluators"]
    assert evaluators["first"]["name"] in evaluators["listed_all"]
    assert evaluators["diff"]["diff"] == {"changed": True, "added": [], "removed": [], "modified": ["threshold"]}
    assert (evaluators["no_such_version"]["status"], evaluators["no_such_version"]["code"]) == (404, "NOT_FOUND")


def test_calibration(seen: dict[str, Any]) -> None:
    pairs, scored = seen["calibration"]["pairs"], seen["calibration"]["scored"]
    assert pairs["agreement"]["kappa"] == pytest.approx(0.4)
    assert pairs["agreement"]["accuracy"] == pytest.approx(2 / 3)
    assert (scored["scorerId"], scored["agreement"]["accuracy"], scored["recommendation"]["threshold"]) == ("tone", 0.5, 0.6)


def test_the_registry_goes_by_hashes(seen: dict[str, Any]) -> None:
    registry = seen["registry"]
    hashes = [sha256(text.encode()).hexdigest() for text in ("Hi {who}", "Hello {who}")]
    assert [registry["first"]["hash"], registry["second"]["hash"]] == hashes
    assert registry["listed"] == [registry["second"]]
    assert (registry["rolled_back"]["version"], registry["rolled_back"]["hash"]) == (1, hashes[0])
    assert [registry["traffic"]["control_hash"], registry["traffic"]["variant_hash"]] == hashes


def test_projects_hold_their_records(seen: dict[str, Any]) -> None:
    projects = seen["projects"]
    assert projects["read"] == projects["made"]
    assert projects["changed"]["name"] == f"{projects['made']['slug']} too"
    assert projects["inside"] == ["inside"]
    assert projects["deleted"] == {"id": projects["made"]["id"], "deleted": True}
    assert projects["gone"]["status"] == 404
    assert projects["inside_after"] == []
