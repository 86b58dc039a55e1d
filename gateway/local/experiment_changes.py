"""Changing an experiment: its description, its definition, its status; starting and cancelling."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam

from gateway.local import experiment_documents, experiments, freezing, lookup, variants
from gateway.local.extensions import joined
from gateway.local.handler import Reply
from gateway.store import Change, Transaction
from gateway.store.tables import experiments as table
from gateway.store.tables import runs
from schemas.errors import Code, CrosswalkError, Reason, invalid
from schemas.experiment import ExperimentPatch
from schemas.ids import Kind
from schemas.operations import EXECUTOR, Caller, ExperimentArgs, Op, StartArgs
from schemas.status import ExperimentStatus, RunStatus

_BUSY = frozenset({ExperimentStatus.PENDING, ExperimentStatus.RUNNING})
_PLAIN = (
    "description", "pipelines", "repetitions", "concurrency", "batch_size", "generation_method", "tags", "metadata", "tracing", "workflow_name",
    "starred", "native_status", "error", "extensions",
)  # fmt: skip
_OF_THE_WHOLE = ("verdict", "reported")
_EMPTY: Mapping[str, Any] = {"pipelines": [], "tags": [], "metadata": {}, "extensions": {}, "evaluators": [], "repetitions": 1}
_SET_NAME = table.update().where(table.c.id == bindparam("number")).values(name=bindparam("new_name"))


def update(tx: Transaction, args: ExperimentArgs, body: ExperimentPatch, caller: Caller) -> Reply:
    """Changes the given fields, of a group on all of its arms. The definition may not change while it runs, a final status not at all."""
    experiments.refuse_pipelines(body.pipelines)
    row = lookup.experiment(tx, args.experiment_id, caller.scope)
    given = body.model_fields_set
    before = experiment_documents.one(tx, row.id)
    status = ExperimentStatus(before["status"])
    if body.status is not None:
        _check_status(tx, row, status)
    _check_definition(body, before, status)
    if "dataset_id" in given and body.dataset_id is not None and body.dataset_id != before["dataset_id"]:
        _refuse_apart(row)
        experiments.refreeze(tx, row, freezing.source(tx, body.dataset_id, None, row.splits, caller))
    if body.variants is not None:
        variants.change(tx, lookup.number(tx, row.id), body.variants, caller)
    _set(tx, lookup.number(tx, row.id), body, caller)
    return experiment_documents.one(tx, row.id)


def _refuse_apart(row: Row[Any]) -> None:
    if row.group_id is not None:
        raise invalid("The experiment is one variant of several, which share their dataset.", "dataset_id")


def _check_status(tx: Transaction, row: Row[Any], status: ExperimentStatus) -> None:
    """A status that only followed the counts may still be stated; one that was stated or that the gateway reached is final."""
    if status.terminal and any(map(_final, lookup.arms(tx, row))):
        raise _terminal(tx, row, status)


def _final(arm: Row[Any]) -> bool:
    derived = arm.caller_runs and not arm.stated
    return ExperimentStatus(arm.status).terminal and not derived


def _terminal(tx: Transaction, row: Row[Any], status: ExperimentStatus) -> CrosswalkError:
    reference = tx.ids.make(Kind.EXPERIMENT, row.id)
    return CrosswalkError(Code.CONFLICT, f"The experiment is already {status}.", Reason.TERMINAL, Kind.EXPERIMENT, reference)


def _busy(reference: str) -> CrosswalkError:
    message = "The experiment is being run: cancel it first."
    return CrosswalkError(Code.CONFLICT, message, Reason.BUSY, Kind.EXPERIMENT, reference)


def _check_definition(body: ExperimentPatch, before: Reply, status: ExperimentStatus) -> None:
    if status in _BUSY and any(_differs(body, before, name) for name in ("dataset_id", "variants", "evaluators", "repetitions")):
        raise _busy(before["id"])


def _differs(body: ExperimentPatch, before: Reply, name: str) -> bool:
    if name not in body.model_fields_set or getattr(body, name) is None:
        return False
    if name == "variants":
        return [variants.said(one) for one in body.model_dump(mode="json")["variants"]] != [
            variants.said(one) for one in before["variants"]
        ]
    return bool(body.model_dump(mode="json")[name] != before[name])


def _set(tx: Transaction, row: Row[Any], body: ExperimentPatch, caller: Caller) -> None:
    given = body.model_dump(mode="json", include=body.model_fields_set & {*_PLAIN, *_OF_THE_WHOLE, "evaluators"})
    values = {name: _EMPTY.get(name) if value is None else value for name, value in given.items()}
    whole = {name: values.pop(name) for name in _OF_THE_WHOLE if name in values}
    arms = lookup.arms(tx, row)
    everywhere = [row.id, *(arm.id for arm in arms)]
    tx.execute(table.update().where(table.c.id.in_(everywhere)).values(**values, updated_at=tx.now))
    if whole:
        tx.execute(table.update().where(table.c.id == row.id).values(**whole))
    for one in {one.id: one for one in (row, *arms)}.values() if body.extensions else ():
        tx.execute(table.update().where(table.c.id == one.id).values(extensions=joined(one.extensions, body.extensions)))
    if body.name is not None:
        _rename(tx, row, arms, body.name)
    if body.status is not None:
        for arm in arms:
            if not _final(arm):
                _state(tx, arm, body.status, caller)


def _rename(tx: Transaction, row: Row[Any], arms: list[Row[Any]], name: str) -> None:
    tx.execute(_SET_NAME, {"number": row.id, "new_name": name})
    if row.is_group:
        for arm in arms:
            tx.execute(_SET_NAME, {"number": arm.id, "new_name": experiments.arm_name(name, arm.variant or "")})


def _state(tx: Transaction, arm: Row[Any], status: ExperimentStatus, caller: Caller) -> None:
    # What the executor says follows from what is recorded: whoever runs the experiment may still state otherwise.
    values: dict[str, Any] = {"status": status.value, "stated": caller.role != EXECUTOR}
    if status is ExperimentStatus.RUNNING or status.terminal:
        values["started_at"] = arm.started_at or tx.now
    if status.terminal:
        values["completed_at"] = tx.now
    tx.execute(table.update().where(table.c.id == arm.id).values(**values))
    if status in (ExperimentStatus.PENDING, ExperimentStatus.CANCELLED):
        tx.changes.append(Change(status.value, arm.id))


def start(tx: Transaction, args: StartArgs, _body: None, caller: Caller) -> Reply:
    """Makes an experiment pending: what is missing or failed is run, or with `again` everything. Raises CrosswalkError (conflict, busy)."""
    row = lookup.experiment(tx, args.experiment_id, caller.scope)
    arms = lookup.arms(tx, row)
    if any(arm.status in _BUSY for arm in arms):
        raise _busy(tx.ids.make(Kind.EXPERIMENT, row.id))
    if row.dataset_id is None or not arms or any(arm.steps is None for arm in arms):
        raise invalid(
            "The experiment needs a dataset and a variant before it can be started.", "dataset_id" if row.dataset_id is None else "variants"
        )
    for arm in arms:
        _begin(tx, arm, args.again)
    if row.is_group:
        tx.execute(table.update().where(table.c.id == row.id).values(error=None, updated_at=tx.now))
    return experiment_documents.one(tx, row.id)


def _begin(tx: Transaction, arm: Row[Any], again: bool) -> None:
    values: dict[str, Any] = {
        "status": ExperimentStatus.PENDING.value,
        "stated": False,
        "native_status": None,
        "completed_at": None,
        "error": None,
        "verdict": None,
        "updated_at": tx.now,
    }
    if again:
        tx.execute(runs.delete().where(runs.c.experiment_id == arm.id))
        values |= {"succeeded": 0, "failed": 0, "waiting": 0, "started_at": None, "reported": None}
    else:  # a failed run is missing again: whoever runs the experiment need not tell old failures from new ones
        tx.execute(runs.delete().where(runs.c.experiment_id == arm.id, runs.c.status == RunStatus.FAILED.value))
        values["failed"] = 0
    tx.execute(table.update().where(table.c.id == arm.id).values(**values))
    tx.changes.append(Change("pending", arm.id))


def cancel(tx: Transaction, args: ExperimentArgs, _body: None, caller: Caller) -> Reply:
    """Ends what has not ended. Raises CrosswalkError (conflict, terminal) when nothing is left to end."""
    row = lookup.experiment(tx, args.experiment_id, caller.scope)
    open_arms = [arm for arm in lookup.arms(tx, row) if not ExperimentStatus(arm.status).terminal]
    if not open_arms:
        raise _terminal(tx, row, ExperimentStatus(experiment_documents.one(tx, row.id)["status"]))
    for arm in open_arms:
        _state(tx, arm, ExperimentStatus.CANCELLED, caller)
    return experiment_documents.one(tx, row.id)


HANDLERS = {Op.UPDATE_EXPERIMENT: update, Op.START_EXPERIMENT: start, Op.CANCEL_EXPERIMENT: cancel}
