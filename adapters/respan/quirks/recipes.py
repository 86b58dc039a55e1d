"""Recipes for experiments: what takes more than one canonical call."""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.recipes import known_evaluators
from adapters.respan.quirks import pipelines
from adapters.respan.quirks.asking import ask, joined
from adapters.scope import Scope
from schemas.experiment import ExperimentDefinition, ExperimentPatch, StepKind
from schemas.operations import AddRunArgs, Call, ExperimentArgs, ListIncompleteArgs, Op, StartArgs
from schemas.run import NewRun, NewRuns
from schemas.status import ExperimentStatus, RunStatus

# What a PUT that does not name them sets back. Name, dataset and workflow stay: no experiment can do without them.
_REPLACED = ("description", "evaluators", "pipelines", "generation_method", "batch_size", "concurrency", "workflow_name", "tracing")
_AT_ONCE = 500
_ENDED = (ExperimentStatus.COMPLETED, ExperimentStatus.COMPLETED_WITH_ERRORS, ExperimentStatus.CANCELLED)


def create(call: Call, scope: Scope) -> Plan:
    """Create, with a waiting trace for every row that the caller runs itself."""
    assert isinstance(call.body, ExperimentDefinition)
    definition = yield from pipelines.defined(call, call.body, scope)
    yield from known_evaluators(call, definition, "evaluator_ids")
    made = yield ask(call, call.op, call.args, definition)
    return (yield from placeholders(call, made))


def placeholders(call: Call, experiment: Any) -> Generator[Call, Any, Any]:
    """A waiting trace for every row of an experiment whose workflow is only a wait step (recorded); gives the experiment as it is then."""
    steps = [step["kind"] for variant in experiment["variants"] for step in variant["steps"]]
    if set(steps) != {StepKind.WAIT} or experiment["status"] == ExperimentStatus.DRAFT:
        return experiment
    one = ExperimentArgs(experiment_id=experiment["id"])
    missing = ListIncompleteArgs(experiment_id=experiment["id"], failed=False, waiting=False, limit=_AT_ONCE)
    while True:
        page = yield ask(call, Op.LIST_INCOMPLETE_RUNS, missing)
        runs = [_waiting(item["example"]["id"], repetition) for item in page["items"] for repetition in item["repetitions"]]
        if not runs:
            return (yield ask(call, Op.GET_EXPERIMENT, one))
        yield ask(call, Op.ADD_RUNS, AddRunArgs(experiment_id=experiment["id"]), NewRuns(runs=runs))


def _waiting(example: str, repetition: int) -> NewRun:
    return NewRun(example_id=example, repetition=repetition, status=RunStatus.WAITING)


def start(call: Call, scope: Scope) -> Plan:
    """Start a draft, go on with what is missing or failed, run a finished experiment anew."""
    assert isinstance(call.args, StartArgs)
    known = yield ask(call, Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=call.args.experiment_id))
    again = ExperimentStatus(known["status"]) in _ENDED
    started = yield ask(call, Op.START_EXPERIMENT, StartArgs(experiment_id=call.args.experiment_id, again=again))
    return (yield from placeholders(call, started))


def update(call: Call, scope: Scope) -> Plan:
    """Change what the body names. What this dialect alone says about an experiment joins what it said before."""
    assert isinstance(call.args, ExperimentArgs)
    assert isinstance(call.body, ExperimentPatch)
    patch = yield from pipelines.patched(call, call.body, scope)
    if not patch.model_fields_set:
        return (yield ask(call, Op.GET_EXPERIMENT, call.args))
    if patch.extensions:
        known = yield ask(call, Op.GET_EXPERIMENT, call.args)
        patch = patch.model_copy(update={"extensions": joined(known, patch.extensions)})
    return (yield ask(call, call.op, call.args, patch))


def replace(call: Call, scope: Scope) -> Plan:
    """PUT: what the body leaves out is set back."""
    assert isinstance(call.body, ExperimentPatch)
    empty: dict[str, Any] = {"evaluators": [], "pipelines": []}
    absent = {name: empty.get(name) for name in _REPLACED if name not in call.body.model_fields_set}
    return (yield from update(ask(call, call.op, call.args, call.body.model_copy(update=absent)), scope))
