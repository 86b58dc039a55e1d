"""Records by reference: one row that the caller may see, or the error that says why not."""

from typing import Any, NamedTuple

from sqlalchemy import Row, Select, Table, bindparam, select

from gateway.store import Transaction, resolve
from gateway.store.hot import Hot
from gateway.store.tables import dataset_versions, datasets, example_revisions, examples, experiments, runs, scores
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind


def _owned(table: Table) -> Select[Any]:
    return select(table).where(table.c.id == bindparam("number"), table.c.scope == bindparam("scope"))


_DATASET = _owned(datasets)
_EXPERIMENT = _owned(experiments)
_VERSION = (
    select(dataset_versions)
    .join(datasets, datasets.c.id == dataset_versions.c.dataset_id)
    .where(dataset_versions.c.id == bindparam("number"), datasets.c.scope == bindparam("scope"))
)
_EXAMPLE = select(examples).where(examples.c.id == bindparam("number"), examples.c.dataset_id == bindparam("dataset"))
_EXAMPLE_ALIAS = select(examples).where(
    examples.c.alias == bindparam("alias"), examples.c.dataset_id == bindparam("dataset"), examples.c.deleted.is_(False)
)
_ANY_ALIAS = (
    select(examples.c.id)
    .where(examples.c.alias == bindparam("alias"), examples.c.dataset_id == bindparam("dataset"))
    .order_by(examples.c.deleted, examples.c.id.desc())
)
_REVISION = select(example_revisions).where(example_revisions.c.id == bindparam("number"))
_RUN = (
    select(runs)
    .join(experiments, experiments.c.id == runs.c.experiment_id)
    .where(runs.c.id == bindparam("number"), experiments.c.scope == bindparam("scope"))
)
_SCORE = (
    select(scores)
    .join(experiments, experiments.c.id == scores.c.experiment_id)
    .where(scores.c.id == bindparam("number"), experiments.c.scope == bindparam("scope"))
)


def _require(tx: Transaction, kind: Kind, query: Select[Any], reference: str, scope: str) -> Row[Any]:
    row = tx.first(query, {"number": resolve(tx, kind, reference, scope), "scope": scope})
    if row is None:
        raise unknown(kind, reference)
    return row


def dataset(tx: Transaction, reference: str, scope: str) -> Row[Any]:
    """The dataset's row. Raises CrosswalkError (not_found), as all of these do."""
    return _require(tx, Kind.DATASET, _DATASET, reference, scope)


def version(tx: Transaction, reference: str, scope: str, dataset_id: int | None = None) -> Row[Any]:
    """The row of a dataset version, of `dataset_id` when that is given."""
    row = _require(tx, Kind.DATASET_VERSION, _VERSION, reference, scope)
    if dataset_id is not None and row.dataset_id != dataset_id:
        raise unknown(Kind.DATASET_VERSION, reference)
    return row


def example(tx: Transaction, reference: str, dataset_id: int) -> Row[Any]:
    """The row of an example of this dataset, by id or alias. A deleted one is found by its id."""
    row = tx.first(_EXAMPLE_ALIAS, {"alias": reference, "dataset": dataset_id})
    if row is None:
        row = tx.first(_EXAMPLE, {"number": resolve(tx, Kind.EXAMPLE, reference, ""), "dataset": dataset_id})
    if row is None:
        raise unknown(Kind.EXAMPLE, reference)
    return row


def example_number(tx: Transaction, reference: str, dataset_id: int) -> int | None:
    """The number of an example of this dataset, deleted ones included, by id or else by alias; None when there is none."""
    number = tx.ids.number(reference, Kind.EXAMPLE)
    row = (
        tx.first(_EXAMPLE, {"number": number, "dataset": dataset_id})
        if number
        else tx.first(_ANY_ALIAS, {"alias": reference, "dataset": dataset_id})
    )
    return None if row is None else int(row.id)


def revision(tx: Transaction, number: int) -> Row[Any]:
    """The row of an example's revision."""
    row = tx.first(_REVISION, {"number": number})
    assert row is not None, "revisions are deleted only with their example"
    return row


def experiment(tx: Transaction, reference: str, scope: str) -> Row[Any]:
    """The row of an experiment: a single one, a group or an arm of a group."""
    return _require(tx, Kind.EXPERIMENT, _EXPERIMENT, reference, scope)


_BY_NUMBER = select(experiments).where(experiments.c.id == bindparam("number"))


def number(tx: Transaction, experiment_number: int) -> Row[Any]:
    """The row of an experiment whose number is known to be right."""
    row = tx.first(_BY_NUMBER, {"number": experiment_number})
    assert row is not None, "the number comes from a row that refers to it"
    return row


def run(tx: Transaction, reference: str, scope: str, experiment_reference: str | None = None) -> Row[Any]:
    """The row of a run; of that experiment (or of that group's arms) when one is named."""
    row = _require(tx, Kind.RUN, _RUN, reference, scope)
    if experiment_reference is not None:
        owner = experiment(tx, experiment_reference, scope)
        if owner.id != row.experiment_id and row.experiment_id not in arm_numbers(tx, owner):
            raise unknown(Kind.RUN, reference)
    return row


def score(tx: Transaction, reference: str, scope: str, run_reference: str | None = None) -> Row[Any]:
    """The row of a score; of that run when one is named."""
    row = _require(tx, Kind.SCORE, _SCORE, reference, scope)
    if run_reference is not None and run(tx, run_reference, scope).id != row.run_id:
        raise unknown(Kind.SCORE, reference)
    return row


_ARMS = select(experiments).where(experiments.c.group_id == bindparam("group")).order_by(experiments.c.variant_position)
_ARM_NUMBERS = select(experiments.c.id).where(experiments.c.group_id == bindparam("group")).order_by(experiments.c.variant_position)


class Head(NamedTuple):
    """As much of an experiment as recording needs to know."""

    id: int
    is_group: bool
    group_id: int | None
    dataset_id: int | None
    dataset_version_id: int | None


_HEAD = Hot(
    select(*(experiments.c[name] for name in Head._fields)).where(
        experiments.c.id == bindparam("number"), experiments.c.scope == bindparam("scope")
    )
)


def head(tx: Transaction, reference: str, scope: str) -> Head:
    """`experiment` without its definition."""
    row = _HEAD.row(tx, {"number": resolve(tx, Kind.EXPERIMENT, reference, scope), "scope": scope})
    if row is None:
        raise unknown(Kind.EXPERIMENT, reference)
    return Head(*row)


Experiment = Row[Any] | Head


def arms(tx: Transaction, experiment_row: Row[Any]) -> list[Row[Any]]:
    """The rows that hold the runs: a group's arms in order, else the experiment itself."""
    return arms_of(tx, experiment_row.id) if experiment_row.is_group else [experiment_row]


def arms_of(tx: Transaction, group: int) -> list[Row[Any]]:
    """The rows of a group's arms, in order."""
    return tx.rows(_ARMS, {"group": group})


def arm_numbers(tx: Transaction, experiment_row: Experiment) -> list[int]:
    """The numbers of `arms`."""
    if not experiment_row.is_group:
        return [experiment_row.id]
    return [row.id for row in tx.rows(_ARM_NUMBERS, {"group": experiment_row.id})]


def duplicate(kind: Kind, reference: str, message: str) -> CrosswalkError:
    """The conflict with a record that exists already; `reference` is its id."""
    return CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, kind, reference)
