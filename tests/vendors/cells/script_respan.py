"""An experiment whose rows the caller runs, judged by the server and by hand, with respan-api. Arguments: the base URL and the experiment's name."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
from respan import DatasetLogCreateRequest, RespanClient
from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from telling import collect, result, tell

ONCE: Any = {"max_retries": 0}
SECONDS = 60.0
ROWS: list[tuple[Any, Any, Any]] = [
    ("2+2?", "4", "4"),
    ({"question": "capital of Peru", "n": [1, None]}, {"answer": "Lima"}, {"answer": "Cusco"}),
]


def main(url: str, name: str) -> None:
    collect(httpx.Client)
    client = RespanClient(base_url=url, authorization="Bearer local", respan_api_key="local")
    dataset = client.datasets.create_dataset(name=f"data of {name}", is_empty=True, request_options=ONCE)
    logs = [DatasetLogCreateRequest(input=given, expected_output=wanted) for given, wanted, _ in ROWS]
    client.datasets.bulk_create_dataset_logs(dataset.id, logs=logs, request_options=ONCE)
    experiments = client.experiments
    created = experiments.create_experiment(
        name=name,
        dataset_id=dataset.id,
        workflow=[Step(type="wait", config={})],
        evaluator_slugs=["exact-match"],
        request_options=ONCE,
    )

    def traces() -> list[Any]:
        return [trace.model_dump(mode="json") for trace in experiments.list_experiment_spans(created.id, request_options=ONCE).items]

    outputs = {json.dumps(given): output for given, _, output in ROWS}
    for trace in eventually(traces, lambda found: len(found) == len(ROWS)):
        output = outputs[json.dumps(decoded(trace["input"]))]
        experiments.update_experiment_span(created.id, trace["id"], input=trace["input"], output=output, request_options=ONCE)
        client.scores.create_span_score(trace["id"], evaluator_slug="closeness", numerical_value=0.25, request_options=ONCE)
    found = eventually(traces, lambda found: all(set(trace["scores"] or {}) == {"exact-match", "closeness"} for trace in found))
    made = [result(*row, exact_match=row[1] == row[2], closeness=0.25) for row in ROWS]
    tell(made, [read(trace) for trace in found])


def read(trace: dict[str, Any]) -> dict[str, Any]:
    fields = ("numerical_value", "boolean_value", "string_value")
    scores = {
        name: next((entry[field] for field in fields if entry.get(field) is not None), None) for name, entry in trace["scores"].items()
    }
    told = (decoded(trace[field]) for field in ("input", "expected_output", "output"))
    return result(*told, failed=trace["status"] == "failed", **scores)


def decoded(value: Any) -> Any:
    """Values travel as they are, or as their JSON text."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value
    except ValueError:
        return value


def eventually(ask: Callable[[], list[Any]], wanted: Callable[[list[Any]], bool]) -> list[Any]:
    end = time.monotonic() + SECONDS
    while not wanted(found := ask()):
        if time.monotonic() > end:
            raise SystemExit(f"not within {SECONDS:g} s: {found}")
        time.sleep(0.1)
    return found


main(*sys.argv[1:])
