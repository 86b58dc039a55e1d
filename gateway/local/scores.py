"""Scores: one for each run and evaluator; a second one replaces the first and keeps its id."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from gateway.local import listing, lookup, run_documents
from gateway.local.handler import Reply
from gateway.store import Transaction, resolve
from gateway.store.hot import Hot
from gateway.store.tables import experiments, runs, scores
from gateway.store.types import said
from schemas.errors import unknown
from schemas.ids import Kind
from schemas.operations import Caller, ListScoresArgs, Op, PutScoreArgs, ScoreArgs
from schemas.run import NewScore

_TARGET = Hot(
    select(runs.c.id, runs.c.experiment_id, scores.c.id.label("score_id"))
    .join(experiments, experiments.c.id == runs.c.experiment_id)
    .outerjoin(scores, (scores.c.run_id == runs.c.id) & (scores.c.evaluator == bindparam("evaluator")))
    .where(runs.c.id == bindparam("run"), experiments.c.scope == bindparam("scope"))
)
_EXISTING = select(scores.c.id).where(scores.c.run_id == bindparam("run"), scores.c.evaluator == bindparam("evaluator"))
_SAME = (
    "evaluator", "evaluator_id", "evaluator_name", "passed", "threshold", "label", "explanation", "error", "metadata", "trace_id", "started_at",
    "ended_at", "extensions",
)  # fmt: skip
_VALUES = (*_SAME, "annotator_kind", "value", "value_type", "scale", "updated_at")
_NEW = Hot(scores.insert().returning(scores.c.id), *_VALUES, "run_id", "experiment_id", "created_at")
_REPLACE = Hot(scores.update().where(scores.c.id == bindparam("number")), *_VALUES)


def put(tx: Transaction, args: PutScoreArgs, body: NewScore, caller: Caller) -> Reply:
    """Records a score, or replaces the one that is named.

    Raises CrosswalkError: not_found for an unknown run or score; conflict (duplicate) when `create` finds one of the same evaluator.
    """
    if args.score_id is not None:
        known = lookup.score(tx, args.score_id, caller.scope, args.run_id or None)
        return _store(tx, known.run_id, known.experiment_id, body, known.id)
    number = resolve(tx, Kind.RUN, args.run_id, caller.scope)
    if args.experiment_id is not None:
        lookup.run(tx, args.run_id, caller.scope, args.experiment_id)
    target = _TARGET.row(tx, {"run": number, "evaluator": body.evaluator, "scope": caller.scope})
    if target is None:
        raise unknown(Kind.RUN, args.run_id)
    run, experiment, existing = target
    if args.create and existing is not None:
        reference = tx.ids.make(Kind.SCORE, existing)
        raise lookup.duplicate(Kind.SCORE, reference, f"The run has a score of {body.evaluator!r} already.")
    return _store(tx, run, experiment, body, existing)


def put_row(tx: Transaction, run: int, experiment: int, body: NewScore) -> Reply:
    """Records a score of a run by the numbers."""
    return _store(tx, run, experiment, body, tx.value(_EXISTING, {"run": run, "evaluator": body.evaluator}))


def _store(tx: Transaction, run: int, experiment: int, body: NewScore, existing: int | None) -> Reply:
    values: dict[str, Any] = {name: getattr(body, name) for name in _SAME}
    values["annotator_kind"] = body.annotator_kind.value
    values["value"] = said(body.value) if "value" in body.model_fields_set else None
    values["value_type"] = None if body.value_type is None else body.value_type.value
    values["scale"] = None if body.scale is None else body.scale.model_dump()
    values["updated_at"] = tx.now
    if existing is None:
        made = _NEW.row(tx, {**values, "run_id": run, "experiment_id": experiment, "created_at": tx.now})
        assert made is not None, "RETURNING gives the row that was made"
        number = int(made[0])
    else:
        number = existing
        _REPLACE.run(tx, {**values, "number": number})
    ids = {
        "id": tx.ids.make(Kind.SCORE, number),
        "run_id": tx.ids.make(Kind.RUN, run),
        "experiment_id": tx.ids.make(Kind.EXPERIMENT, experiment),
    }
    return {**values, **ids, "value": body.value}


def list_scores(tx: Transaction, args: ListScoresArgs, _body: None, caller: Caller) -> Reply:
    """Scores of a run, of an experiment, or all; newest first."""
    query = select(scores).join(experiments, experiments.c.id == scores.c.experiment_id).where(experiments.c.scope == caller.scope)
    if args.experiment_id is not None:
        owner = lookup.experiment(tx, args.experiment_id, caller.scope)
        query = query.where(scores.c.experiment_id.in_(lookup.arm_numbers(tx, owner)))
    if args.run_id is not None:
        query = query.where(scores.c.run_id == lookup.run(tx, args.run_id, caller.scope, args.experiment_id).id)

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [run_documents.score(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.SCORE, query, scores.c.id, render), args)


def get(tx: Transaction, args: ScoreArgs, _body: None, caller: Caller) -> Reply:
    """One score."""
    return run_documents.score(tx, _find(tx, args, caller))


def delete(tx: Transaction, args: ScoreArgs, _body: None, caller: Caller) -> Reply:
    """Deletes one score."""
    row = _find(tx, args, caller)
    tx.execute(scores.delete().where(scores.c.id == row.id))
    return {"id": tx.ids.make(Kind.SCORE, row.id)}


def _find(tx: Transaction, args: ScoreArgs, caller: Caller) -> Row[Any]:
    row = lookup.score(tx, args.score_id, caller.scope, args.run_id)
    if args.experiment_id is not None:
        lookup.run(tx, tx.ids.make(Kind.RUN, row.run_id), caller.scope, args.experiment_id)
    return row


HANDLERS = {Op.PUT_SCORE: put, Op.LIST_SCORES: list_scores, Op.GET_SCORE: get, Op.DELETE_SCORE: delete}
