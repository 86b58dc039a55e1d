"""Summaries, histograms, comparisons and exports folded from an experiment's runs."""

from collections.abc import Generator
from typing import Any

from gateway.analysis.comparison import ComparisonFold, Metric
from gateway.analysis.histogram import HistogramFold
from gateway.analysis.summary import SummaryFold
from gateway.analysis.values import figure
from gateway.local import fixed
from gateway.remote.recipes.base import Cooking, Recipe, Step, everything
from gateway.remote.recipes.lists import FILTERS
from gateway.remote.recipes.runs import examples_of
from schemas.analysis import ComparisonSide
from schemas.errors import CrosswalkError, invalid
from schemas.experiment import StepKind
from schemas.json import JsonObject
from schemas.operations import Call, CompareArgs, ExperimentArgs, HistogramArgs, ListRunsArgs, Op, SummarizeArgs


def summarize(call: Call) -> Cooking:
    """The figures of the runs that meet the conditions."""
    args = call.args
    assert isinstance(args, SummarizeArgs)
    experiment = yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=args.experiment_id), None, call.caller)
    arms = [variant["id"] for variant in experiment["variants"]] if len(experiment["variants"]) > 1 else []
    fold = SummaryFold(experiment["id"], arms)
    said = {name: value for name in ("where", "start_time", "end_time") if (value := getattr(args, name)) is not None}
    yield from everything(Op.LIST_RUNS, call.caller, fold.add, experiment_id=args.experiment_id, scores=True, **said)
    return fold.result().model_dump()


def histogram(call: Call) -> Cooking:
    """How the scores of one evaluator are distributed."""
    args = call.args
    assert isinstance(args, HistogramArgs)
    yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=args.experiment_id), None, call.caller)
    fold = HistogramFold(args.evaluator, (yield from _names(call, args.evaluator)), args.bins)
    said = {"where": args.where} if args.where else {}
    yield from everything(Op.LIST_RUNS, call.caller, fold.add, experiment_id=args.experiment_id, scores=True, **said)
    return fold.result().model_dump()


def _names(call: Call, evaluator: str) -> Generator[Step, Any, set[str]]:
    """Everything an evaluator goes by: scores are recorded under its id or its slug, and asked for by either."""
    try:
        found = yield call.then(Op.GET_EVALUATOR, evaluator_id=evaluator)
    except CrosswalkError:
        return {evaluator}  # callers score by whatever name they like
    return {evaluator, *(found[name] for name in ("id", "slug") if found.get(name))}


def compare(call: Call) -> Cooking:
    """Experiments, or a group's variants, row by row."""
    args = call.args
    assert isinstance(args, CompareArgs)
    given: list[JsonObject] = []
    for reference in dict.fromkeys(args.experiment_ids):
        experiment = yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=reference), None, call.caller)
        given.append(experiment)
    sides: list[ComparisonSide] = []
    runs: list[list[JsonObject]] = []
    for experiment in given:
        for side, arm in _arms(experiment):
            sides.append(side)
            runs.append((yield from _ordered(call, arm)))
    if len(sides) < 2:
        raise invalid("A comparison needs two experiments, or one with several variants.", "experiment_ids")
    offset = fixed.position(args.cursor)
    metric = _metric(args, given, runs)
    fold = ComparisonFold(sides, metric, _alpha(args, given), offset, args.limit)
    for index, own in enumerate(runs):
        for run in own:
            fold.add(index, run)
    following = offset + args.limit if args.limit else None
    try:
        result = fold.result().model_dump()
    except ValueError as error:
        raise invalid(f"The scores cannot be compared: {error}.", "metric") from error
    return {**result, "next_cursor": fixed.cursor(following) if following and fold.more else None}


def _arms(experiment: JsonObject) -> list[tuple[ComparisonSide, str]]:
    variants = experiment["variants"]
    many = len(variants) > 1
    arms = [(variant["id"], variant) for variant in variants] if many else [(experiment["id"], (variants or [{}])[0])]
    return [
        (
            ComparisonSide(
                experiment_id=arm,
                name=f"{experiment['name']} · {variant.get('name')}" if many else experiment["name"],
                variant=variant.get("name") or "",
                model=_model(variant),
                dataset_id=experiment.get("dataset_id"),
                created_at=experiment["created_at"].isoformat() if experiment.get("created_at") else None,
            ),
            arm,
        )
        for arm, variant in arms
    ]


def _model(variant: JsonObject) -> str | None:
    steps = variant.get("steps", ())
    models = [step["config"].get("model") for step in steps if step["kind"] == StepKind.COMPLETION]
    return next((model for model in reversed(models) if isinstance(model, str)), None)


def _ordered(call: Call, experiment_id: str) -> Generator[Step, Any, list[JsonObject]]:
    """An experiment's runs by example, then repetition."""
    found: list[JsonObject] = []
    yield from everything(Op.LIST_RUNS, call.caller, found.append, experiment_id=experiment_id, scores=True, waiting=False)
    return sorted(found, key=lambda run: (run["example_position"], run["repetition"], run["id"]))


def _metric(args: CompareArgs, given: list[JsonObject], runs: list[list[JsonObject]]) -> Metric:
    """What was asked for, else what the experiments were made with, else the first evaluator that scored every side."""
    wanted = args.metric or next((experiment["metric"] for experiment in given if experiment.get("metric")), None)
    if args.overall:
        return Metric()
    if wanted is not None:
        return Metric(wanted, {wanted})
    first, *others = [_judges(own) for own in runs]
    shared = next((name for name in first if all(name in other for other in others)), None)
    return Metric() if shared is None else Metric(shared, {shared})


def _judges(runs: list[JsonObject]) -> dict[str, None]:
    return {score["evaluator"]: None for run in runs for score in run["scores"] if figure(score) is not None}


def _alpha(args: CompareArgs, given: list[JsonObject]) -> float:
    own = next((experiment["alpha"] for experiment in given if experiment.get("alpha") is not None), None)
    return args.alpha if "alpha" in args.model_fields_set or own is None else float(own)


def export(call: Call) -> Cooking:
    """Runs with scores and examples, in the order of the examples."""
    args = call.args
    assert isinstance(args, ListRunsArgs)
    examples = yield from examples_of(call, args.experiment_id)
    runs = yield from _ordered(call, args.experiment_id)
    items = [{**run, "example": examples.get(run["example_id"]) or _told(run)} for run in runs]
    windows = {name: value for name in ("start_time", "end_time") if (value := getattr(args, name)) is not None}
    kept = [item for item in items if all(FILTERS[name](item, value) for name, value in windows.items())]
    return fixed.page(kept, args)


def _told(run: JsonObject) -> JsonObject:
    """What a run says of an example that its version does not hold."""
    return {"id": run["example_id"], "input": run["input"], "reference": run["reference"], "position": run["example_position"]}


RECIPES: dict[Op, Recipe] = {Op.SUMMARIZE: summarize, Op.HISTOGRAM: histogram, Op.COMPARE: compare, Op.EXPORT: export}
