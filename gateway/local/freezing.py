"""The frozen example set of an experiment: which examples, in which revision, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, literal, select

from gateway.local import lookup, revisions, splits
from gateway.local.lookup import Experiment
from gateway.local.revisions import Edit
from gateway.store import Transaction
from gateway.store.tables import dataset_versions, example_revisions, examples, experiment_examples, experiments, runs
from schemas.dataset import Example
from schemas.operations import Caller

_COLUMNS = ["experiment_id", "example_id", "revision_id", "position"]
_frozen = experiment_examples.c

_CLEAR = experiment_examples.delete().where(_frozen.experiment_id == bindparam("number"))
_COPY = experiment_examples.insert().from_select(
    _COLUMNS,
    select(bindparam("copy", type_=_frozen.experiment_id.type), _frozen.example_id, _frozen.revision_id, _frozen.position).where(
        _frozen.experiment_id == bindparam("original")
    ),
)


@dataclass(frozen=True)
class Source:
    """Where an experiment's examples come from: a dataset's row, a version (its number), splits (numbers; none = all)."""

    dataset: Row[Any]
    version: int
    splits: tuple[int, ...] = ()


def source(tx: Transaction, dataset: str, version: str | None, wanted: Sequence[str] | None, caller: Caller) -> Source:
    """Looks up what a definition names. The version may be another dataset's: it then stands for the time it was made.

    Raises CrosswalkError (not_found) for an unknown dataset, version or splits.
    """
    row = lookup.dataset(tx, dataset, caller.scope)
    number = row.version_id if version is None else lookup.version(tx, version, caller.scope).id
    return Source(row, number, tuple(splits.numbers_of(tx, wanted or [], caller.scope)))


def freeze(tx: Transaction, experiment: int, origin: Source) -> int:
    """Makes the examples of `origin` the experiment's frozen set, counted from 0 in their order; gives how many they are."""
    tx.execute(_CLEAR, {"number": experiment})
    place = func.row_number().over(order_by=examples.c.position) - 1
    columns = (literal(experiment), examples.c.id, example_revisions.c.id, place)
    chosen = revisions.living(columns, origin.dataset.id, origin.version, origin.dataset.version_id, origin.splits)
    return tx.execute(experiment_examples.insert().from_select(_COLUMNS, chosen)).rowcount


def place(tx: Transaction, experiment: int) -> None:
    """Gives the recorded runs of frozen examples the places that those have in the frozen set."""
    mine = (_frozen.experiment_id == runs.c.experiment_id, _frozen.example_id == runs.c.example_id)
    found = select(_frozen.position).where(*mine).correlate(runs).scalar_subquery()
    tx.execute(runs.update().where(runs.c.experiment_id == experiment, found.is_not(None)).values(position=found))


def clear(tx: Transaction, experiment: int) -> None:
    """Leaves the experiment without a frozen set of its own."""
    tx.execute(_CLEAR, {"number": experiment})


def copy(tx: Transaction, original: int, experiment: int) -> None:
    """Gives an experiment the frozen set of another."""
    tx.execute(_CLEAR, {"number": experiment})
    tx.execute(_COPY, {"original": original, "copy": experiment})


_AT = select(_frozen.position, _frozen.example_id).where(
    _frozen.experiment_id == bindparam("experiment"), _frozen.position.in_(bindparam("positions", expanding=True))
)
_LATEST = select(examples.c.id, examples.c.revision_id).where(examples.c.id.in_(bindparam("numbers", expanding=True)))
_ADD = experiment_examples.insert()
_GROW = (
    experiments.update()
    .where(experiments.c.id.in_(bindparam("numbers", expanding=True)))
    .values(example_count=experiments.c.example_count + bindparam("more"), dataset_version_id=bindparam("version"))
)


def at_positions(tx: Transaction, experiment: int, positions: Sequence[int]) -> dict[int, int]:
    """Which example stands at each of these places of the frozen set; a place without one is left out."""
    found: dict[int, int] = {}
    for start in range(0, len(positions), splits.CHUNK):
        rows = tx.rows(_AT, {"experiment": experiment, "positions": positions[start : start + splits.CHUNK]})
        found.update((row.position, row.example_id) for row in rows)
    return found


def extend(tx: Transaction, experiment: Experiment, wanted: dict[int, Example], caller: Caller) -> dict[int, int]:
    """Adds examples at places of the frozen set that have none: to the dataset, to the experiment, and to all arms of its group."""
    assert experiment.dataset_id is not None, "the caller has seen that there is a dataset"
    places = sorted(wanted)
    applied = revisions.apply(tx, experiment.dataset_id, Edit(added=[wanted[place] for place in places]), caller.scope, caller.name)
    head = experiment.group_id or experiment.id
    group = lookup.number(tx, head)
    holders = lookup.arm_numbers(tx, group)
    latest = {row.id: row.revision_id for row in _chunked(tx, applied.added)}
    added = list(zip(places, applied.added, strict=True))
    for holder in holders:
        rows = [{"experiment_id": holder, "example_id": one, "revision_id": latest[one], "position": place} for place, one in added]
        tx.execute(_ADD, rows)
    version = applied.version if _was_latest(tx, experiment, applied.version) else experiment.dataset_version_id
    tx.execute(_GROW, {"numbers": sorted({head, *holders}), "more": len(added), "version": version})
    return dict(added)


def _chunked(tx: Transaction, numbers: Sequence[int]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for start in range(0, len(numbers), splits.CHUNK):
        found += tx.rows(_LATEST, {"numbers": numbers[start : start + splits.CHUNK]})
    return found


def _was_latest(tx: Transaction, experiment: Experiment, version: int) -> bool:
    """Whether nothing but this edit has happened to the dataset since the experiment's version."""
    between = (
        select(func.count())
        .select_from(dataset_versions)
        .where(
            dataset_versions.c.dataset_id == experiment.dataset_id,
            dataset_versions.c.id > (experiment.dataset_version_id or 0),
            dataset_versions.c.id < version,
        )
    )
    return bool(tx.value(between) == 0)
