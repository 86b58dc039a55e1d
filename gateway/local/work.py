"""What the executor asks of the store itself, across all callers: which experiments have work, and whose they are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, exists, or_, select, type_coerce

from gateway.store import Transaction
from gateway.store.tables import experiments, runs, scores
from schemas.experiment import ExperimentForm
from schemas.ids import Kind
from schemas.status import ExperimentStatus as Status
from schemas.status import RunStatus

LIMIT = 1000

_E = experiments.c
_SINGLE = _E.is_group.is_(False)
_ENDED = (Status.COMPLETED.value, Status.COMPLETED_WITH_ERRORS.value)
_EVALUATED = type_coerce(_E.evaluators, Text) != "[]"
_IDLE = and_(_E.caller_runs.is_(True), ~_EVALUATED)
_CALLERS_WORD = and_(_E.caller_runs.is_(True), _E.form == ExperimentForm.EVALUATION.value)  # over when its caller says so
_ALL_THERE = and_(_E.example_count > 0, _E.succeeded + _E.failed >= _E.example_count * _E.repetitions)
_UNJUDGED = exists().where(
    runs.c.experiment_id == _E.id, runs.c.status == RunStatus.SUCCEEDED.value, ~exists().where(scores.c.run_id == runs.c.id)
)
# Whoever runs an experiment also says that it is running: that is nothing to take up.
_TO_RUN = or_(_E.status == Status.PENDING.value, and_(_E.status == Status.RUNNING.value, _E.caller_runs.is_(False)))
_TO_JUDGE = and_(_E.status == Status.WAITING.value, or_(and_(_EVALUATED, _UNJUDGED), and_(~_IDLE, ~_CALLERS_WORD, _ALL_THERE)))
_LEFT_UNJUDGED = and_(_E.status.in_(_ENDED), _E.caller_runs.is_(True), _EVALUATED, _UNJUDGED)


@dataclass(frozen=True, slots=True)
class Work:
    """An experiment of one variant: its number and id, the scope it belongs to, its status.

    `idle`: its caller runs it and nobody is to judge it; unless it is pending there is never anything to do.
    """

    number: int
    id: str
    scope: str
    status: Status
    idle: bool


def find(tx: Transaction, number: int) -> Work | None:
    """The experiment of that number, None when there is none (or it is a group, which has no runs of its own)."""
    found = _read(tx, _select(_E.id == number))
    return found[0] if found else None


def to_run(tx: Transaction) -> list[Work]:
    """Experiments that wait to be run or were being run, oldest first, 1,000 at most."""
    return _read(tx, _select(_TO_RUN))


def to_judge(tx: Transaction) -> list[Work]:
    """Waiting experiments with completed runs that nobody has judged, or with nothing left to wait for, oldest first, 1,000 at most."""
    return _read(tx, _select(_TO_JUDGE))


def left_unjudged(tx: Transaction) -> list[Work]:
    """Experiments that their callers have run to the end, with runs that nobody has judged, oldest first, 1,000 at most."""
    return _read(tx, _select(_LEFT_UNJUDGED))


def _select(condition: ColumnElement[bool]) -> Select[Any]:
    return select(_E.id, _E.scope, _E.status, _IDLE.label("idle")).where(_SINGLE, condition).order_by(_E.id).limit(LIMIT)


def _read(tx: Transaction, query: Select[Any]) -> list[Work]:
    return [Work(row.id, tx.ids.make(Kind.EXPERIMENT, row.id), row.scope, Status(row.status), bool(row.idle)) for row in tx.rows(query)]
