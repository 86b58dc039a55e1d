"""Experiments whose rows the client runs itself, through respan-api 0.1.47; the argument is the base URL."""

from __future__ import annotations

import sys
from typing import Any

from respan import DatasetLogCreateRequest
from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from support import ONCE, connect, eventually, plain, refused, scored, settled, tell, unique

client = connect(sys.argv[1])
experiments = client.experiments


def traces(experiment_id: str) -> list[dict[str, Any]]:
    return [plain(item) for item in experiments.list_experiment_spans(experiment_id, request_options=ONCE).items]


def resumed(experiment_id: str, trace: dict[str, Any], output: Any, **more: Any) -> Any:
    return plain(
        experiments.update_experiment_span(experiment_id, trace["id"], input=trace["input"], output=output, request_options=ONCE, **more)
    )


def answer(text: str) -> Any:
    """Capitals for the first row, an object for the second, the input itself for the third."""
    return {"paris": "PARIS", "rome": {"answer": "Rome"}, "oslo": "oslo"}[text]


def main() -> None:
    dataset = client.datasets.create_dataset(name=unique("Capitals"), is_empty=True, request_options=ONCE)
    logs = [
        DatasetLogCreateRequest(input="paris", expected_output="PARIS"),
        DatasetLogCreateRequest(input="rome", expected_output={"answer": "Rome"}),
        DatasetLogCreateRequest(input="oslo", expected_output="Oslo"),
    ]
    client.datasets.bulk_create_dataset_logs(dataset.id, logs=logs, request_options=ONCE)
    created = experiments.create_experiment(
        dataset_id=dataset.id,
        name=unique("Own runner"),
        workflow=[Step(type="wait", config={})],
        evaluator_ids=["exact-match"],
        request_options=ONCE,
    )
    waiting = eventually(lambda: traces(created.id), lambda found: len(found) == 3)
    seen: dict[str, Any] = {
        "created": plain(created),
        "waiting": waiting,
        "while_waiting": plain(experiments.retrieve_experiment(created.id, request_options=ONCE)),
        "summary_while_waiting": plain(experiments.filter_experiment_spans_summary(created.id, request_options=ONCE)),
    }
    metrics = {"cost": 0.5, "latency": 1.5, "prompt_tokens": 10, "completion_tokens": 5}
    seen["resumed"] = [
        resumed(created.id, trace, answer(trace["input"].strip('"')), metrics=metrics, metadata={"runner": "script"}) for trace in waiting
    ]
    experiment = eventually(lambda: experiments.retrieve_experiment(created.id, request_options=ONCE), settled)
    seen["experiment"] = plain(experiment)
    seen["traces"] = eventually(lambda: traces(created.id), scored({"exact-match"}, 3))
    seen["detail"] = plain(experiments.retrieve_experiment_span(created.id, waiting[0]["id"], request_options=ONCE))
    seen["summary"] = plain(experiments.filter_experiment_spans_summary(created.id, request_options=ONCE))
    seen["resumed_twice"] = refused(lambda: resumed(created.id, waiting[0], "again"))
    seen["after_twice"] = traces(created.id)
    seen["unknown"] = refused(
        lambda: experiments.update_experiment_span(created.id, "0" * 32, input=None, output="x", request_options=ONCE)
    )
    tell(seen)


main()
