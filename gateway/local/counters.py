"""An experiment's counts of runs by state, kept true by adding and subtracting, and the status of those that others run."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text, and_, bindparam, case, func, or_, type_coerce

from gateway.store import Transaction
from gateway.store.hot import Hot
from gateway.store.tables import experiments
from gateway.store.types import Moment
from schemas.status import ExperimentStatus as Status
from schemas.status import RunStatus

COUNTED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.WAITING)

_c = experiments.c
_succeeded = _c.succeeded + bindparam("succeeded_more")
_failed = _c.failed + bindparam("failed_more")
# Once everything expected has been recorded the status is final, and only says whether there are failed runs; it never becomes waiting again.
# Where evaluators are to judge, the end comes with their scores: the executor says it.
_follows = and_(
    _c.caller_runs.is_(True),
    type_coerce(_c.evaluators, Text) == "[]",
    _c.stated.is_(False),
    case(
        (_c.status == Status.WAITING.value, _succeeded + _failed >= _c.example_count * _c.repetitions),
        else_=or_(_c.status == Status.COMPLETED.value, _c.status == Status.COMPLETED_WITH_ERRORS.value),
    ),
)
_now = bindparam("now", type_=Moment)
_ADD = Hot(
    experiments.update()
    .where(_c.id == bindparam("experiment"))
    .values(
        succeeded=_succeeded,
        failed=_failed,
        waiting=_c.waiting + bindparam("waiting_more"),
        started_at=func.coalesce(_c.started_at, _now),
        completed_at=case((_follows, func.coalesce(_c.completed_at, _now)), else_=_c.completed_at),
        status=case((_follows, case((_failed > 0, Status.COMPLETED_WITH_ERRORS.value), else_=Status.COMPLETED.value)), else_=_c.status),
    )
)


def count(tx: Transaction, experiment: int, changes: Mapping[str, int]) -> None:
    """Adds to the counts: `changes` by run status (those that are not counted are ignored). The experiment has started by now at the latest."""
    values: dict[str, Any] = {f"{status}_more": changes.get(status, 0) for status in COUNTED}
    _ADD.run(tx, {**values, "experiment": experiment, "now": tx.now})
