"""Eval runs from several canonical calls."""

from collections.abc import Generator, Iterator
from typing import Any

from adapters.base import Plan
from adapters.evalguard.quirks import variants
from adapters.evalguard.quirks.values import compact
from adapters.evalguard.tables.scorers import WHY
from adapters.recipes import unknown_evaluators
from adapters.scope import Scope
from schemas.analysis import Summary
from schemas.errors import Code, CrosswalkError, invalid, unknown
from schemas.experiment import ExperimentDefinition
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import AddRunArgs, Call, CompareArgs, ListExperimentsArgs, Op
from schemas.run import NewRun, NewRuns
from schemas.status import ExperimentStatus

_OPEN = (ExperimentStatus.DRAFT, ExperimentStatus.PENDING, ExperimentStatus.WAITING)
IN_ORDER = ["example_position", "repetition"]
Steps = Generator[Call, Any, Any]


def create(call: Call, scope: Scope) -> Plan:
    """Fills a retry from the run it repeats, refuses unknown scorers where that is asked for, and starts the run."""
    assert isinstance(call.body, ExperimentDefinition)
    definition = call.body
    retried = (definition.extensions.get("evalguard") or {}).get("retryOf")
    if retried is not None:
        definition = yield from _retry(call, definition, retried)
    if any(_waits(variant.model_dump(mode="json")) for variant in definition.variants):
        definition = yield from _external(call, definition)
    else:
        yield from known_scorers(call, definition, scope)
    reply = yield call.then(Op.CREATE_EXPERIMENT, definition)
    return reply


def _external(call: Call, definition: ExperimentDefinition) -> Steps:
    """An external run's scorers are whatever its caller calls them: all are told again, and those the gateway has judge rows that come without their score."""
    unknown_names = yield from unknown_evaluators(call, definition)
    if not unknown_names:
        return definition
    said = {**(definition.extensions.get("evalguard") or {}), "scorers": [use.evaluator for use in definition.evaluators]}
    known = [use for use in definition.evaluators if use.evaluator not in unknown_names]
    return definition.model_copy(update={"evaluators": known, "extensions": {**definition.extensions, "evalguard": said}})


def known_scorers(call: Call, definition: ExperimentDefinition, scope: Scope) -> Steps:
    """Raises `CrosswalkError` (invalid request) naming the scorers nobody knows, or a metric that none of them gives, where the surface is strict."""
    wrong = (yield from unknown_evaluators(call, definition)) if scope.options.strict_scorers else []
    if wrong:
        raise invalid("; ".join(map(_why_not, wrong)), "body", "scorers", input=wrong)
    named = [use.evaluator for use in definition.evaluators]
    if scope.options.strict_scorers and definition.metric is not None and definition.metric not in named:
        raise invalid("Must be one of the scorers", "body", "metric", input=definition.metric)


def _why_not(name: str) -> str:
    why = WHY.get(name)
    return f"Unknown scorer: {name[:100]}" if why is None else f"The scorer {name} does not run here: {why}"


def _waits(variant: JsonObject) -> bool:
    return variants.waits(variant["steps"])


def _retry(call: Call, definition: ExperimentDefinition, retried: str) -> Steps:
    """The definition, with what it leaves out as the earlier run had it (seen in client: a retry names neither project, prompt nor scorers)."""
    earlier = yield from one_variant(call, retried)
    said = definition.model_fields_set
    found: JsonObject = {name: earlier[name] for name in ("name", "project", "evaluators") if name not in said}
    found["variants"] = [_merged(definition, earlier["variants"][0]["steps"])]
    if definition.examples is None and earlier.get("dataset_id"):
        page = yield call.then(Op.LIST_EXAMPLES, dataset_id=earlier["dataset_id"], version_id=earlier.get("dataset_version_id"))
        found["examples"] = [{name: case[name] for name in ("input", "reference", "metadata")} for case in page["items"]]
    return ExperimentDefinition.model_validate({**definition.model_dump(exclude_unset=True), **found})


def _merged(definition: ExperimentDefinition, earlier: list[JsonObject]) -> JsonObject:
    given = [step.model_dump(mode="json") for variant in definition.variants for step in variant.steps]
    prompt = variants.template_of(given) or variants.template_of(earlier)
    model = variants.model_of(given) or variants.model_of(earlier)
    return {"steps": variants.steps_of(prompt, model, variants.waits(given) or variants.waits(earlier))}


def one_variant(call: Call, experiment_id: str) -> Steps:
    """The experiment of that id, which must try one thing: a group is no eval run. Raises `CrosswalkError` (not found)."""
    found = yield call.then(Op.GET_EXPERIMENT, experiment_id=experiment_id)
    if len(found["variants"]) > 1:
        raise unknown(Kind.EXPERIMENT, experiment_id)
    return found


def read(call: Call, scope: Scope) -> Plan:
    """The run, its results and its figures in one document."""
    found = yield from one_variant(call, _id(call))
    runs = yield call.then(Op.LIST_RUNS, experiment_id=_id(call), sort=IN_ORDER, waiting=False)
    figures = yield call.then(Op.SUMMARIZE, experiment_id=_id(call))
    return {**found, "runs": runs["items"], "summary": figures}


def results(call: Call, scope: Scope) -> Plan:
    """The results of a run, in the order of its cases, and what they are judged by."""
    found = yield from one_variant(call, _id(call))
    page = yield call.then(Op.LIST_RUNS, experiment_id=_id(call), sort=IN_ORDER, waiting=False)
    return {**page, "threshold": found.get("threshold")}


def rows(call: Call, scope: Scope) -> Plan:
    """The runs of a page, each with its figures; one deleted meanwhile is left out."""
    assert isinstance(call.args, ListExperimentsArgs)
    page = yield call
    items = []
    for item in page["items"]:
        try:
            figures = _unbegun(item) or (yield call.then(Op.SUMMARIZE, experiment_id=item["id"]))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
        else:
            items.append({**item, "summary": figures})
    return {**page, "items": items}


def _unbegun(item: JsonObject) -> JsonObject | None:
    """The figures of a run none of whose cases has a result, which need not be asked for."""
    counts = item["counts"]
    begun = counts["expected"] == 0 or counts["succeeded"] + counts["failed"] > 0
    return None if begun or item["status"] not in _OPEN else Summary(experiment_id=item["id"]).model_dump()


def patch(call: Call, scope: Scope) -> Plan:
    """The run after its change, with its figures."""
    yield from one_variant(call, _id(call))
    found = yield call
    figures = yield call.then(Op.SUMMARIZE, experiment_id=_id(call))
    return {**found, "summary": figures}


def delete(call: Call, scope: Scope) -> Plan:
    """Deletes a run, never a group of variants."""
    yield from one_variant(call, _id(call))
    reply = yield call
    return reply


def compare(call: Call, scope: Scope) -> Plan:
    """Two runs on their overall scores."""
    assert isinstance(call.args, CompareArgs)
    for experiment_id in call.args.experiment_ids:
        yield from one_variant(call, experiment_id)
    reply = yield call
    return reply


def upload(call: Call, scope: Scope) -> Plan:
    """Records rows by their index. Rows without one (the documentation's spelling) find their case by its input, the k-th row of an input the k-th case; else they
    make a new case. So the same upload twice is the same as once."""
    assert isinstance(call.body, NewRuns)
    assert isinstance(call.args, AddRunArgs)
    experiment = yield from one_variant(call, call.args.experiment_id)
    if any(run.example_position is None for run in call.body.runs):
        placed = yield from _placed(call, experiment, call.body)
        call = call.then(call.op, placed, **call.args.model_dump(exclude_unset=True))
    reply = yield call
    return reply


def _placed(call: Call, experiment: JsonObject, body: NewRuns) -> Steps:
    recorded = yield call.then(Op.LIST_RUNS, experiment_id=experiment["id"], scores=False)
    places = {run["example_id"]: run["example_position"] for run in recorded["items"]}
    cases = []
    if experiment.get("dataset_id"):
        cases = (yield call.then(Op.LIST_EXAMPLES, dataset_id=experiment["dataset_id"]))["items"]
    free: dict[str, list[int]] = {}
    taken = {run.example_position for run in body.runs if run.example_position is not None}
    for order, case in enumerate(cases):
        place = places.get(case["id"], order)
        free.setdefault(compact(case["input"]), []).append(place)
        taken.add(place)
    return body.model_copy(update={"runs": list(_assigned(body.runs, free, max(taken, default=-1) + 1))})


def _assigned(runs: list[NewRun], free: dict[str, list[int]], new: int) -> Iterator[NewRun]:
    for run in runs:
        if run.example_position is not None:
            yield run
            continue
        known = free.get(compact(run.input))
        place = known.pop(0) if known else new
        new += place == new
        yield run.model_copy(update={"example_position": place})


def _id(call: Call) -> str:
    return str(call.args.model_dump()["experiment_id"])
