"""Examples: adding, listing, changing and deleting rows of a dataset."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from gateway.local import listing, lookup, revisions, splits
from gateway.local.extensions import joined
from gateway.local.handler import Reply
from gateway.local.revisions import Edit
from gateway.store import Transaction
from gateway.store.tables import example_revisions, examples
from schemas.dataset import Example, ExamplePatch, NewExamples
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.operations import Caller, DatasetArgs, DeleteExamplesArgs, ExampleArgs, ListExamplesArgs, Op
from schemas.query import ListArgs

COLUMNS = (
    examples.c.id,
    examples.c.dataset_id,
    examples.c.position,
    examples.c.alias,
    examples.c.source,
    examples.c.created_at,
    example_revisions.c.id.label("revision_id"),
    example_revisions.c.input,
    example_revisions.c.reference,
    example_revisions.c.output,
    example_revisions.c.metadata,
    example_revisions.c.extensions,
    example_revisions.c.content_hash,
    example_revisions.c.created_at.label("updated_at"),
)

_CURRENT = select(*COLUMNS).join(example_revisions, example_revisions.c.id == examples.c.revision_id)
_ONE = _CURRENT.where(examples.c.id == bindparam("number"), examples.c.deleted.is_(False))
_LIVING = _CURRENT.where(examples.c.dataset_id == bindparam("dataset"), examples.c.deleted.is_(False)).order_by(examples.c.id)
_ALIASES = select(examples.c.alias, examples.c.id).where(
    examples.c.dataset_id == bindparam("dataset"),
    examples.c.deleted.is_(False),
    examples.c.alias.in_(bindparam("aliases", expanding=True)),
)


def documents(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Reply]:
    """Rows of `COLUMNS` as example documents."""
    parts = splits.names_of(tx, [row.id for row in rows])
    return [document(tx, row, parts.get(row.id, [])) for row in rows]


def document(tx: Transaction, row: Row[Any], names: list[str]) -> Reply:
    """One row of `COLUMNS` as an example document."""
    return {
        "id": tx.ids.make(Kind.EXAMPLE, row.id),
        "alias": row.alias,
        "dataset_id": tx.ids.make(Kind.DATASET, row.dataset_id),
        "position": row.position,
        "input": row.input,
        "reference": row.reference,
        "output": row.output,
        "metadata": row.metadata,
        "splits": names,
        "source": row.source,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


def living(tx: Transaction, dataset: int) -> list[Row[Any]]:
    """The dataset's present examples, oldest first."""
    return tx.rows(_LIVING, {"dataset": dataset})


def current(tx: Transaction, number: int, reference: str) -> Row[Any]:
    """The present state of an example. Raises CrosswalkError (not_found) when it has been deleted."""
    row = tx.first(_ONE, {"number": number})
    if row is None:
        raise unknown(Kind.EXAMPLE, reference)
    return row


def check_aliases(given: Sequence[Example]) -> None:
    """Raises CrosswalkError (invalid_request) when two of the given examples have the same alias."""
    for alias, times in Counter(example.alias for example in given if example.alias is not None).items():
        if times > 1:
            raise CrosswalkError(Code.INVALID_REQUEST, f"Duplicate example id in request: {alias!r}", Reason.DUPLICATE, Kind.EXAMPLE, alias)


def refuse_known_aliases(tx: Transaction, dataset: int, given: Sequence[Example]) -> None:
    """Raises CrosswalkError (conflict) when an alias among `given` belongs to an example of the dataset."""
    aliases = [example.alias for example in given if example.alias is not None]
    for start in range(0, len(aliases), splits.CHUNK):
        row = tx.first(_ALIASES, {"dataset": dataset, "aliases": aliases[start : start + splits.CHUNK]})
        if row is not None:
            raise lookup.duplicate(
                Kind.EXAMPLE, tx.ids.make(Kind.EXAMPLE, row.id), f"The dataset has an example with the id {row.alias!r}."
            )


def add(tx: Transaction, args: DatasetArgs, body: NewExamples, caller: Caller) -> Reply:
    """Appends examples as one new version; with none given nothing changes."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    check_aliases(body.examples)
    refuse_known_aliases(tx, dataset.id, body.examples)
    if not body.examples:
        return {"ids": [], "version_id": tx.ids.make(Kind.DATASET_VERSION, dataset.version_id)}
    applied = revisions.apply(tx, dataset.id, Edit(added=body.examples), caller.scope, caller.name)
    return {
        "ids": [tx.ids.make(Kind.EXAMPLE, number) for number in applied.added],
        "version_id": tx.ids.make(Kind.DATASET_VERSION, applied.version),
    }


def list_examples(tx: Transaction, args: ListExamplesArgs, _body: None, caller: Caller) -> Reply:
    """A version's examples, oldest first."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    version = dataset.version_id
    if args.version_id is not None:
        version = lookup.version(tx, args.version_id, caller.scope, dataset.id).id
    parts = splits.numbers_of(tx, args.splits, caller.scope)
    return listing.page(tx, _listing(tx, dataset, version, parts), args)


def _listing(tx: Transaction, dataset: Row[Any], version: int, parts: Sequence[int] = ()) -> listing.Listing:
    query = revisions.living(COLUMNS, dataset.id, version, dataset.version_id, parts)
    return listing.Listing(Kind.EXAMPLE, query, examples.c.id, lambda rows: documents(tx, rows), newest_first=False)


def get(tx: Transaction, args: ExampleArgs, _body: None, caller: Caller) -> Reply:
    """One example as it is now."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    number = lookup.example(tx, args.example_id, dataset.id).id
    return documents(tx, [current(tx, number, args.example_id)])[0]


def update(tx: Transaction, args: ExampleArgs, body: ExamplePatch, caller: Caller) -> Reply:
    """Changes the given fields as one new version; the same content again makes none."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    row = current(tx, lookup.example(tx, args.example_id, dataset.id).id, args.example_id)
    old = revisions.content_of_row(row)
    new = revisions.content(*(_patched(body, row, name) for name in revisions.CONTENT))
    if not new.same(old):
        revisions.apply(tx, dataset.id, Edit(changed=[(row.id, new, old.hash)]), caller.scope, caller.name)
    if "splits" in body.model_fields_set:
        splits.replace(tx, row.id, body.splits or [], caller.scope)
    return documents(tx, [current(tx, row.id, args.example_id)])[0]


def _patched(body: ExamplePatch, row: Row[Any], name: str) -> Any:
    if name not in body.model_fields_set:
        return getattr(row, name)
    value = getattr(body, name)
    if name == "extensions" and value:
        return joined(row.extensions, value)
    return {} if value is None and name in ("metadata", "extensions") else value


def delete(tx: Transaction, args: DeleteExamplesArgs, _body: None, caller: Caller) -> Reply:
    """Deletes examples as one new version; `count` says how many."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    rows = _chosen(tx, args, dataset)
    if rows:
        removed = [(row.id, revisions.content_of_row(row)) for row in rows]
        revisions.apply(tx, dataset.id, Edit(removed=removed), caller.scope, caller.name)
    return {"id": tx.ids.make(Kind.DATASET, dataset.id), "count": len(rows)}


def _chosen(tx: Transaction, args: DeleteExamplesArgs, dataset: Row[Any]) -> list[Row[Any]]:
    if args.everything:
        return living(tx, dataset.id)
    if args.example_ids:
        numbers = {lookup.example(tx, reference, dataset.id).id: reference for reference in args.example_ids}
        return [current(tx, number, reference) for number, reference in numbers.items()]
    if args.where is not None:
        found = listing.stream(tx, _listing(tx, dataset, dataset.version_id), ListArgs(where=args.where))
        numbers = {tx.ids.number(example["id"], Kind.EXAMPLE): example["id"] for example in found}
        return [current(tx, number, reference) for number, reference in numbers.items() if number is not None]
    raise invalid("Say which examples to delete.", "example_ids")


HANDLERS = {
    Op.ADD_EXAMPLES: add,
    Op.LIST_EXAMPLES: list_examples,
    Op.GET_EXAMPLE: get,
    Op.UPDATE_EXAMPLE: update,
    Op.DELETE_EXAMPLES: delete,
}
