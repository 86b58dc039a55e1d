"""Recipes for score records."""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.respan.quirks.asking import ask, joined, optional
from adapters.respan.quirks.traces import name_evaluators
from adapters.scope import Scope
from schemas.evaluator import EvaluatorKind
from schemas.ids import Kind
from schemas.operations import Call, EvaluatorArgs, ExperimentArgs, Op, PutScoreArgs, RunArgs, ScoreArgs
from schemas.run import AnnotatorKind, NewScore, ValueType

_ANNOTATORS = {EvaluatorKind.HUMAN: AnnotatorKind.HUMAN, EvaluatorKind.LLM: AnnotatorKind.LLM}
# One field holds several kinds of value: what the evaluator declares decides between them.
_TOGETHER = (frozenset({ValueType.LABEL, ValueType.TEXT, ValueType.LABELS}), frozenset({ValueType.NUMBER, ValueType.BOOLEAN}))


def put(call: Call, scope: Scope) -> Plan:
    """Record a score; one of the same evaluator on the same log is replaced, as newer servers do (older ones answered 409)."""
    assert isinstance(call.body, NewScore)
    reference = call.body.evaluator_id or _named(call.body, scope)
    evaluator = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=reference)))
    body = call.body if evaluator is None else _declared(call.body, evaluator, scope)
    if evaluator is not None:
        body = body.model_copy(update={"evaluator": (yield from _key(call, body, evaluator, scope))})
    made = yield ask(call, Op.PUT_SCORE, call.args, body)
    return (yield from _read(call, made["id"]))


def _key(call: Call, body: NewScore, evaluator: Any, scope: Scope) -> Generator[Call, Any, str]:
    """The evaluator as the run's experiment names it, so that id and slug mean one score."""
    assert isinstance(call.args, PutScoreArgs)
    run = yield ask(call, Op.GET_RUN, RunArgs(run_id=call.args.run_id))
    experiment = yield ask(call, Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=run["experiment_id"]))
    same = {evaluator["id"], evaluator.get("slug"), evaluator.get("alias")}
    used = next((use["evaluator"] for use in experiment["evaluators"] if use["evaluator"] in same), None)
    return body.evaluator if used is None else body.evaluator.replace(_named(body, scope), used, 1)


def _named(body: NewScore, scope: Scope) -> str:
    scorer = body.extensions.get(scope.dialect, {}).get("scorer")
    return body.evaluator.removesuffix(f":{scorer}") if scorer else body.evaluator


def _declared(body: NewScore, evaluator: Any, scope: Scope) -> NewScore:
    """A score with what its evaluator says about all of its scores: who gives them, of what kind they are, when they pass."""
    more: dict[str, Any] = {
        "annotator_kind": _ANNOTATORS.get(EvaluatorKind(evaluator["kind"]), AnnotatorKind.CODE),
        "evaluator_name": evaluator["name"],
        # The experiment may name the evaluator by its id: so the slug is still found by a filter.
        "extensions": joined({"extensions": body.extensions}, {scope.dialect: {"evaluator_slug": evaluator.get("slug")}}),
    }
    if scope.ids.number(str(evaluator["id"]), Kind.EVALUATOR) is not None:
        more["evaluator_id"] = evaluator["id"]
    kind = ValueType(evaluator["value_type"])
    if body.value_type is not kind and any({body.value_type, kind} <= kinds for kinds in _TOGETHER):
        more.update(_as(kind, body.value))
    threshold = evaluator.get("threshold")
    if threshold is not None and isinstance(body.value, int | float) and not isinstance(body.value, bool):
        more |= {"threshold": threshold, "passed": body.value >= threshold}
    elif isinstance(body.value, bool):
        more["passed"] = body.value
    return body.model_copy(update=more)


def _as(kind: ValueType, value: Any) -> dict[str, Any]:
    """A value as the declared kind, where that is only another spelling."""
    if kind is ValueType.LABELS and isinstance(value, str):
        return {"value": [value], "value_type": kind}
    if kind in (ValueType.LABEL, ValueType.TEXT):
        if isinstance(value, list) and len(value) == 1:
            return {"value": value[0], "value_type": kind}
        return {"value_type": kind} if isinstance(value, str) else {}
    return {}


def change(call: Call, scope: Scope) -> Plan:
    """Change what the body names of one score."""
    return (yield from _changed(call, scope, wholly=False))


def replace(call: Call, scope: Scope) -> Plan:
    """PUT: value and explanation are those of the body, or none."""
    return (yield from _changed(call, scope, wholly=True))


def _changed(call: Call, scope: Scope, wholly: bool) -> Plan:
    assert isinstance(call.args, PutScoreArgs)
    assert isinstance(call.body, NewScore)
    one = ScoreArgs(score_id=str(call.args.score_id), run_id=call.args.run_id or None)
    known = yield ask(call, Op.GET_SCORE, one)
    before = {name: value for name, value in known.items() if name in NewScore.model_fields}
    if wholly:
        before |= {"value": None, "explanation": None, "label": None}
    given = call.body.model_dump(exclude_unset=True, exclude={"evaluator"})
    if "value" in given:
        before["passed"] = None
    extensions = joined(known, given.get("extensions") or {})
    body = NewScore.model_validate({**before, **given, "extensions": extensions})
    reference = body.evaluator_id or _named(body, scope)
    evaluator = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=reference)))
    if evaluator is not None:
        body = _declared(body, evaluator, scope)
    yield ask(call, Op.PUT_SCORE, call.args, body)
    return (yield from _read(call, known["id"]))


def _read(call: Call, score_id: str) -> Any:
    score = yield ask(call, Op.GET_SCORE, ScoreArgs(score_id=score_id))
    yield from name_evaluators(call, [score])
    return score


def one(call: Call, scope: Scope) -> Plan:
    """One score with its evaluator's slug."""
    score = yield call
    yield from name_evaluators(call, [score])
    return score


def listed(call: Call, scope: Scope) -> Plan:
    """A page of scores, likewise."""
    page = yield call
    yield from name_evaluators(call, page["items"])
    return page
