"""Phoenix's published Python client against the gateway, and the same against a real Phoenix beside it.

Each fact below is asked of both servers: what is asserted of the gateway has to be true of the real one.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.phoenix.conftest import Play
from tests.vendors.phoenix.masking import unlike

SERVERS = ("gateway", "real")
MODES = ("sync", "async")
DIFFERS = {"tokens"}  # the gateway says more: test_tokens_of_traced_model_calls_are_exported
COUNTS = ("example_count", "successful_run_count", "failed_run_count", "missing_run_count")


@pytest.fixture(scope="module", params=[(server, mode) for server in SERVERS for mode in MODES], ids="-".join)
def seen(request: pytest.FixtureRequest, play: Play) -> Any:
    """What the client returned, step by step."""
    return play(*request.param)


@pytest.mark.parametrize("mode", MODES)
def test_the_client_returns_what_it_returns_from_a_real_phoenix(play: Play, mode: str) -> None:
    here, real = ({step: value for step, value in play(server, mode).items() if step not in DIFFERS} for server in SERVERS)
    assert list(unlike(here, real)) == []


def test_a_dataset_is_created_and_read_back(seen: Any) -> None:
    dataset = seen["create_dataset"]
    assert (dataset["name"], dataset["description"], dataset["example_count"]) == ("capitals SUFFIX", "four capitals", 4)
    assert [example["input"] for example in dataset["examples"]] == [
        {"question": "France?"},
        {"question": "Japan?"},
        {"question": "Peru?"},
        {"question": "Kenya?"},
    ]
    assert dataset["examples"][3]["output"] == {"answer": "Nairobi"}
    assert dataset["examples"][3]["metadata"] == {"place": 3, "tags": ["a", None]}
    assert dataset["examples"][0]["id"] == dataset["examples"][0]["node_id"] == "<DatasetExample 1>"


def test_an_experiment_runs_every_example_and_repetition(seen: Any) -> None:
    runs = seen["run_experiment"]["task_runs"]
    examples = [example["node_id"] for example in seen["create_dataset"]["examples"]]
    assert [(run["dataset_example_id"], run["repetition_number"]) for run in runs] == [
        (example, repetition) for example in examples for repetition in (1, 2)
    ]
    assert runs[4]["output"] == {"answer": "Cusco", "ratio": 0.25, "list": [1, None, "ü"]}
    assert {run["error"] for run in runs} == {None}
    assert len({run["trace_id"] for run in runs}) == 8
    assert len({run["id"] for run in runs}) == 8


def test_evaluators_score_every_run(seen: Any) -> None:
    ran = seen["run_experiment"]
    assert scores(ran, "exact") == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    assert scores(ran, "length") == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.7, 0.7]


def test_an_experiment_reads_back_as_created(seen: Any) -> None:
    experiment = seen["get"]
    assert experiment["id"] == seen["run_experiment"]["experiment_id"]
    assert experiment["project_name"] == seen["run_experiment"]["project_name"]
    assert (experiment["name"], experiment["description"], experiment["repetitions"]) == ("baseline", "first try", 2)
    assert experiment["metadata"] == {"model": "none", "temperature": 0.5, "nested": {"ü": [1, 2.0, None]}}
    assert counts(experiment) == (4, 8, 0, 0)


def test_the_project_of_an_experiment_can_be_read(seen: Any) -> None:
    assert seen["project"]["name"] == seen["get"]["project_name"]
    assert seen["get"]["dataset_id"] in seen["project"]["description"]


@pytest.mark.parametrize("mode", MODES)
def test_tokens_of_traced_model_calls_are_exported(play: Play, mode: str) -> None:
    """The gateway fills the export's counts from the spans; a real Phoenix fills them for its own playground only."""
    assert play("gateway", mode)["tokens"] == [[11, 7]] * 4
    assert play("real", mode)["tokens"] == [[None, None]] * 4


def test_evaluating_again_adds_to_what_is_there(seen: Any) -> None:
    again, read = seen["evaluate_again"], seen["get_experiment"]
    assert len(again["evaluation_runs"]) == 32
    assert {run["error"] for run in named(again, "broken")} == {"ValueError('no idea')"}
    assert [run["name"] for run in read["evaluation_runs"][:3]] == ["exact", "graded", "length"]
    assert scores(read, "exact") == scores(seen["run_experiment"], "exact")
    graded = named(read, "graded")
    assert len(graded) == 8
    assert graded[0]["result"] == {"label": "good", "score": 0.75, "explanation": "because"}
    assert graded[0]["metadata"] == {"judge": "rules"}
    assert graded[0]["trace_id"] == named(again, "graded")[0]["trace_id"]
    assert read["task_runs"] == seen["run_experiment"]["task_runs"]


def test_resuming_repeats_failed_runs_in_place_and_only_those(seen: Any) -> None:
    resumed = seen["resume_experiment"]
    assert counts(resumed["created"]) == (4, 0, 0, 8)
    assert counts(resumed["partial"]) == (4, 4, 4, 0)
    assert counts(resumed["complete"]) == counts(resumed["idle"]) == (4, 8, 0, 0)
    partial, complete = (resumed[f"{step}_runs"]["task_runs"] for step in ("partial", "complete"))
    assert [run["output"] for run in partial] == ["FRANCE?", "FRANCE?", None, None, "PERU?", "PERU?", None, None]
    assert [run["error"] for run in partial if run["error"]] == ["RuntimeError('nope')"] * 4
    assert [run["output"] for run in complete[2:4]] == ["JAPAN?", "JAPAN?"]
    assert [run["id"] for run in complete] == [run["id"] for run in partial]
    assert [run for run in complete if run["output"] in ("FRANCE?", "PERU?")] == [run for run in partial if not run["error"]]
    assert resumed["idle_runs"] == resumed["complete_runs"]
    assert scores(resumed["complete_runs"], "loud") == [1.0] * 8


def test_resuming_evaluations_repeats_failed_ones_and_only_those(seen: Any) -> None:
    evaluations = seen["resume_experiment"]["evaluations"]
    assert scores(evaluations["failed"], "late") == []
    assert scores(evaluations["repaired"], "late") == [0.5] * 8
    assert named(evaluations["repaired"], "loud") == named(seen["resume_experiment"]["complete_runs"], "loud")


def test_runs_are_logged_one_by_one(seen: Any) -> None:
    logged = seen["log"]
    assert logged["created"]["name"] == "<generated 1>"
    assert logged["same_run"]
    assert logged["duplicate"] == {
        "status": 409,
        "text": f"Experiment run {logged['plain']['id']} already exists with a successful result and cannot be updated",
    }
    assert logged["unknown"] == {"status": 404, "text": "DatasetExample with ID <Dataset 1> does not exist"}
    first, second = logged["read"]["task_runs"]
    assert (first["output"], first["error"]) == ([1, 2.5, {"ü": None}], None)
    assert (first["start_time"], first["end_time"]) == ("2026-01-02T03:04:05.678901+00:00", "2026-01-02T03:04:07.178901+00:00")
    assert (second["output"], second["trace_id"]) == ("text", None)
    assert counts(logged["counts"]) == (4, 2, 0, 2)


def test_evaluations_are_logged_one_by_one_and_replaced(seen: Any) -> None:
    logged = seen["log"]
    assert logged["same_evaluation"]
    human, judge = logged["read"]["evaluation_runs"]
    assert human["result"] == {"label": None, "score": 1.0, "explanation": None}
    assert (human["annotator_kind"], human["metadata"]) == ("HUMAN", {})
    assert (judge["annotator_kind"], judge["result"]) == ("LLM", {"label": "ok", "score": None, "explanation": None})
    assert (judge["start_time"], judge["end_time"]) == ("2026-01-02 03:04:05.678901+00:00", "2026-01-02 03:04:07.678901+00:00")


def test_a_deleted_experiment_is_gone(seen: Any) -> None:
    deleted = seen["delete"]
    assert deleted["delete"] == {"returned": None}
    assert deleted["get"]["error"] == deleted["again"]["error"] == "ValueError"
    assert deleted["get"]["text"].startswith("Experiment not found: ")
    assert deleted["project_gone"]["status"] == 404
    assert deleted["left"] == ["kept", "<generated 1>", "resumed", "baseline"]


def test_experiments_are_listed_newest_first(seen: Any) -> None:
    assert [experiment["name"] for experiment in seen["list"]] == ["kept", "<generated 1>", "resumed", "baseline"]
    assert [counts(experiment) for experiment in seen["list"]] == [(4, 0, 0, 4), (4, 2, 0, 2), (4, 8, 0, 0), (4, 8, 0, 0)]
    assert seen["list"][3] == seen["get"]


def test_appending_makes_a_version_and_the_old_one_stays(seen: Any) -> None:
    read, created = seen["read_datasets"], seen["create_dataset"]
    assert read["grown"]["example_count"] == 6
    assert [example["id"] for example in read["grown"]["examples"][4:]] == ["oman-1", "chad-1"]
    assert read["grown"]["examples"][4]["node_id"] == "<DatasetExample 5>"
    assert read["by_name"] == read["grown"]
    assert read["old"]["examples"] == created["examples"]
    assert [version["version_id"] for version in read["versions"]] == [read["grown"]["version_id"], created["version_id"]]
    assert [dataset["example_count"] for dataset in read["listed"]] == [6]
    assert counts(read["experiment"]) == (4, 8, 0, 0)
    assert read["unknown"] == {"error": "ValueError", "text": "Dataset not found: nothing SUFFIX"}


def test_an_experiment_over_a_split_runs_that_split(seen: Any) -> None:
    splits = seen["splits"]
    assert [example["id"] for example in splits["created"]["examples"]] == ["a", "b", "c"]
    assert [example["id"] for example in splits["part"]["examples"]] == ["a", "c"]
    assert splits["part"]["filtered_splits"] == ["train"]
    nodes = [example["node_id"] for example in splits["part"]["examples"]]
    assert [run["dataset_example_id"] for run in splits["ran"]["task_runs"]] == nodes
    assert scores(splits["ran"], "exact") == [1.0, 1.0]
    assert counts(splits["experiment"]) == (2, 2, 0, 0)
    assert splits["unknown"] == {"status": 404, "text": "Dataset splits not found: nope"}


def test_creating_a_dataset_again_changes_it_to_what_was_sent(seen: Any) -> None:
    splits = seen["splits"]
    assert splits["same_version"]
    assert splits["changed"]["id"] == splits["created"]["id"]
    assert splits["changed"]["version_id"] != splits["created"]["version_id"]
    assert [(example["id"], example["output"]["answer"]) for example in splits["changed"]["examples"]] == [("a", "1"), ("b", "four")]
    assert splits["changed"]["examples"][1]["node_id"] == splits["created"]["examples"][1]["node_id"]
    assert splits["versions"] == 2


def test_a_dry_run_leaves_nothing_behind(seen: Any) -> None:
    assert seen["dry_run"] == {"runs": 2, "more_experiments": 0}


def test_lists_longer_than_a_page_are_read_to_the_end(seen: Any) -> None:
    pages = seen["pages"]
    assert pages["newest_first"]
    assert counts(pages["counts"]) == (60, 59, 1, 0)
    assert (pages["runs"], pages["evaluations"]) == (60, 59)


def counts(experiment: Any) -> tuple[int, ...]:
    """Examples, successful, failed and missing runs."""
    return tuple(experiment[name] for name in COUNTS)


def named(ran: Any, name: str) -> list[Any]:
    """The evaluations of that name, in the order of the runs."""
    return [run for run in ran["evaluation_runs"] if run["name"] == name]


def scores(ran: Any, name: str) -> list[float]:
    return [run["result"]["score"] for run in named(ran, name)]
