"""Phoenix's published Python client around experiments: datasets from files and tables, projects, prompts; here and at a real Phoenix."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.phoenix.conftest import Play
from tests.vendors.phoenix.masking import unlike

SERVERS = ("gateway", "real")
MODES = ("sync", "async")
METHODS = {
    "datasets": {
        "add_examples_to_dataset": "files",
        "create_dataset": "files",
        "get_dataset": "files",
        "get_dataset_versions": "files",
        "list": "scenario",
    },
    "experiments": {
        "create": "scenario",
        "delete": "scenario",
        "evaluate_experiment": "scenario",
        "get": "scenario",
        "get_dataset_experiments_url": "addresses",
        "get_experiment": "scenario",
        "get_experiment_url": "addresses",
        "list": "scenario",
        "log_evaluation": "scenario",
        "log_run": "scenario",
        "resume_evaluation": "scenario",
        "resume_experiment": "scenario",
        "run_experiment": "scenario",
    },
    "projects": dict.fromkeys(("create", "delete", "get", "list", "update"), "projects"),
    "prompts": dict.fromkeys(("create", "delete", "get", "update"), "prompts"),
    "prompts.tags": dict.fromkeys(("create", "list"), "prompts"),
}
"""Every method the client has for these, and the step that calls it (`scenario`: a step of `scenario.py`)."""


@pytest.fixture(scope="module", params=[(server, mode) for server in SERVERS for mode in MODES], ids="-".join)
def seen(request: pytest.FixtureRequest, play_library: Play) -> Any:
    """What the client returned, step by step."""
    return play_library(*request.param)


@pytest.mark.parametrize("mode", MODES)
def test_the_client_returns_what_it_returns_from_a_real_phoenix(play_library: Play, mode: str) -> None:
    assert list(unlike(play_library("gateway", mode), play_library("real", mode))) == []


def test_no_method_is_forgotten(seen: Any) -> None:
    assert {name: set(methods) for name, methods in seen["methods"].items()} == {name: set(methods) for name, methods in METHODS.items()}


def test_a_file_makes_a_dataset_with_ids_and_splits(seen: Any) -> None:
    files = seen["files"]
    made = files["made"]
    assert (made["name"], made["description"], made["example_count"]) == ("from a file SUFFIX", "three facts", 3)
    assert [(example["id"], example["input"], example["output"], example["metadata"]) for example in made["examples"]] == [
        ("first", {"question": "1, or 2?"}, {"answer": "one"}, {"place": "0"}),
        ("second", {"question": "2?"}, {"answer": 'two "2"'}, {"place": "1"}),
        ("third", {"question": "3?"}, {}, {"place": "2"}),
    ]
    assert [example["id"] for example in files["hard"]["examples"]] == ["second"]
    assert files["same_version"]


def test_a_file_is_appended(seen: Any) -> None:
    files = seen["files"]
    assert [example["id"] for example in files["grown"]["examples"]] == ["first", "second", "third", "fourth"]
    assert files["grown"]["version_id"] != files["made"]["version_id"]
    assert files["versions"] == 1
    assert files["unknown_key"]["error"] == "ValueError"


def test_a_table_makes_a_dataset_and_is_had_again(seen: Any) -> None:
    tables = seen["tables"]
    assert [(example["input"], example["output"]) for example in tables["made"]["examples"]] == [
        ({"question": "1?"}, {"answer": "one"}),
        ({"question": "2?"}, {}),
    ]
    assert [(row["input"], row["metadata"]) for row in tables["frame"]] == [
        ({"question": "1?"}, {"weight": "0.5"}),
        ({"question": "2?"}, {"weight": "2.0"}),
        ({"question": "3?"}, {"weight": "1.0"}),
    ]
    assert tables["back"]


def test_projects_are_made_found_changed_and_deleted(seen: Any) -> None:
    projects = seen["projects"]
    made = {"name": "project SUFFIX", "description": "for spans", "id": "<Project 1>"}
    assert projects["made"] == projects["by_id"] == made
    assert projects["changed"] == {**made, "description": "changed"}
    assert projects["found"] == [projects["changed"]]
    assert [project["name"] for project in projects["listed"]] == ["project SUFFIX", "default"]
    assert projects["deleted"] == {"returned": None}
    assert projects["gone"] == {"status": 404, "text": "Project with name project SUFFIX not found"}
    assert projects["default"] == {"status": 403, "text": "The default project cannot be deleted"}


def test_prompts_are_read_by_name_tag_and_version(seen: Any) -> None:
    prompts = seen["prompts"]
    assert prompts["first"]["messages"] == [
        {"role": "system", "content": "You greet in French."},
        {"role": "user", "content": "Greet Ada, ü!"},
    ]
    assert prompts["first"]["parameters"]["model"] == "gpt-4o-mini"
    assert prompts["tagged"] == prompts["by_id"] == prompts["first"]
    assert prompts["latest"] == prompts["second"] == prompts["moved"]
    assert prompts["second"]["parameters"]["model"] == "gpt-4o"
    assert prompts["tags"] == [["old", None], ["production", "live"]]


def test_prompts_are_changed_and_deleted(seen: Any) -> None:
    prompts = seen["prompts"]
    assert prompts["changed"] == {"name": "greet-SUFFIX", "metadata": {"team": "b"}, "id": "<Prompt 1>"}
    assert prompts["deleted"] == {"returned": None}
    assert prompts["gone"]["error"] == "ValueError"


def test_addresses_are_made_by_the_client(seen: Any) -> None:
    assert seen["addresses"] == {
        "dataset": "/DATASET/experiments",
        "experiment": "/DATASET/compare?experimentId=EXPERIMENT",
    }
