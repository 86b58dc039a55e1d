"""Reading and changing recorded runs, and what is still to run or to score."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, func

from gateway.local import listing, lookup, run_documents
from gateway.local.conditions import pinned
from gateway.local.counters import count
from gateway.local.extensions import joined
from gateway.local.handler import Reply
from gateway.store import Change, Transaction
from gateway.store.tables import runs
from gateway.store.types import said
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Caller, ListRunsArgs, Op, RunArgs, UpdateRunArgs
from schemas.query import Condition, Window
from schemas.run import RunPatch
from schemas.status import RunStatus

_ONE = run_documents.query(steps=True).where(runs.c.id == bindparam("number"))
_PREFILTERED = ("status", "native_status", "trace_id", "model", "error")


def listed(
    tx: Transaction, experiment: Row[Any], window: Window | None = None, where: Condition | None = None, steps: bool = False
) -> Select[Any]:
    """A query for the runs of an experiment or of a group's arms; conditions that SQL can test exactly are in it already."""
    query = run_documents.query(steps).where(runs.c.experiment_id.in_(lookup.arm_numbers(tx, experiment)))
    moment = func.coalesce(runs.c.started_at, runs.c.created_at, type_=runs.c.created_at.type)
    if window is not None and window.start_time is not None:
        query = query.where(moment >= window.start_time)
    if window is not None and window.end_time is not None:
        query = query.where(moment <= window.end_time)
    for name, texts in pinned(where, _PREFILTERED):
        query = query.where(runs.c[name].in_(texts))
    return query


def listing_of(tx: Transaction, query: Select[Any], with_scores: bool = True) -> listing.Listing:
    """Runs, newest first."""
    return listing.Listing(Kind.RUN, query, runs.c.id, lambda rows: run_documents.many(tx, rows, with_scores))


def list_runs(tx: Transaction, args: ListRunsArgs, _body: None, caller: Caller) -> Reply:
    """An experiment's runs, newest first; a group's are those of all its variants."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    query = listed(tx, experiment, args, args.where, args.steps)
    if not args.waiting:
        query = query.where(runs.c.status != RunStatus.WAITING.value)
    needed = args.scores or _mentions_scores(args.where) or any("scores." in name for name in args.sort)
    return listing.page(tx, listing_of(tx, query, needed), args)


def _mentions_scores(where: Condition | None) -> bool:
    if where is None:
        return False
    return (where.field or "").startswith("scores") or any(map(_mentions_scores, [*(where.all or []), *(where.any or [])]))


def get(tx: Transaction, args: RunArgs, _body: None, caller: Caller) -> Reply:
    """One run with its scores and steps."""
    return _read(tx, lookup.run(tx, args.run_id, caller.scope, args.experiment_id).id)


def _read(tx: Transaction, number: int) -> Reply:
    return run_documents.many(tx, tx.rows(_ONE, {"number": number}))[0]


def update(tx: Transaction, args: UpdateRunArgs, body: RunPatch, caller: Caller) -> Reply:
    """Merges the given fields. An output alone completes a waiting run. Raises CrosswalkError (conflict, terminal) when `waiting` was asked for in vain."""
    row = lookup.run(tx, args.run_id, caller.scope, args.experiment_id)
    if args.waiting and row.status != RunStatus.WAITING:
        raise completed(args.run_id)
    values = _values(tx, row, body)
    tx.execute(runs.update().where(runs.c.id == row.id).values(**values, updated_at=tx.now))
    status = values.get("status", row.status)
    if status != row.status:
        count(tx, row.experiment_id, {row.status: -1, status: 1})
    if row.status == RunStatus.WAITING and status != row.status:
        tx.changes.append(Change("run", row.experiment_id, row.id))
    return _read(tx, row.id)


def completed(reference: str) -> CrosswalkError:
    """The error for a run that is no longer waiting."""
    message = "This run is not waiting for a result: its output has been recorded."
    return CrosswalkError(Code.CONFLICT, message, Reason.TERMINAL, Kind.RUN, reference)


def _values(tx: Transaction, row: Row[Any], body: RunPatch) -> dict[str, Any]:
    given = body.model_dump(include=body.model_fields_set - {"steps"})
    values = {name: said(value) if name in ("input", "output", "reference") else value for name, value in given.items()}
    if body.steps is not None:
        values["steps"] = body.model_dump(mode="json", include={"steps"})["steps"]
    for name in ("metadata", "extensions"):
        if name in values:
            values[name] = values[name] or {}
    if body.extensions:
        values["extensions"] = joined(row.extensions, body.extensions)
    status = _status(row, body)
    if status is None:
        values.pop("status", None)
    else:
        values["status"] = status.value
        if row.status == RunStatus.WAITING and status is not RunStatus.WAITING and row.ended_at is None:
            values.setdefault("ended_at", tx.now)
    return values


def _status(row: Row[Any], body: RunPatch) -> RunStatus | None:
    """What was said; else failed for an error, and for a waiting run succeeded with its output. None: as it was."""
    if body.status is not None:
        return body.status
    if body.error is not None:
        return RunStatus.FAILED
    if row.status == RunStatus.WAITING and "output" in body.model_fields_set:
        return RunStatus.SUCCEEDED
    return None


HANDLERS = {Op.LIST_RUNS: list_runs, Op.GET_RUN: get, Op.UPDATE_RUN: update}
