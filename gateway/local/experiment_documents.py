"""Experiments as documents: single ones, arms, and groups made of their arms."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import datasets, experiments
from schemas.ids import Kind
from schemas.status import ExperimentStatus

COLUMNS = (*experiments.c, datasets.c.name.label("dataset_name"))
QUERY = select(*COLUMNS).select_from(experiments.outerjoin(datasets, datasets.c.id == experiments.c.dataset_id))

_ONE = QUERY.where(experiments.c.id == bindparam("number"))
_ARMS = QUERY.where(experiments.c.group_id.in_(bindparam("groups", expanding=True))).order_by(
    experiments.c.group_id, experiments.c.variant_position
)
_AS_STORED = (
    "alias", "name", "description", "form", "dataset_name", "splits", "evaluators", "pipelines", "repetitions", "concurrency", "batch_size",
    "generation_method", "metric", "alpha", "threshold", "native_status", "verdict", "reported", "started_at", "completed_at", "error", "project",
    "trace_project", "tags", "metadata", "tracing", "workflow_name", "starred", "created_by", "delivery", "created_at", "updated_at", "extensions",
)  # fmt: skip


def one(tx: Transaction, number: int) -> Reply:
    """The document of experiment `number`, which exists."""
    return many(tx, tx.rows(_ONE, {"number": number}))[0]


def many(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Reply]:
    """Rows of `QUERY` as documents."""
    arms = _arms(tx, [row.id for row in rows if row.is_group])
    return [_group(tx, row, arms[row.id]) if row.is_group else _single(tx, row) for row in rows]


def _arms(tx: Transaction, groups: list[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for start in range(0, len(groups), 500):
        for row in tx.rows(_ARMS, {"groups": groups[start : start + 500]}):
            found[row.group_id].append(row)
    return found


def _single(tx: Transaction, row: Row[Any]) -> Reply:
    return {**_common(tx, row), "variants": variants(tx, [row]), "status": row.status, **_progress([row], row.status)}


def _group(tx: Transaction, row: Row[Any], arms: list[Row[Any]]) -> Reply:
    status = combined([arm.status for arm in arms])
    times = {
        "started_at": min((arm.started_at for arm in arms if arm.started_at), default=None),
        "completed_at": max((arm.completed_at for arm in arms if arm.completed_at), default=None) if status.terminal else None,
        "error": row.error or next((arm.error for arm in arms if arm.error), None),
    }
    return {**_common(tx, row), **times, "variants": variants(tx, arms), "status": status.value, **_progress(arms, status)}


def _common(tx: Transaction, row: Row[Any]) -> Reply:
    document = {name: getattr(row, name) for name in _AS_STORED}
    document["id"] = tx.ids.make(Kind.EXPERIMENT, row.id)
    document["dataset_id"] = tx.id(Kind.DATASET, row.dataset_id)
    document["dataset_version_id"] = tx.id(Kind.DATASET_VERSION, row.dataset_version_id)
    document["group_id"] = tx.id(Kind.EXPERIMENT, row.group_id)
    return document


def variants(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Reply]:
    """What each row tries; a draft that tries nothing yet is left out."""
    return [
        {"id": tx.ids.make(Kind.EXPERIMENT, row.id), "name": row.variant or "", "steps": row.steps} for row in rows if row.steps is not None
    ]


def _progress(rows: Sequence[Row[Any]], status: str) -> Reply:
    expected = sum(row.example_count * row.repetitions for row in rows)
    succeeded, failed = sum(row.succeeded for row in rows), sum(row.failed for row in rows)
    counts = {
        "examples": max((row.example_count for row in rows), default=0),
        "expected": expected,
        "succeeded": succeeded,
        "failed": failed,
        "waiting": sum(row.waiting for row in rows),
        "missing": expected - succeeded - failed,
    }
    done = min(1.0, (succeeded + failed) / expected) if expected else float(ExperimentStatus(status).terminal)
    return {"counts": counts, "progress": done}


_FIRST = (
    ExperimentStatus.UNKNOWN,
    ExperimentStatus.RUNNING,
    ExperimentStatus.PENDING,
    ExperimentStatus.WAITING,
    ExperimentStatus.DRAFT,
    ExperimentStatus.CANCELLED,
    ExperimentStatus.FAILED,
    ExperimentStatus.COMPLETED_WITH_ERRORS,
    ExperimentStatus.COMPLETED,
)


def combined(statuses: Sequence[str]) -> ExperimentStatus:
    """The status of a group: what is unfinished goes first; some failed arms beside finished ones are errors, not a failure.

    A group whose arms have begun and are not through is running, although the next arm is still pending.
    """
    found = {ExperimentStatus(status) for status in statuses}
    if not found:
        return ExperimentStatus.DRAFT
    worst = next(status for status in _FIRST if status in found)
    if worst is ExperimentStatus.PENDING and len(found) > 1:
        return ExperimentStatus.RUNNING
    if worst is ExperimentStatus.FAILED and len(found) > 1:
        return ExperimentStatus.COMPLETED_WITH_ERRORS
    return worst
