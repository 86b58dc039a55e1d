"""Experiments that the server runs, through respan-api 0.1.47; the argument is the base URL."""

from __future__ import annotations

import datetime
import sys
from typing import Any

from respan import DatasetLogCreateRequest
from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from support import ONCE, connect, eventually, plain, refused, scored, settled, tell, unique

client = connect(sys.argv[1])
experiments = client.experiments
ECHO = Step(type="completion", config={"model": "echo", "max_tokens": 100})
WORDS = (
    ("alpha beta", "alpha beta"),
    ("alpha gamma", "gamma"),
    ("abcd", "abxy"),
    ("wxyz", "abcd"),
)
LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


def dataset_of(rows: list[dict[str, Any]]) -> str:
    dataset = client.datasets.create_dataset(name=unique("Words"), is_empty=True, request_options=ONCE)
    logs = [DatasetLogCreateRequest(**row) for row in rows]
    client.datasets.bulk_create_dataset_logs(dataset.id, logs=logs, request_options=ONCE)
    return str(dataset.id)


def traces(experiment_id: str, **query: Any) -> list[dict[str, Any]]:
    page = experiments.list_experiment_spans(experiment_id, request_options=ONCE, **query)
    return [plain(item) for item in page.items]


def page_of(experiment_id: str, **query: Any) -> dict[str, Any]:
    reply: dict[str, Any] = plain(experiments.list_experiment_spans(experiment_id, request_options=ONCE, **query).response)
    return reply


def finished(experiment_id: str, evaluators: set[str], rows: int) -> dict[str, Any]:
    experiment = eventually(lambda: experiments.retrieve_experiment(experiment_id, request_options=ONCE), settled)
    found = eventually(lambda: traces(experiment_id), scored(evaluators, rows))
    return {"experiment": plain(experiment), "traces": found}


def histogram(experiment_id: str, evaluator: str, bins: int | None = None) -> Any:
    return plain(experiments.filter_experiment_score_histogram(experiment_id, evaluator_id=evaluator, bins=bins, request_options=ONCE))


def spans_summary(experiment_id: str, **query: Any) -> Any:
    return plain(experiments.filter_experiment_spans_summary(experiment_id, request_options=ONCE, **query))


def filtered(experiment_id: str, field: str, operator: str, value: Any) -> list[str]:
    filters = {field: {"operator": operator, "value": value}}
    return [trace["id"] for trace in traces(experiment_id, filters=filters)]


def completion(dataset_id: str) -> dict[str, Any]:
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        name=unique("Echo"),
        description="answers its input",
        workflow=[ECHO],
        evaluator_ids=["exact-match", "contains", "levenshtein"],
        batch_size=10,
        concurrency=3,
        request_options=ONCE,
    )
    seen = finished(created.id, {"exact-match", "contains", "levenshtein"}, 4)
    one = seen["traces"][0]
    detail = experiments.retrieve_experiment_span(created.id, one["id"], request_options=ONCE)
    return seen | {
        "created": plain(created),
        "detail": plain(detail),
        "listed_detail": traces(created.id, detail="1"),
        "preview": traces(created.id, preview_length=4),
        "pages": [page_of(created.id, page=page, page_size=3) for page in (1, 2, 3)],
        "paged_by_the_client": [plain(trace) for trace in experiments.list_experiment_spans(created.id, page_size=3, request_options=ONCE)],
        "sorted": [traces(created.id, sort_by=key) for key in ("start_time", "-start_time")],
        "summary": spans_summary(created.id),
        "summary_of_one": spans_summary(created.id, filters={"comparison_key": {"operator": "", "value": one["comparison_key"]}}),
        "summary_long_ago": spans_summary(created.id, end_time=LONG_AGO),
        "traces_long_ago": page_of(created.id, end_time=LONG_AGO),
        "traces_since_long_ago": page_of(created.id, start_time=LONG_AGO),
        "histograms": {
            "levenshtein": histogram(created.id, "levenshtein", 2),
            "exact-match": histogram(created.id, "exact-match", 2),
            "default": histogram(created.id, "levenshtein"),
        },
        "histogram_of_nothing": histogram(created.id, "json-valid", 3),
        "too_many_bins": refused(lambda: histogram(created.id, "levenshtein", 51)),
        "filtered": {
            "status": filtered(created.id, "status", "", ["success"]),
            "no_status": filtered(created.id, "status", "", ["pending"]),
            "comparison_key": filtered(created.id, "comparison_key", "in", [one["comparison_key"]]),
            "tokens": filtered(created.id, "total_tokens", "gte", [4]),
        },
        "unknown_trace": refused(lambda: experiments.retrieve_experiment_span(created.id, "f" * 32, request_options=ONCE)),
    }


def duplicate() -> dict[str, Any]:
    dataset_id = dataset_of(
        [
            {"input": "one", "output": "1", "expected_output": "1"},
            {"input": "two", "output": "two", "expected_output": "2"},
        ]
    )
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        workflow=[Step(type="duplicate", config={})],
        evaluator_slugs=["exact-match"],
        request_options=ONCE,
    )
    return finished(created.id, {"exact-match"}, 2) | {"created": plain(created)}


def inline_evaluation(dataset_id: str) -> dict[str, Any]:
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        name=unique("Inline"),
        workflow=[ECHO, Step(type="eval", config={"evaluator_slug": "exact-match"})],
        request_options=ONCE,
    )
    return finished(created.id, {"exact-match"}, 4)


def condition(dataset_id: str) -> dict[str, Any]:
    policy = {"event.output": {"operator": "contains", "value": "alpha"}}
    created = experiments.create_experiment(
        dataset_id=dataset_id,
        name=unique("Conditional"),
        workflow=[ECHO, Step(type="condition", config={"condition_policy": policy}), ECHO],
        evaluator_ids=["exact-match"],
        request_options=ONCE,
    )
    experiment = eventually(lambda: experiments.retrieve_experiment(created.id, request_options=ONCE), settled)
    return {"experiment": plain(experiment), "traces": traces(created.id)}


def messages() -> dict[str, Any]:
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Capital of France?"},
        {"role": "assistant", "content": "Which one?"},
        {"role": "user", "content": "The current one."},
    ]
    dataset_id = dataset_of([{"input": conversation, "expected_output": "The current one."}])
    created = experiments.create_experiment(dataset_id=dataset_id, workflow=[ECHO], evaluator_ids=["exact-match"], request_options=ONCE)
    return finished(created.id, {"exact-match"}, 1)


def main() -> None:
    dataset_id = dataset_of([{"input": text, "expected_output": wanted} for text, wanted in WORDS])
    tell(
        {
            "dataset_id": dataset_id,
            "completion": completion(dataset_id),
            "duplicate": duplicate(),
            "inline": inline_evaluation(dataset_id),
            "condition": condition(dataset_id),
            "messages": messages(),
        }
    )


main()
