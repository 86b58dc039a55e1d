"""The demo as a Phoenix client runs it: the client does the task itself, posts its runs and then its evaluations."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime

from adapters.demo import POLITE, QUESTIONS, TERSE, Demo, DemoCall, DemoOutcome, polite
from schemas.json import Json, JsonObject


def demo(name: str) -> Demo:
    """Upload the dataset, then one experiment for each variant."""
    upload = {
        "name": name,
        "action": "update",
        "inputs": [{"question": question} for question, _ in QUESTIONS],
        "outputs": [{"answer": answer} for _, answer in QUESTIONS],
    }
    made = yield DemoCall("POST", "/v1/datasets/upload?sync=true", upload, "uploading a dataset")
    dataset_id = made["data"]["dataset_id"]
    examples = (yield DemoCall("GET", f"/v1/datasets/{dataset_id}/examples", doing="reading the examples"))["data"]["examples"]
    answers: dict[str, Callable[[str], str]] = {TERSE: str, POLITE: polite}
    experiments: dict[str, str] = {}
    for variant, answer in answers.items():
        created = yield DemoCall(
            "POST", f"/v1/datasets/{dataset_id}/experiments", {"name": f"{name} · {variant}"}, "asking for an experiment"
        )
        experiments[variant] = created["data"]["id"]
        for example in examples:
            expected = example["output"]["answer"]
            yield from _one(experiments[variant], example["id"], answer(expected), expected)
    return DemoOutcome(experiments, len(experiments) * len(examples), len(experiments) * len(examples))


def _one(experiment_id: str, example_id: str, output: str, expected: str) -> Generator[DemoCall, Json, None]:
    """One run and its evaluation."""
    run = {"dataset_example_id": example_id, "output": output, "repetition_number": 1, **_now()}
    recorded = yield DemoCall("POST", f"/v1/experiments/{experiment_id}/runs", run, "recording runs")
    right = output == expected
    evaluation = {
        "experiment_run_id": recorded["data"]["id"],
        "name": "exact-match",
        "annotator_kind": "CODE",
        "result": {"score": float(right), "label": "right" if right else "wrong"},
        **_now(),
    }
    yield DemoCall("POST", "/v1/experiment_evaluations", evaluation, "recording evaluations")


def _now() -> JsonObject:
    moment = datetime.now(UTC).isoformat()
    return {"start_time": moment, "end_time": moment}
