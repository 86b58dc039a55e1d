"""Prompt and A/B experiments from several canonical calls."""

from typing import Any

from adapters.base import Plan
from adapters.evalguard.quirks.eval_recipes import IN_ORDER, Steps, known_scorers
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.experiment import ExperimentDefinition, ExperimentForm
from schemas.json import JsonObject
from schemas.operations import Call, ExperimentArgs, Op
from schemas.status import ExperimentStatus

_DECIDED = (ExperimentStatus.COMPLETED, ExperimentStatus.COMPLETED_WITH_ERRORS)


def create(call: Call, scope: Scope) -> Plan:
    """Refuses unknown scorers where that is asked for, and starts the experiment."""
    assert isinstance(call.body, ExperimentDefinition)
    yield from known_scorers(call, call.body, scope)
    reply = yield call
    return reply


def read(call: Call, scope: Scope) -> Plan:
    """The experiment, beside it an arm for each variant with its status and runs, and the winner of a finished A/B experiment."""
    assert isinstance(call.args, ExperimentArgs)
    found = yield call
    arms = []
    for variant in found["variants"]:
        arm = yield from _arm(call, variant["id"])
        arms.append(arm)
    winner = yield from _winner(call, found)
    return {**found, "arms": arms, "winner": winner}


def _arm(call: Call, variant_id: str) -> Steps:
    one = yield call.then(Op.GET_EXPERIMENT, experiment_id=variant_id)
    runs = yield call.then(Op.LIST_RUNS, experiment_id=variant_id, sort=IN_ORDER, waiting=False)
    return {"status": one["status"], "runs": runs["items"]}


def _winner(call: Call, found: JsonObject) -> Steps:
    """The decision, where a test was asked for and everything has run; None when there is none (reference section 5.2)."""
    if found["form"] != ExperimentForm.AB or found["status"] not in _DECIDED or len(found["variants"]) < 2:
        return None
    asked: dict[str, Any] = {"experiment_ids": [found["id"]], "metric": _metric(found), "limit": 0}
    if found.get("alpha") is not None:
        asked["alpha"] = found["alpha"]
    try:
        comparison = yield call.then(Op.COMPARE, **asked)
    except CrosswalkError as error:
        if error.code is not Code.INVALID_REQUEST:
            raise
        return None
    return comparison["winner"]


def _metric(found: JsonObject) -> str | None:
    """The scorer to compare on: the one that was named, else the first (reference section 5.1)."""
    if found.get("metric") is not None:
        return str(found["metric"])
    return next((use["evaluator"] for use in found["evaluators"]), None)
