"""Every score call of respan-api 0.1.47; the argument is the base URL."""

from __future__ import annotations

import sys
from typing import Any

from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from support import ONCE, connect, plain, refused, tell, unique

client = connect(sys.argv[1])
scores = client.scores
STRANGER = "00000000000040008000000000000bad"


def evaluators(name: str) -> dict[str, str]:
    made = {
        kind: client.evaluators.create_evaluator(name=f"{name} {kind}", type="human", score_value_type=kind, request_options=ONCE).id
        for kind in ("numerical", "boolean", "text", "json", "multi_select")
    }
    return {kind: str(identifier) for kind, identifier in made.items()}


def logs() -> tuple[str, list[str]]:
    dataset = client.datasets.create_dataset(name=unique("Scored"), is_empty=True, request_options=ONCE)
    for text in ("a", "b"):
        client.datasets.create_dataset_log(dataset.id, input=text, request_options=ONCE)
    experiment = client.experiments.create_experiment(dataset_id=dataset.id, workflow=[Step(type="wait", config={})], request_options=ONCE)
    found = [trace.id for trace in client.experiments.list_experiment_spans(experiment.id, request_options=ONCE)]
    for trace in found:
        client.experiments.update_experiment_span(experiment.id, trace, input=None, output="done", request_options=ONCE)
    return str(experiment.id), found


def of_one_log(log: str, judges: dict[str, str]) -> dict[str, Any]:
    made = {
        "numerical": scores.create_span_score(log, evaluator_id=judges["numerical"], numerical_value=4.5, explanation="good"),
        "boolean": scores.create_span_score(log, evaluator_id=judges["boolean"], boolean_value=False),
        "text": scores.create_span_score(log, evaluator_id=judges["text"], string_value="fine"),
        "json": scores.create_span_score(log, evaluator_id=judges["json"], json_value='{"a": 1}'),
        "multi_select": scores.create_span_score(log, evaluator_id=judges["multi_select"], categorical_value=["x", "y"]),
    }
    first = made["numerical"].id
    again = scores.create_span_score(log, evaluator_id=judges["numerical"], numerical_value=2.0, request_options=ONCE)
    updated = scores.update_span_score(log, first, numerical_value=3.0, request_options=ONCE)
    replaced = scores.replace_span_score(log, first, evaluator_id=judges["numerical"], numerical_value=1.0, request_options=ONCE)
    return {
        "made": {kind: plain(score) for kind, score in made.items()},
        "again": plain(again),
        "updated": plain(updated),
        "replaced": plain(replaced),
        "retrieved": plain(scores.retrieve_span_score(log, first, request_options=ONCE)),
        "listed": plain(scores.list_span_scores(log, page=1, page_size=10, request_options=ONCE)),
        "deleted": scores.delete_span_score(log, made["text"].id, request_options=ONCE),
        "gone": refused(lambda: scores.retrieve_span_score(log, made["text"].id, request_options=ONCE)),
        "listed_after": plain(scores.list_span_scores(log, request_options=ONCE)),
    }


def of_all(log: str, judges: dict[str, str]) -> dict[str, Any]:
    made = scores.create_score(log_id=log, evaluator_id=judges["numerical"], numerical_value=5.0, scorer="ann", request_options=ONCE)
    other = scores.create_score(log_id=log, evaluator_slug="own-slug", boolean_value=True, request_options=ONCE)
    mine = {"log_id": {"operator": "in", "value": [log]}}
    updated = scores.update_score(made.id, numerical_value=4.0, request_options=ONCE)
    after_update = scores.retrieve_score(made.id, request_options=ONCE)
    replaced = scores.replace_score(made.id, log_id=log, evaluator_id=judges["numerical"], numerical_value=0.0, request_options=ONCE)
    return {
        "made": plain(made),
        "other": plain(other),
        "filtered": plain(scores.filter_scores(filters=mine, sort_by="created_at", page=1, page_size=10, request_options=ONCE)),
        "past_the_end": plain(scores.filter_scores(filters=mine, page=9, request_options=ONCE)),
        "updated": plain(updated),
        "after_update": plain(after_update),
        "replaced": plain(replaced),
        "deleted": scores.delete_score(made.id, request_options=ONCE),
        "gone": refused(lambda: scores.retrieve_score(made.id, request_options=ONCE)),
        "filtered_after": plain(scores.filter_scores(filters=mine, request_options=ONCE)),
        "of_no_log": refused(
            lambda: scores.create_score(log_id=STRANGER, evaluator_id=judges["numerical"], numerical_value=1.0, request_options=ONCE)
        ),
        "of_nobody": refused(lambda: scores.create_score(log_id=log, numerical_value=1.0, request_options=ONCE)),
        "without_a_log": refused(lambda: scores.create_score(evaluator_id=judges["numerical"], numerical_value=1.0, request_options=ONCE)),
    }


def main() -> None:
    judges = evaluators(unique("Person"))
    experiment, (one, other) = logs()
    seen: dict[str, Any] = {"judges": judges, "logs": [one, other], "one": of_one_log(one, judges), "all": of_all(other, judges)}
    seen["trace"] = plain(client.experiments.retrieve_experiment_span(experiment, one, request_options=ONCE))
    tell(seen)


main()
