"""The demo in Respan's words: one workflow per variant, run by the server."""

from adapters.demo import POLITE, QUESTIONS, TERSE, Demo, DemoCall, DemoOutcome, polite
from schemas.json import Json

_DONE = ("completed", "failed", "cancelled")
# The model answers with what it is asked; the polite answer is already in the rows, and `duplicate` takes it from there.
_WORKFLOWS: dict[str, Json] = {TERSE: {"type": "completion", "config": {"model": "echo"}}, POLITE: {"type": "duplicate", "config": {}}}


def demo(name: str) -> Demo:
    """Make the dataset with its rows, then one experiment for each variant, and wait for both."""
    dataset = yield DemoCall("POST", "/api/datasets/", {"name": name, "is_empty": True}, "making a dataset")
    rows = [{"input": answer, "output": polite(answer), "expected_output": answer, "metadata": {"question": q}} for q, answer in QUESTIONS]
    yield DemoCall("POST", f"/api/datasets/{dataset['id']}/logs/bulk/", {"logs": rows}, "adding rows")
    experiments: dict[str, str] = {}
    for variant, step in _WORKFLOWS.items():
        body = {"name": f"{name} · {variant}", "dataset_id": dataset["id"], "workflow": [step], "evaluator_slugs": ["exact-match"]}
        created = yield DemoCall("POST", "/api/v2/experiments/", body, "asking for an experiment")
        experiments[variant] = created["id"]
    runs = scores = 0
    for experiment_id in experiments.values():
        path = f"/api/v2/experiments/{experiment_id}/"
        while (yield DemoCall("GET", path, doing="waiting for the traces", pause=0.1))["status"] not in _DONE:
            pass
        traces = yield DemoCall("GET", f"{path}logs/list/?page_size=100", doing="reading traces and scores")
        runs += traces["count"]
        scores += sum(len(trace["scores"]) for trace in traces["results"])
    return DemoOutcome(experiments, runs, scores)
