"""Experiments by the vendor's calls: eval runs over the cases of a dataset, and prompt experiments."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.base import Plan
from adapters.evalguard.quirks import saying
from adapters.evalguard.quirks.dataset_ways import cases_of, snapshot
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, invalid, unknown
from schemas.experiment import ExperimentDefinition, ExperimentPatch
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExperimentsArgs, Op
from schemas.status import ExperimentStatus, RunStatus, Verdict

OURS = "crosswalk"
_OPEN = (ExperimentStatus.DRAFT, ExperimentStatus.PENDING, ExperimentStatus.RUNNING, ExperimentStatus.WAITING, ExperimentStatus.UNKNOWN)
_ABSENT = (Code.NO_ROUTE, Code.NOT_FOUND, Code.UNSUPPORTED, Code.FORBIDDEN)
_RECENT = timedelta(minutes=5)
Steps = Generator[Call, Any, Any]


def create(call: Call, scope: Scope) -> Plan:
    """An eval run over the cases of a dataset, which are sent along; one without scorers is refused before anything is sent."""
    body = call.body
    assert isinstance(body, ExperimentDefinition)
    definition = saying.said(body)
    if not saying.waits_for_caller(definition):
        yield from judged(call, body, "An eval run")
    if body.dataset_id is None:
        raise invalid("An eval run is made over the examples of a dataset.", "dataset_id", type="missing")
    version = body.dataset_version_id or (yield from snapshot(call, body.dataset_id))
    page = yield cases_of(body.dataset_id, version, call.caller)
    cases = [{"input": item["input"], "reference": item["reference"]} for item in page["items"]]
    if not cases and not saying.waits_for_caller(definition):
        raise invalid("The dataset has no examples.", "dataset_id")
    extensions = {**(definition.get("extensions") or {}), OURS: {"cases": len(cases)}}
    whole = {**definition, "examples": cases, "dataset_version_id": version or None, "extensions": extensions}
    made = yield Call(call.op, call.args, ExperimentDefinition.model_validate(whole), call.caller)
    return settled(made)


def judged(call: Call, body: ExperimentDefinition, what: str) -> Steps:
    """Raises CrosswalkError where nothing or nobody known to the vendor would judge the outputs."""
    if not body.evaluators:
        raise invalid(f"{what} needs at least one scorer.", "evaluators", type="too_short")
    try:
        page = yield call.then(Op.LIST_EVALUATORS, builtin=True)
    except CrosswalkError as error:
        if error.code not in _ABSENT:
            raise
        return
    known = {item.get("slug") or item["name"] for item in page["items"]}
    wrong = saying.is_vendors((use.evaluator for use in body.evaluators), known) if known else []
    if wrong:
        raise saying.refused("EvalGuard", wrong)


def create_group(call: Call, scope: Scope) -> Plan:
    """A prompt experiment. Its dataset is the latest version: another one is refused."""
    body = call.body
    assert isinstance(body, ExperimentDefinition)
    yield from judged(call, body, "A prompt experiment")
    definition = saying.said(body)
    if body.dataset_version_id is not None and body.dataset_id is not None:
        latest = yield from snapshot(call, body.dataset_id)
        if latest != body.dataset_version_id:
            raise invalid("A prompt experiment is run over the latest version of its dataset.", "dataset_version_id")
        definition.pop("dataset_version_id")
    made = yield Call(call.op, call.args, ExperimentDefinition.model_validate(definition), call.caller)
    return made


def find(call: Call, scope: Scope) -> Plan:
    """The experiment that was just started: the newest of the same dataset and variants; None when no list shows it (reference section 4.2)."""
    body = call.body
    assert isinstance(body, ExperimentDefinition)
    try:
        page = yield call.then(Op.LIST_EXPERIMENTS, variants="many")
    except CrosswalkError:
        return None
    wanted = [variant.name or f"variant {place}" for place, variant in enumerate(body.variants, 1)]
    since = datetime.now(UTC) - _RECENT
    fitting = [
        item
        for item in page["items"]
        if item["dataset_id"] == body.dataset_id
        and [variant["name"] for variant in item["variants"]] == wanted
        and (item.get("created_at") is None or item["created_at"] >= since)
    ]
    found = max(fitting, key=lambda item: item["created_at"].timestamp() if item.get("created_at") else 0.0, default=None)
    return None if found is None else {name: found[name] for name in ("id", "status", "variants", "created_at")}


def read(call: Call, scope: Scope) -> Plan:
    """The experiment; of one variant of a prompt experiment, that variant alone."""
    found: JsonObject = yield call
    wanted = getattr(call.args, "experiment_id", "")
    if wanted != found["id"]:
        return arm_of(found, wanted)
    if getattr(call.args, "single", False) and len(found["variants"]) > 1:
        raise unknown(Kind.EXPERIMENT, wanted)
    return settled(found)


def arm_of(found: JsonObject, wanted: str) -> JsonObject:
    """One variant of an experiment as an experiment of its own."""
    chosen = [variant for variant in found["variants"] if variant["id"] == wanted]
    if not chosen:
        return settled(found)
    name = f"{found['name']} · {chosen[0]['name']}".strip(" ·")
    return {**found, "id": wanted, "name": name, "variants": chosen, "group_id": found["id"]}


def ours(experiment: JsonObject) -> JsonObject:
    """What we keep of an experiment for ourselves."""
    found: JsonObject = (experiment.get("extensions") or {}).get(OURS) or {}
    return found


def settled(found: JsonObject) -> JsonObject:
    """An experiment with its counts; one that its caller makes is over when every case has its result, whatever the vendor was told."""
    cases = ours(found).get("cases")
    counts = dict(found["counts"])
    recorded = counts["succeeded"] + counts["failed"]
    status = ExperimentStatus(found["status"])
    if cases is not None and not recorded and status is ExperimentStatus.COMPLETED:
        # Lists show no results; what the vendor ran to the end has one for each case.
        recorded = counts["succeeded"] = cases
    if cases is not None:
        waiting = max(0, cases - recorded) if ours(found).get("placeholders") else 0
        counts |= {"examples": cases, "expected": cases, "waiting": waiting, "missing": cases - recorded - waiting}
    else:
        counts |= {"examples": max(counts["examples"], recorded), "expected": max(counts["expected"], recorded)}
    if status in _OPEN and saying.waits_for_caller(found):
        status = _by_counts(counts, recorded) if cases else ExperimentStatus.WAITING
    progress = 1.0 if status.terminal else min(1.0, recorded / counts["expected"]) if counts["expected"] else 0.0
    return {**found, "counts": counts, "status": status, "progress": progress}


def _by_counts(counts: JsonObject, recorded: int) -> ExperimentStatus:
    if recorded < counts["expected"]:
        return ExperimentStatus.WAITING
    return ExperimentStatus.COMPLETED_WITH_ERRORS if counts["failed"] else ExperimentStatus.COMPLETED


def rows(call: Call, scope: Scope) -> Plan:
    """Eval runs and prompt experiments in one list, newest first; where `flat`, each variant by itself."""
    args = call.args
    assert isinstance(args, ListExperimentsArgs)
    if args.variants is not None:
        page = yield call
        return {**page, "items": [settled(item) for item in page["items"]]}
    said = {name: getattr(args, name) for name in args.model_fields_set}
    one = yield call.then(call.op, **{**said, "variants": "one"})
    try:
        many = (yield call.then(call.op, **{**said, "variants": "many"}))["items"]
    except CrosswalkError as error:
        if error.code not in _ABSENT:
            raise
        many = []
    shown = [arm_of(item, variant["id"]) for item in many for variant in item["variants"]] if args.flat else many
    items = [settled(item) for item in one["items"]] + shown
    order = sorted(items, key=lambda item: item["created_at"].timestamp() if item.get("created_at") else 0.0, reverse=True)
    return {"items": order if many else items, "next_cursor": None}


def uncounted(item: JsonObject) -> bool:
    """Whether a listed experiment's counts are to be read: lists show no results, by which those are counted that are under way, or made by their caller."""
    return ExperimentStatus(item["status"]) in _OPEN or saying.waits_for_caller(item)


def change(call: Call, scope: Scope) -> Plan:
    """A change. The vendor is told a status and, with a final one, the figures and the verdict; the rest is kept beside the run."""
    patch = call.body
    assert isinstance(patch, ExperimentPatch)
    said = saying.said(patch)
    if patch.status is not None and patch.status.terminal:
        page = yield call.then(Op.LIST_RUNS, experiment_id=getattr(call.args, "experiment_id", ""), waiting=False)
        said = {**figures(page["items"], scope), **said}
        if patch.status not in (ExperimentStatus.COMPLETED, ExperimentStatus.COMPLETED_WITH_ERRORS):
            said.pop("verdict", None)
    yield Call(call.op, call.args, ExperimentPatch.model_validate(said), call.caller)
    after = yield call.then(Op.GET_EXPERIMENT, **call.args.model_dump())
    return after


def figures(runs: list[JsonObject], scope: Scope) -> JsonObject:
    """The verdict and the figures of the whole over its results."""
    from adapters.evalguard.quirks import scores
    from adapters.evalguard.quirks.figures import summary

    threshold = scores.threshold_of(scope)
    total = summary(runs, threshold)
    passed = bool(runs) and total["failedCases"] == 0 and all(run["status"] == RunStatus.SUCCEEDED for run in runs)
    stated: dict[str, Json] = {"score": total["avgScore"], "pass_rate": total["passRate"], "total_latency_ms": total["totalLatency"]}
    return {"verdict": Verdict.PASSED if passed else Verdict.FAILED, "reported": stated}
