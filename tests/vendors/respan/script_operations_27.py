"""All 18 experiment operations of respan-api 0.1.27; the argument is the base URL."""

from __future__ import annotations

import sys
from typing import Any

from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from respan.experiments import ReplaceExperimentRequestWorkflowItem as NewStep
from support import ONCE, connect_without_key, eventually, plain, refused, scored, settled, tell, unique

client = connect_without_key(sys.argv[1])
experiments = client.experiments
KEY: Any = {"authorization": "Bearer local", "request_options": ONCE}


def dataset() -> str:
    made = client.datasets.create_dataset(name=unique("Old client"), is_empty=True, **KEY)
    for text, wanted in (("abcd", "abcd"), ("abce", "abxx"), ("abcf", "wxyz")):
        # This version has no parameter for the expected output, which the server took already.
        expected: Any = {"additional_body_parameters": {"expected_output": wanted}}
        client.datasets.create_dataset_log(made.id, input=text, **KEY | {"request_options": ONCE | expected})
    return str(made.id)


def traces(experiment_id: str, **query: Any) -> list[dict[str, Any]]:
    return [plain(item) for item in experiments.list_experiment_spans(experiment_id, **KEY, **query).items]


def ran(name: str, dataset_id: str) -> dict[str, Any]:
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        name=name,
        workflow=[Step(type="completion", config={"model": "echo"})],
        evaluator_ids=["levenshtein", "exact-match"],
        **KEY,
    )
    experiment = eventually(lambda: experiments.retrieve_experiment(created.id, **KEY), settled)
    found = eventually(lambda: traces(created.id), scored({"levenshtein", "exact-match"}, 3))
    return {"created": plain(created), "experiment": plain(experiment), "traces": found}


def collections(name: str) -> dict[str, Any]:
    mine = {"name": {"operator": "icontains", "value": [name]}}
    return {
        "list_experiments_root": plain(experiments.list_experiments_root(page=1, page_size=5, **KEY)),
        "root_past_the_end": plain(experiments.list_experiments_root(page=9999, page_size=5, **KEY)),
        "list_experiments_with_query": plain(
            experiments.list_experiments_with_query(page=1, page_size=5, sort_by="-created_at", **KEY).response
        ),
        "query_past_the_end": plain(experiments.list_experiments_with_query(page=9999, page_size=5, **KEY).response),
        "list_experiments": plain(experiments.list_experiments(filters=mine, page=1, page_size=5, **KEY).response),
        "get_experiments_summary": plain(experiments.get_experiments_summary(**KEY)),
        "filter_experiments_summary": plain(experiments.filter_experiments_summary(filters=mine, **KEY)),
    }


def spans(experiment_id: str, trace_id: str) -> dict[str, Any]:
    passed = {"scores__exact-match": {"operator": "", "value": [True]}}
    return {
        "exported": plain(experiments.export_experiment_spans(experiment_id, export="1", **KEY)),
        "listed_by_export": plain(experiments.export_experiment_spans(experiment_id, page=1, page_size=2, **KEY)),
        "detailed_by_export": plain(experiments.export_experiment_spans(experiment_id, detail="true", **KEY)),
        "list_experiment_spans": traces(experiment_id, page=1, page_size=2, sort_by="-start_time"),
        "filtered_by_score": traces(experiment_id, filters=passed),
        "retrieve_experiment_span": plain(experiments.retrieve_experiment_span(experiment_id, trace_id, **KEY)),
        "get_summary": plain(experiments.get_experiment_spans_summary(experiment_id, **KEY)),
        "filter_summary": plain(experiments.filter_experiment_spans_summary(experiment_id, **KEY)),
        "get_histogram": plain(experiments.get_experiment_score_histogram(experiment_id, evaluator_id="levenshtein", bins=2, **KEY)),
        "filter_histogram": plain(
            experiments.filter_experiment_score_histogram(experiment_id, evaluator_id="levenshtein", bins=2, filters={}, **KEY)
        ),
    }


def waited(dataset_id: str) -> dict[str, Any]:
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        name=unique("Waits"),
        workflow=[Step(type="wait", config={})],
        evaluator_slugs=["exact-match"],
        **KEY,
    )
    waiting = eventually(lambda: traces(created.id), lambda found: len(found) == 3)
    replies = [plain(experiments.update_experiment_span(created.id, trace["id"], input=None, output="abcd", **KEY)) for trace in waiting]
    experiment = eventually(lambda: experiments.retrieve_experiment(created.id, **KEY), settled)
    found = eventually(lambda: traces(created.id), scored({"exact-match"}, 3))
    return {"waiting": waiting, "replies": replies, "experiment": plain(experiment), "traces": found}


def edits(experiment_id: str, dataset_id: str) -> dict[str, Any]:
    steps = [NewStep(type="duplicate", config={})]
    return {
        "updated": plain(experiments.update_experiment(experiment_id, description="patched", **KEY)),
        "replaced": plain(experiments.replace_experiment(experiment_id, dataset_id=dataset_id, workflow=steps, name="replaced", **KEY)),
        "retrieved": plain(experiments.retrieve_experiment(experiment_id, **KEY)),
        "deleted": experiments.delete_experiment(experiment_id, **KEY),
        "gone": refused(lambda: experiments.retrieve_experiment(experiment_id, **KEY)),
    }


def main() -> None:
    name = unique("Eighteen")
    dataset_id = dataset()
    seen: dict[str, Any] = {"name": name, "dataset_id": dataset_id} | ran(name, dataset_id)
    identifier = seen["experiment"]["id"]
    seen["collections"] = collections(name)
    seen["spans"] = spans(identifier, seen["traces"][0]["id"])
    seen["waited"] = waited(dataset_id)
    seen["edits"] = edits(identifier, dataset_id)
    tell(seen)


main()
