"""The demo as an EvalGuard A/B experiment: two templates over a dataset, run by the server, with its own significance test."""

from adapters.demo import POLITE, QUESTIONS, TERSE, Demo, DemoCall, DemoOutcome, polite

_DONE = ("completed", "failed", "cancelled")


def demo(name: str) -> Demo:
    """Make the dataset and the A/B experiment, and wait until it has run."""
    project = yield DemoCall("GET", "/api/v1/project/current", doing="asking for the project")
    cases = [{"input": answer, "expectedOutput": answer, "metadata": {"question": question}} for question, answer in QUESTIONS]
    dataset = {"projectId": project["projectId"], "name": name, "cases": cases}
    made = yield DemoCall("POST", "/api/v1/datasets", dataset, "making a dataset")
    variants = [{"name": TERSE, "template": "{{input}}"}, {"name": POLITE, "template": polite("{{input}}")}]
    body = {"name": name, "dataset_id": made["data"]["id"], "variants": variants, "scorers": ["exact-match"]}
    experiment = (yield DemoCall("POST", "/api/v1/prompts/ab-experiments", body, "asking for an A/B experiment"))["data"]
    path = f"/api/v1/prompts/experiments/{experiment['id']}"
    while experiment["status"] not in _DONE:
        experiment = (yield DemoCall("GET", path, doing="waiting for the results", pause=0.1))["data"]
    results = [result for variant in experiment["variants"] for result in variant["results"]]
    ids = {variant["name"]: variant["id"] for variant in experiment["variants"]}
    return DemoOutcome(ids, len(results), sum(len(result["scores"]) for result in results))
