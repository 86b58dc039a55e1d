"""Datasets: creating in its four modes, listing, changing, deleting."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from gateway.local import counters, examples, listing, lookup, revisions, upload
from gateway.local.extensions import joined
from gateway.local.handler import Reply
from gateway.local.projects import holds
from gateway.local.revisions import Edit
from gateway.store import Change, Transaction, add_alias, drop_aliases
from gateway.store.tables import datasets, experiments, runs
from gateway.store.tables import examples as example_table
from schemas.dataset import DatasetPatch, Example, NewDataset, UploadMode
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Caller, CreateDatasetArgs, DatasetArgs, ListDatasetsArgs, Op

_NEW = datasets.insert()
_BY_NAME = (
    select(datasets)
    .where(datasets.c.scope == bindparam("scope"), datasets.c.name == bindparam("name"))
    .order_by(datasets.c.id.desc())
    .limit(1)
)
_NOT_NULL: dict[str, Any] = {"metadata": {}, "tags": [], "extensions": {}}


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A dataset's row as a document."""
    return {
        "id": tx.ids.make(Kind.DATASET, row.id),
        "alias": row.alias,
        "name": row.name,
        "description": row.description,
        "project": row.project,
        "metadata": row.metadata,
        "tags": row.tags,
        "version_id": tx.ids.make(Kind.DATASET_VERSION, row.version_id),
        "example_count": row.example_count,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


def create(tx: Transaction, args: CreateDatasetArgs, body: NewDataset, caller: Caller) -> Reply:
    """Makes a dataset, or changes the one of that name, as `args.mode` says; `changes` tells what happened to the examples."""
    examples.check_aliases(body.examples)
    known = None if args.mode is UploadMode.NEW else tx.first(_BY_NAME, {"scope": caller.scope, "name": body.name})
    if known is None:
        number = make(tx, body, body.examples, caller)
        changes = {"created": len(body.examples), "updated": 0, "deleted": 0}
    elif args.mode is UploadMode.CREATE:
        reference = tx.ids.make(Kind.DATASET, known.id)
        raise lookup.duplicate(Kind.DATASET, reference, f'A dataset named "{body.name}" already exists.')
    else:
        number = known.id
        changes = _append(tx, known, body, caller) if args.mode is UploadMode.APPEND else upload.replace(tx, number, body.examples, caller)
    return {**_read(tx, number, caller), "changes": changes}


def _append(tx: Transaction, known: Row[Any], body: NewDataset, caller: Caller) -> dict[str, int]:
    examples.refuse_known_aliases(tx, known.id, body.examples)
    if body.examples:
        revisions.apply(tx, known.id, Edit(added=body.examples), caller.scope, caller.name)
    return {"created": len(body.examples), "updated": 0, "deleted": 0}


def make(tx: Transaction, body: NewDataset, given: Sequence[Example], caller: Caller) -> int:
    """Adds a dataset with its first version and gives its number. Raises CrosswalkError (conflict) when its alias is taken."""
    row = body.model_dump(exclude={"examples"})
    number = tx.insert(_NEW, {**row, "scope": caller.scope, "created_at": tx.now, "updated_at": tx.now})
    revisions.apply(tx, number, Edit(added=list(given)), caller.scope, caller.name)
    claim(tx, Kind.DATASET, body.alias, number, caller)
    return number


def claim(tx: Transaction, kind: Kind, alias: str | None, number: int, caller: Caller) -> None:
    """Lets the alias a caller chose name the record. Raises CrosswalkError (conflict) when it names another."""
    try:
        add_alias(tx, kind, alias, number, caller.scope)
    except IntegrityError as error:
        message = f"The id {alias!r} is another {kind.title}'s already."
        raise CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, kind, alias) from error


def _read(tx: Transaction, number: int, caller: Caller) -> Reply:
    return document(tx, lookup.dataset(tx, tx.ids.make(Kind.DATASET, number), caller.scope))


def list_datasets(tx: Transaction, args: ListDatasetsArgs, _body: None, caller: Caller) -> Reply:
    """Datasets, newest first."""
    query = select(datasets).where(datasets.c.scope == caller.scope)
    if args.name is not None:
        query = query.where(datasets.c.name == args.name)
    if args.project is not None:
        query = query.where(holds(tx, datasets.c.project, args.project, caller.scope))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.DATASET, query, datasets.c.id, render), args)


def get(tx: Transaction, args: DatasetArgs, _body: None, caller: Caller) -> Reply:
    """One dataset."""
    return document(tx, lookup.dataset(tx, args.dataset_id, caller.scope))


def update(tx: Transaction, args: DatasetArgs, body: DatasetPatch, caller: Caller) -> Reply:
    """Changes the given fields; null clears (a null name is left as it is)."""
    row = lookup.dataset(tx, args.dataset_id, caller.scope)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values = {name: _NOT_NULL.get(name) if value is None else value for name, value in given.items() if (name, value) != ("name", None)}
    if body.extensions:
        values["extensions"] = joined(row.extensions, body.extensions)
    tx.execute(datasets.update().where(datasets.c.id == row.id).values(**values, updated_at=tx.now))
    return _read(tx, row.id, caller)


def delete(tx: Transaction, args: DatasetArgs, _body: None, caller: Caller) -> Reply:
    """Deletes the dataset with its versions, examples, experiments, runs and scores."""
    row = lookup.dataset(tx, args.dataset_id, caller.scope)
    for (experiment,) in tx.rows(select(experiments.c.id).where(experiments.c.dataset_id == row.id)):
        drop_aliases(tx, Kind.EXPERIMENT, experiment)
        tx.changes.append(Change("deleted", experiment))
    drop_aliases(tx, Kind.DATASET, row.id)
    _uncount(tx, row.id)
    # Experiments first: their rows refer to examples, and a group's arms to the group.
    tx.execute(experiments.delete().where(experiments.c.dataset_id == row.id))
    tx.execute(datasets.delete().where(datasets.c.id == row.id))
    return {"id": tx.ids.make(Kind.DATASET, row.id)}


def _uncount(tx: Transaction, dataset: int) -> None:
    """Runs of the dataset's examples that experiments on other datasets hold go with the examples, and count no longer."""
    query = (
        select(runs.c.experiment_id, runs.c.status, func.count().label("number"))
        .join(example_table, example_table.c.id == runs.c.example_id)
        .join(experiments, experiments.c.id == runs.c.experiment_id)
        .where(example_table.c.dataset_id == dataset, experiments.c.dataset_id.is_distinct_from(dataset))
        .group_by(runs.c.experiment_id, runs.c.status)
    )
    for row in tx.rows(query):
        counters.count(tx, row.experiment_id, {row.status: -row.number})


HANDLERS = {
    Op.CREATE_DATASET: create,
    Op.LIST_DATASETS: list_datasets,
    Op.GET_DATASET: get,
    Op.UPDATE_DATASET: update,
    Op.DELETE_DATASET: delete,
}
