"""Tags: names that point at one experiment of a dataset."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from gateway.local import lookup
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import tags
from schemas.errors import invalid
from schemas.experiment import NewTag
from schemas.ids import Kind
from schemas.operations import Caller, ExperimentArgs, Op, TagArgs

_NEW = tags.insert()
_BY_NAME = select(tags).where(tags.c.dataset_id == bindparam("dataset"), tags.c.name == bindparam("name"))
_BY_NUMBER = select(tags).where(tags.c.id == bindparam("number"))


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A tag's row as a document."""
    return {
        "id": tx.ids.make(Kind.TAG, row.id),
        "name": row.name,
        "description": row.description,
        "experiment_id": tx.ids.make(Kind.EXPERIMENT, row.experiment_id),
        "dataset_id": tx.ids.make(Kind.DATASET, row.dataset_id),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


def set_tag(tx: Transaction, args: ExperimentArgs, body: NewTag, caller: Caller) -> Reply:
    """Puts the tag on the experiment. One that another experiment of the dataset has moves here and keeps its id; the description is replaced."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    if experiment.dataset_id is None:
        raise invalid("An experiment without a dataset cannot be tagged.", "experiment_id")
    known = tx.first(_BY_NAME, {"dataset": experiment.dataset_id, "name": body.name})
    values = {"experiment_id": experiment.id, "description": body.description, "updated_at": tx.now}
    if known is not None:
        tx.execute(tags.update().where(tags.c.id == known.id).values(**values))
        return _read(tx, known.id)
    new = {**values, "dataset_id": experiment.dataset_id, "name": body.name, "extensions": {}, "created_at": tx.now}
    return _read(tx, tx.insert(_NEW, new))


def list_tags(tx: Transaction, args: ExperimentArgs, _body: None, caller: Caller) -> Reply:
    """All tags of the experiment, by name."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    return {"items": [document(tx, row) for row in tx.rows(_of(experiment).order_by(tags.c.name))], "next_cursor": None}


def delete_tag(tx: Transaction, args: TagArgs, _body: None, caller: Caller) -> Reply:
    """Removes a tag by name or id. One that the experiment does not have is none: `count` is 0 then."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    row = tx.first(_of(experiment).where(tags.c.name == args.tag))
    number = tx.ids.number(args.tag, Kind.TAG)
    if row is None and number is not None:
        row = tx.first(_of(experiment).where(tags.c.id == number))
    if row is None:
        return {"id": args.tag, "count": 0}
    tx.execute(tags.delete().where(tags.c.id == row.id))
    return {"id": tx.ids.make(Kind.TAG, row.id), "count": 1}


def move(tx: Transaction, holders: Sequence[int], dataset: int) -> None:
    """Takes the tags of these experiments to another dataset, but for those whose name is taken there: they end."""
    mine = tags.c.experiment_id.in_(holders)
    taken = select(tags.c.name).where(tags.c.dataset_id == dataset, ~mine)
    tx.execute(tags.delete().where(mine, tags.c.name.in_(taken)))
    tx.execute(tags.update().where(mine).values(dataset_id=dataset, updated_at=tx.now))


def _of(experiment: Row[Any]) -> Select[Any]:
    return select(tags).where(tags.c.experiment_id == experiment.id)


def _read(tx: Transaction, number: int) -> Reply:
    row = tx.first(_BY_NUMBER, {"number": number})
    assert row is not None, "just written"
    return document(tx, row)


HANDLERS = {Op.SET_TAG: set_tag, Op.LIST_TAGS: list_tags, Op.DELETE_TAG: delete_tag}
