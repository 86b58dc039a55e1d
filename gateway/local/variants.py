"""Changing what an experiment tries: its variants, and with them its arms."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from gateway.local import experiments, freezing, lookup
from gateway.store import Transaction
from gateway.store.tables import experiments as table
from gateway.store.tables import runs, scores
from schemas.errors import invalid
from schemas.experiment import Variant
from schemas.ids import Kind
from schemas.operations import Caller
from schemas.status import ExperimentStatus

_COPIED = (
    "scope", "description", "form", "dataset_id", "dataset_version_id", "splits", "evaluators", "pipelines", "repetitions", "concurrency",
    "batch_size", "generation_method", "metric", "alpha", "threshold", "example_count", "project", "tags", "metadata", "tracing", "workflow_name",
    "starred", "created_by", "extensions",
)  # fmt: skip


def said(variant: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a caller says of a variant, for comparing: ids are ours."""
    return variant["name"], variant["steps"]


def change(tx: Transaction, row: Row[Any], wanted: Sequence[Variant], caller: Caller) -> None:
    """Makes `wanted` the variants. A single experiment that gets several becomes a group, its runs those of the first arm."""
    if row.is_group:
        _change_arms(tx, row, wanted, caller)
    elif len(wanted) == 1:
        _set(tx, row, wanted[0])
    elif row.group_id is not None:
        raise invalid("One variant of an experiment cannot become several.", "variants")
    elif not wanted:
        tx.execute(table.update().where(table.c.id == row.id).values(steps=None, variant=None, caller_runs=False))
    else:
        _split(tx, row, wanted)


def _set(tx: Transaction, row: Row[Any], variant: Variant) -> None:
    values = {"steps": experiments.steps(variant), "caller_runs": experiments.caller_runs(variant), "variant": variant.name or row.variant}
    tx.execute(table.update().where(table.c.id == row.id).values(**values))


def _shared(tx: Transaction, row: Row[Any]) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _COPIED}, "group_id": row.id, "created_at": tx.now, "updated_at": tx.now}


def _split(tx: Transaction, row: Row[Any], wanted: Sequence[Variant]) -> None:
    draft = row.status == ExperimentStatus.DRAFT
    arms = experiments.add_arms(tx, _shared(tx, row), wanted, row.name, draft)
    for arm in arms:
        freezing.copy(tx, row.id, arm)
    freezing.clear(tx, row.id)
    moved = {"experiment_id": arms[0]}
    tx.execute(runs.update().where(runs.c.experiment_id == row.id).values(**moved))
    tx.execute(scores.update().where(scores.c.experiment_id == row.id).values(**moved))
    counts = {"succeeded": row.succeeded, "failed": row.failed, "waiting": row.waiting, "started_at": row.started_at}
    tx.execute(table.update().where(table.c.id == arms[0]).values(**counts))
    nothing = {"succeeded": 0, "failed": 0, "waiting": 0, "steps": None, "variant": None, "caller_runs": False, "is_group": True}
    tx.execute(table.update().where(table.c.id == row.id).values(**nothing))


def _change_arms(tx: Transaction, row: Row[Any], wanted: Sequence[Variant], caller: Caller) -> None:
    """An arm is kept when its id or its name is among the wanted ones; the others go."""
    if not wanted:
        raise invalid("A group keeps at least one variant.", "variants")
    arms = lookup.arms(tx, row)
    draft = all(arm.status == ExperimentStatus.DRAFT for arm in arms)
    kept: set[int] = set()
    for position, variant in enumerate(wanted):
        arm = _matching(tx, [arm for arm in arms if arm.id not in kept], variant)
        if arm is None:
            (number,) = experiments.add_arms(tx, _shared(tx, row), [variant], row.name, draft, position)
            freezing.copy(tx, arms[0].id, number)
        else:
            number = arm.id
            _set(tx, arm, variant)
            tx.execute(table.update().where(table.c.id == number).values(variant_position=position))
        kept.add(number)
    experiments.remove(tx, [arm for arm in arms if arm.id not in kept], caller)


def _matching(tx: Transaction, arms: Sequence[Row[Any]], variant: Variant) -> Row[Any] | None:
    for arm in arms:
        if variant.id and tx.ids.number(variant.id, Kind.EXPERIMENT) == arm.id:
            return arm
    return next((arm for arm in arms if arm.variant == variant.name and not variant.id), None)
