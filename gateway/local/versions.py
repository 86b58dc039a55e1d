"""Dataset versions: listing, comparing, restoring, and the snapshots somebody asked for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, false, func, literal, or_, select
from sqlalchemy.sql import Select

from gateway.local import difference, listing, lookup, revisions
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import dataset_versions, example_revisions, examples
from gateway.store.types import to_microseconds
from schemas.dataset import NewVersion
from schemas.ids import Kind
from schemas.operations import Caller, CompareVersionsArgs, DatasetArgs, ListVersionsArgs, Op, VersionArgs

_NUMBER = select(dataset_versions).where(dataset_versions.c.id == bindparam("number"))
_LAST_SNAPSHOT = (
    select(dataset_versions)
    .where(dataset_versions.c.dataset_id == bindparam("dataset"), dataset_versions.c.snapshot_number.is_not(None))
    .order_by(dataset_versions.c.snapshot_number.desc())
    .limit(1)
)


def document(tx: Transaction, row: Row[Any], snapshots: bool = False) -> Reply:
    """A version's row as a document; with `snapshots`, `number` counts only the snapshots somebody asked for."""
    explicit = row.snapshot_number is not None
    noted = {"canonical": {"snapshot_number": row.snapshot_number}} if explicit else {}
    return {
        "id": tx.ids.make(Kind.DATASET_VERSION, row.id),
        "dataset_id": tx.ids.make(Kind.DATASET, row.dataset_id),
        "number": row.snapshot_number if snapshots and explicit else row.number,
        "description": row.description,
        "label": row.label,
        "metadata": row.metadata,
        "example_count": row.example_count,
        "content_hash": row.content_hash,
        "created_by": row.created_by,
        "explicit": explicit,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": {**row.extensions, **noted},
    }


def _row(tx: Transaction, number: int) -> Row[Any]:
    row = tx.first(_NUMBER, {"number": number})
    assert row is not None, "a dataset always has a version"
    return row


def create(tx: Transaction, args: DatasetArgs, body: NewVersion, caller: Caller) -> Reply:
    """Marks the present state as a snapshot; when the last snapshot holds the same content, that one is answered as unchanged."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    last, present = tx.first(_LAST_SNAPSHOT, {"dataset": dataset.id}), _row(tx, dataset.version_id)
    if last is not None and last.content_hash == present.content_hash:
        kept = document(tx, last, snapshots=True)
        return {**kept, "extensions": {**kept["extensions"], "canonical": {**kept["extensions"]["canonical"], "unchanged": True}}}
    values = {
        "snapshot_number": (last.snapshot_number if last else 0) + 1,
        "label": body.label,
        "description": body.description,
        "created_by": caller.name,
        "updated_at": tx.now,
    }
    tx.execute(dataset_versions.update().where(dataset_versions.c.id == present.id).values(**values))
    return document(tx, _row(tx, present.id), snapshots=True)


def list_versions(tx: Transaction, args: ListVersionsArgs, _body: None, caller: Caller) -> Reply:
    """Versions, newest first."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    query: Select[Any] = select(dataset_versions).where(dataset_versions.c.dataset_id == dataset.id)
    if args.explicit:
        query = query.where(dataset_versions.c.snapshot_number.is_not(None))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row, args.explicit) for row in rows]

    return listing.page(tx, listing.Listing(Kind.DATASET_VERSION, query, dataset_versions.c.id, render), args)


def get(tx: Transaction, args: VersionArgs, _body: None, caller: Caller) -> Reply:
    """One version."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    return document(tx, lookup.version(tx, args.version_id, caller.scope, dataset.id))


def compare(tx: Transaction, args: CompareVersionsArgs, _body: None, caller: Caller) -> Reply:
    """What changed from one version to another (or to the present state), example by example."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    before = lookup.version(tx, args.version_id, caller.scope, dataset.id)
    after = _row(tx, dataset.version_id) if args.to is None else lookup.version(tx, args.to, caller.scope, dataset.id)
    return difference.between(tx, dataset, before, after)


def restore(tx: Transaction, args: VersionArgs, _body: None, caller: Caller) -> Reply:
    """Makes a new version with the content of an old one."""
    dataset = lookup.dataset(tx, args.dataset_id, caller.scope)
    old = lookup.version(tx, args.version_id, caller.scope, dataset.id)
    latest = _row(tx, dataset.version_id)
    version = revisions.new_version(tx, dataset.id, latest.number + 1, old.example_count, old.content_hash, caller.name)
    _copy_back(tx, dataset.id, old.id, version)
    revisions.advance(tx, dataset.id, version, old.example_count, dataset.next_position)
    return document(tx, _row(tx, version))


_COPIED = ("input", "reference", "output", "metadata", "extensions", "content_hash")
_TARGETS = ["dataset_id", "example_id", "version_id", "deleted", *_COPIED, "created_at"]


def _copy_back(tx: Transaction, dataset: int, old: int, version: int) -> None:
    """Adds a revision for each example whose present state differs from the one at `old`."""
    newest = (
        select(func.max(example_revisions.c.id).label("number"))
        .where(example_revisions.c.dataset_id == dataset, example_revisions.c.version_id <= old)
        .group_by(example_revisions.c.example_id)
        .subquery()
    )
    then = select(example_revisions).join(newest, newest.c.number == example_revisions.c.id).subquery("then_")
    now = example_revisions.alias("now_")
    joined = examples.join(now, now.c.id == examples.c.revision_id).outerjoin(then, then.c.example_id == examples.c.id)
    back = and_(then.c.deleted.is_(False), or_(now.c.deleted.is_(True), then.c.content_hash != now.c.content_hash, _differ(then, now)))
    away = and_(now.c.deleted.is_(False), or_(then.c.id.is_(None), then.c.deleted.is_(True)))
    for source, deleted, which in ((then, false(), back), (now, ~false(), away)):
        columns = [source.c[name] for name in _COPIED]
        head = (examples.c.dataset_id, examples.c.id, literal(version), deleted)
        rows = select(*head, *columns, literal(to_microseconds(tx.now))).select_from(joined).where(examples.c.dataset_id == dataset, which)
        tx.execute(example_revisions.insert().from_select(_TARGETS, rows))


def _differ(one: Any, other: Any) -> Any:
    return one.c.extensions != other.c.extensions


HANDLERS = {
    Op.CREATE_DATASET_VERSION: create,
    Op.LIST_DATASET_VERSIONS: list_versions,
    Op.GET_DATASET_VERSION: get,
    Op.COMPARE_DATASET_VERSIONS: compare,
    Op.RESTORE_DATASET_VERSION: restore,
}
