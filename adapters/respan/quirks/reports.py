"""Reports on a dataset: one evaluator over all rows, which is an experiment that duplicates the rows' outputs and scores them."""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.respan.quirks.asking import ask, everything, optional
from adapters.respan.quirks.traces import name_evaluators
from adapters.respan.tables.common import EVALUATOR_ID, EXPERIMENT_ID
from adapters.scope import Scope
from schemas.experiment import EvaluatorUse, ExperimentDefinition, ExperimentForm, ExperimentPatch
from schemas.json import JsonObject
from schemas.operations import (
    Call,
    DatasetArgs,
    EvaluatorArgs,
    ExampleArgs,
    ExperimentArgs,
    ListExamplesArgs,
    ListExperimentsArgs,
    ListRunsArgs,
    Op,
    SummarizeArgs,
)
from schemas.query import Condition


def _reports(call: Call, scope: Scope, dataset_id: str) -> Generator[Call, Any, list[Any]]:
    wanted = ListExperimentsArgs(dataset_id=dataset_id, flat=True, forms=[ExperimentForm.REPORT])
    return (yield from everything(call, Op.LIST_EXPERIMENTS, wanted))


def start(call: Call, scope: Scope) -> Plan:
    """Start one report an evaluator; those nobody knows are named in `errors`."""
    assert isinstance(call.body, ExperimentDefinition)
    dataset = yield ask(call, Op.GET_DATASET, DatasetArgs(dataset_id=str(call.body.dataset_id)))
    tasks, errors = [], {}
    for use in call.body.evaluators:
        evaluator = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=use.evaluator)))
        if evaluator is None:
            errors[EVALUATOR_ID.encode(use.evaluator, scope)] = "Not found."
            continue
        more = {"name": f"{dataset['name']} · {evaluator['name']}", "evaluators": [use]}
        made = yield ask(call, Op.CREATE_EXPERIMENT, call.args, call.body.model_copy(update=more))
        tasks.append((yield from _described(call, made)))
    updated = yield from _extend(call, scope)
    return {"items": tasks, "errors": errors, "experiment": updated}


def _extend(call: Call, scope: Scope) -> Generator[Call, Any, Any]:
    """Give the evaluators to the experiment that was named, None when none was."""
    assert isinstance(call.body, ExperimentDefinition)
    named = call.body.extensions.get(scope.dialect, {}).get("experiment_id")
    if not named:
        return None
    one = ExperimentArgs(experiment_id=EXPERIMENT_ID.decode(named, scope))
    known = yield ask(call, Op.GET_EXPERIMENT, one)
    before = [EvaluatorUse.model_validate(use) for use in known["evaluators"]]
    added = [use for use in call.body.evaluators if use not in before]
    return (yield ask(call, Op.UPDATE_EXPERIMENT, one, ExperimentPatch(evaluators=[*before, *added])))


def listed(call: Call, scope: Scope) -> Plan:
    """A page of reports with their scores."""
    page = yield call
    items = []
    for item in page["items"]:
        items.append((yield from _described(call, item)))  # noqa: PERF401 (a generator cannot yield in a comprehension)
    return {**page, "items": items}


def _described(call: Call, experiment: Any) -> Generator[Call, Any, Any]:
    summary = yield ask(call, Op.SUMMARIZE, SummarizeArgs(experiment_id=experiment["id"]))
    one = next(iter(summary["evaluators"]), None)
    return {**experiment, "scored": one["count"] if one else 0, "mean": one["mean"] if one else None}


def summary(call: Call, scope: Scope) -> Plan:
    """A dataset's rows in figures: how many, what they cost, how its reports score them."""
    assert isinstance(call.args, ListExamplesArgs)
    rows = yield from everything(call, Op.LIST_EXAMPLES, call.args)
    evaluators: list[Any] = []
    for report in (yield from _reports(call, scope, call.args.dataset_id)):
        figures = yield ask(call, Op.SUMMARIZE, SummarizeArgs(experiment_id=report["id"]))
        evaluators.extend(figures["evaluators"])
    yield from name_evaluators(call, evaluators)
    return {**_sums([_metrics(row, scope) for row in rows]), "runs": len(rows), "evaluators": evaluators}


def _metrics(row: Any, scope: Scope) -> JsonObject:
    said = ((row.get("extensions") or {}).get(scope.dialect) or {}).get("metrics")
    return {name: value for name, value in (said or {}).items() if isinstance(value, int | float) and not isinstance(value, bool)}


def _sums(metrics: list[JsonObject]) -> JsonObject:
    def total(name: str) -> Any:
        return sum(one.get(name, 0) for one in metrics)

    latencies = [one["latency"] for one in metrics if "latency" in one]
    prompt, completion = int(total("prompt_tokens")), int(total("completion_tokens"))
    return {
        "total_cost": total("cost"),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": int(total("total_request_tokens")) or prompt + completion,
        "average_latency_ms": sum(latencies) / len(latencies) * 1000 if latencies else None,
    }


def rows(call: Call, scope: Scope) -> Plan:
    """A page of rows with the scores that reports gave them."""
    assert isinstance(call.args, ListExamplesArgs)
    page = yield call
    items = yield from _scored(call, scope, call.args.dataset_id, page["items"])
    return {**page, "items": items}


def row(call: Call, scope: Scope) -> Plan:
    """One row, likewise."""
    assert isinstance(call.args, ExampleArgs)
    found = yield call
    (scored,) = yield from _scored(call, scope, call.args.dataset_id, [found])
    return scored


def _scored(call: Call, scope: Scope, dataset_id: str, items: list[Any]) -> Generator[Call, Any, list[Any]]:
    scores: dict[str, list[Any]] = {item["id"]: [] for item in items}
    reports = (yield from _reports(call, scope, dataset_id)) if items else []
    wanted = Condition(field="example_id", operator="in", value=list(scores))
    # Newest first: the latest report of an evaluator is the one that counts.
    for report in reports:
        for run in (yield from everything(call, Op.LIST_RUNS, ListRunsArgs(experiment_id=report["id"], where=wanted))):
            known = {score["evaluator"] for score in scores[run["example_id"]]}
            scores[run["example_id"]] += [score for score in run["scores"] if score["evaluator"] not in known]
    yield from name_evaluators(call, [score for found in scores.values() for score in found])
    return [{**item, "scores": scores[item["id"]]} for item in items]
