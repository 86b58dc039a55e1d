"""Phoenix's published TypeScript client against the gateway, and the same against a real Phoenix beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.node import node_present
from tests.vendors.phoenix.conftest import Play
from tests.vendors.phoenix.masking import unlike

pytestmark = pytest.mark.skipif(not node_present(), reason="needs Node and npm")

LOCAL: frozenset[str] = frozenset({"asEvaluator", "fromPhoenixLLMEvaluator", "getExperimentEvaluators", "toSDK"})
"""Functions of the client that send nothing."""

COUNTS = ("exampleCount", "successfulRunCount", "failedRunCount", "missingRunCount")


@pytest.fixture(scope="module", params=["gateway", "real"])
def seen(request: pytest.FixtureRequest, play: Play) -> Any:
    """What the client returned, step by step."""
    return play(request.param, "ts")


def test_the_client_returns_what_it_returns_from_a_real_phoenix(play: Play) -> None:
    assert list(unlike(play("gateway", "ts"), play("real", "ts"))) == []


def test_a_dataset_is_created_and_found_by_name(seen: Any) -> None:
    dataset = seen["dataset"]
    assert (dataset["name"], dataset["description"]) == ("capitals SUFFIX", "three capitals")
    assert [example["output"] for example in dataset["examples"]] == [{"answer": "Paris"}, {"answer": "Tokyo"}, {"answer": "Lima"}]


def test_an_experiment_is_run_and_scored(seen: Any) -> None:
    assert seen["runs"] == 6
    assert seen["scores"] == [["exact", score, None] for score in (0, 0, 1, 1, 1, 1)] + [["length", 0.5, None]] * 6
    assert counts(seen["info"]) == (3, 6, 0, 0)
    assert seen["info"]["metadata"] == {"model": "none", "ü": [1, None]}


def test_scores_are_stored_with_their_runs(seen: Any) -> None:
    stored = seen["stored"]
    assert [record["repetition_number"] for record in stored] == [1, 2, 1, 2, 1, 2]
    assert [record["output"]["answer"] for record in stored] == ["Paris", "Paris", "Tokyo", "Tokyo", "Cusco", "Cusco"]
    exact, length = zip(*(record["annotations"] for record in stored), strict=True)
    assert [annotation["score"] for annotation in exact] == [1, 1, 1, 1, 0, 0]
    assert {annotation["label"] for annotation in exact} == {"compared"}
    assert exact[0]["metadata"] == {"m": 1}
    assert {annotation["explanation"] for annotation in length} == {"tenths"}


def test_runs_are_read_page_by_page(seen: Any) -> None:
    assert seen["samePages"]
    assert seen["newestFirst"]
    assert seen["ownTraces"] == 6
    assert [run["output"]["answer"] for run in seen["read"]] == ["Paris", "Paris", "Tokyo", "Tokyo", "Cusco", "Cusco"]


def test_evaluating_again_adds_scores(seen: Any) -> None:
    assert seen["again"] == 6
    assert seen["annotations"] == [["always", "exact", "length"]] * 6


def test_resuming_repeats_what_failed(seen: Any) -> None:
    assert counts(seen["partial"]) == (3, 4, 2, 0)
    assert counts(seen["complete"]) == (3, 6, 0, 0)
    assert [[(score["score"], score["error"]) for score in scores] for scores in seen["failed"]] == [[(None, "not yet")]] * 6
    assert [[(score["score"], score["error"]) for score in scores] for scores in seen["repaired"]] == [[(0.5, None)]] * 6


def test_a_deleted_experiment_is_gone(seen: Any) -> None:
    assert len(seen["listed"]) == 2
    assert seen["deleted"] == {"returned": None}
    assert seen["gone"] == {"error": f"URL/v1/experiments/{seen['listed'][0]['id']}: 404 Not Found"}
    assert seen["left"] == 1


def test_appending_makes_a_version(seen: Any) -> None:
    assert seen["appended"]["versionId"] == seen["grown"]["versionId"] != seen["dataset"]["versionId"]
    assert [example["id"] for example in seen["grown"]["examples"]][3] == "oman-1"
    assert seen["dryRuns"] == 2


def test_a_dataset_is_told_without_and_with_its_examples(seen: Any) -> None:
    info = seen["datasetInfo"]
    assert (info["id"], info["name"], info["description"]) == (seen["dataset"]["id"], "capitals SUFFIX", "three capitals")
    assert [content for _, content in seen["examples"]] == [{"question": word} for word in ("France?", "Japan?", "Peru?", "Oman?")]
    assert seen["examples"][3][0] == "oman-1"


def test_a_prompt_is_kept_and_read_by_name_and_version(seen: Any) -> None:
    prompt = seen["prompt"]
    assert prompt == seen["promptRead"] == seen["promptVersion"]
    assert prompt["template"]["messages"] == [{"role": "user", "content": "Greet {{name}}"}]
    assert (prompt["model_name"], prompt["description"]) == ("gpt-4o", "first")
    assert prompt["invocation_parameters"] == {"type": "openai", "openai": {"temperature": 0.5}}
    assert seen["promptMissing"] is None
    assert [(listed["name"], listed["description"]) for listed in seen["promptListed"]] == [("greet-SUFFIX", "greets")]


def test_no_method_is_forgotten(seen: Any) -> None:
    """What calls the server is called by the scenario; the rest only makes or turns values."""
    scenario = Path(__file__).with_name("scenario.cjs").read_text(encoding="utf-8")
    called = {(part, name) for part in seen["methods"] for name in re.findall(rf"\b{part}\.(\w+)\(", scenario)}
    present = {(part, name) for part, names in seen["methods"].items() for name in names}
    assert {name for part, name in present - called} == LOCAL


def counts(experiment: Any) -> tuple[int, ...]:
    """Examples, successful, failed and missing runs."""
    return tuple(experiment[name] for name in COUNTS)
