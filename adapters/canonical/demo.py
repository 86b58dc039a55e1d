"""The demo in the canonical API: one experiment of two variants, run by the gateway's built-in echo model."""

from adapters.demo import POLITE, QUESTIONS, TERSE, Demo, DemoCall, DemoOutcome, polite

_DONE = ("completed", "completed_with_errors", "failed", "cancelled")


def demo(name: str) -> Demo:
    """Make the dataset and the experiment, wait until it is done, count its runs and scores."""
    examples = [{"input": answer, "reference": answer, "metadata": {"question": question}} for question, answer in QUESTIONS]
    dataset = yield DemoCall("POST", "/datasets", {"name": name, "examples": examples}, "making a dataset")
    experiment = yield DemoCall(
        "POST",
        "/experiments",
        {
            "name": name,
            "dataset_id": dataset["id"],
            "form": "ab",
            "variants": [_variant(TERSE, "{{input}}"), _variant(POLITE, polite("{{input}}"))],
            "evaluators": [{"evaluator": "exact-match"}],
        },
        "asking for an experiment",
    )
    path = f"/experiments/{experiment['id']}"
    while experiment["status"] not in _DONE:
        experiment = yield DemoCall("GET", path, doing="waiting for the runs", pause=0.1)
    runs = yield DemoCall("GET", f"{path}/runs?limit=1000", doing="reading runs and scores")
    ids = {variant["name"]: variant["id"] for variant in experiment["variants"]}
    return DemoOutcome(ids, len(runs["items"]), sum(len(run["scores"]) for run in runs["items"]))


def _variant(name: str, template: str) -> dict[str, object]:
    return {"name": name, "steps": [{"kind": "completion", "config": {"model": "echo", "template": template}}]}
