"""A dataset's examples over time: every change makes one version, and a version's examples are the latest revisions up to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import FromClause, Row, Select, bindparam, func, select

from gateway.local import splits
from gateway.local.content import EMPTY, combine, content_hash
from gateway.store import Transaction
from gateway.store.tables import dataset_versions, datasets, example_revisions, example_splits, examples
from gateway.store.types import said
from schemas.dataset import Example

CONTENT = ("input", "reference", "output", "metadata", "extensions")


@dataclass(frozen=True)
class Content:
    """What one example says. `hash` speaks of all but the extensions."""

    input: Any
    reference: Any
    output: Any
    metadata: Any
    extensions: Any
    hash: str

    def same(self, other: "Content") -> bool:
        """Whether nothing differs, extensions included."""
        return self.hash == other.hash and self.extensions == other.extensions


def content(input: Any, reference: Any, output: Any, metadata: Any, extensions: Any) -> Content:
    """The content with its hash."""
    return Content(input, reference, output, metadata, extensions, content_hash(input, reference, output, metadata))


def content_of(example: Example) -> Content:
    """What a given example says."""
    return content(example.input, example.reference, example.output, example.metadata, example.extensions)


def content_of_row(row: Row[Any]) -> Content:
    """What a revision's row says."""
    return Content(row.input, row.reference, row.output, row.metadata, row.extensions, row.content_hash)


@dataclass
class Edit:
    """What is to change in a dataset's examples: `changed` and `removed` by the example's number, with the hash that goes."""

    added: list[Example] = field(default_factory=list)
    changed: list[tuple[int, Content, str]] = field(default_factory=list)
    removed: list[tuple[int, Content]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


_DATASET_STATE = (
    select(
        datasets.c.version_id,
        datasets.c.example_count,
        datasets.c.next_position,
        dataset_versions.c.number,
        dataset_versions.c.content_hash,
    )
    .select_from(datasets.outerjoin(dataset_versions, dataset_versions.c.id == datasets.c.version_id))
    .where(datasets.c.id == bindparam("dataset"))
)
_NEW_VERSION = dataset_versions.insert()
_NEW_EXAMPLE = examples.insert()
_NEW_REVISION = example_revisions.insert()
_NEW_NUMBERS = (
    select(examples.c.id)
    .where(examples.c.dataset_id == bindparam("dataset"), examples.c.position >= bindparam("start"))
    .order_by(examples.c.position)
)
_OF_VERSION = (example_revisions.c.dataset_id == bindparam("dataset")) & (example_revisions.c.version_id == bindparam("version"))
_OF_EXAMPLE = (example_revisions.c.example_id == examples.c.id) & (example_revisions.c.version_id == bindparam("version"))
_POINT = (
    examples.update()
    .where(examples.c.id.in_(select(example_revisions.c.example_id).where(_OF_VERSION)))
    .values(
        revision_id=select(example_revisions.c.id).where(_OF_EXAMPLE).scalar_subquery(),
        deleted=select(example_revisions.c.deleted).where(_OF_EXAMPLE).scalar_subquery(),
    )
)
_ADVANCE = (
    datasets.update()
    .where(datasets.c.id == bindparam("dataset"))
    .values(version_id=bindparam("version"), example_count=bindparam("count"), next_position=bindparam("next"))
)


@dataclass(frozen=True)
class Applied:
    """The version that holds an edit, and the numbers of the examples it added, in order."""

    version: int
    added: list[int]


def apply(tx: Transaction, dataset: int, edit: Edit, scope: str, author: str | None) -> Applied:
    """Makes one new version that holds the edit."""
    state = tx.first(_DATASET_STATE, {"dataset": dataset})
    assert state is not None, "the caller has looked the dataset up"
    fresh = [content_of(example) for example in edit.added]
    hashed = combine(
        state.content_hash or EMPTY,
        [new.hash for new in fresh] + [new.hash for _, new, _ in edit.changed],
        [old for _, _, old in edit.changed] + [old.hash for _, old in edit.removed],
    )
    count = state.example_count + len(edit.added) - len(edit.removed)
    version = new_version(tx, dataset, (state.number or 0) + 1, count, hashed, author)
    added = _add_examples(tx, dataset, state.next_position, edit.added, scope)
    rows = [_revision(tx, dataset, version, number, new) for number, new in zip(added, fresh, strict=True)]
    rows += [_revision(tx, dataset, version, number, new) for number, new, _ in edit.changed]
    rows += [_revision(tx, dataset, version, number, old, deleted=True) for number, old in edit.removed]
    if rows:
        tx.execute(_NEW_REVISION, rows)
    advance(tx, dataset, version, count, state.next_position + len(added))
    return Applied(version, added)


def new_version(tx: Transaction, dataset: int, number: int, count: int, hashed: str, author: str | None) -> int:
    """Adds the row of a version and gives its number (the one in its id)."""
    row = {
        "dataset_id": dataset,
        "number": number,
        "metadata": {},
        "extensions": {},
        "example_count": count,
        "content_hash": hashed,
        "created_by": author,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    return tx.insert(_NEW_VERSION, row)


def advance(tx: Transaction, dataset: int, version: int, count: int, next_position: int) -> None:
    """Makes `version`, whose revisions are stored, the dataset's latest."""
    tx.execute(_POINT, {"dataset": dataset, "version": version})
    tx.execute(_ADVANCE, {"dataset": dataset, "version": version, "count": count, "next": next_position})


def _add_examples(tx: Transaction, dataset: int, start: int, added: Sequence[Example], scope: str) -> list[int]:
    if not added:
        return []
    rows = [
        {"dataset_id": dataset, "position": position, "alias": example.alias, "source": example.source, "created_at": tx.now}
        for position, example in enumerate(added, start)
    ]
    tx.execute(_NEW_EXAMPLE, rows)
    numbers = [row.id for row in tx.rows(_NEW_NUMBERS, {"dataset": dataset, "start": start})]
    splits.assign(tx, [(number, example.splits) for number, example in zip(numbers, added, strict=True) if example.splits], scope)
    return numbers


def _revision(tx: Transaction, dataset: int, version: int, example: int, what: Content, deleted: bool = False) -> dict[str, Any]:
    return {
        "dataset_id": dataset,
        "example_id": example,
        "version_id": version,
        "deleted": deleted,
        "input": said(what.input),
        "reference": said(what.reference),
        "output": said(what.output),
        "metadata": what.metadata,
        "extensions": what.extensions,
        "content_hash": what.hash,
        "created_at": tx.now,
    }


def as_of(dataset: int, version: int, latest: int) -> FromClause:
    """`examples` joined with `example_revisions` as of a version (of any dataset: versions are numbered through)."""
    join = example_revisions.c.example_id == examples.c.id
    if version == latest:
        return examples.join(example_revisions, join & (example_revisions.c.id == examples.c.revision_id))
    newest = (
        select(func.max(example_revisions.c.id).label("number"))
        .where(example_revisions.c.dataset_id == dataset, example_revisions.c.version_id <= version)
        .group_by(example_revisions.c.example_id)
        .subquery()
    )
    return examples.join(example_revisions, join).join(newest, newest.c.number == example_revisions.c.id)


def living(columns: Sequence[Any], dataset: int, version: int, latest: int, split_numbers: Sequence[int] = ()) -> Select[Any]:
    """A query for `columns` of a version's examples; with splits, of those in any of them."""
    query = (
        select(*columns)
        .select_from(as_of(dataset, version, latest))
        .where(examples.c.dataset_id == dataset, example_revisions.c.deleted.is_(False))
    )
    if split_numbers:
        members = select(example_splits.c.example_id).where(example_splits.c.split_id.in_(split_numbers))
        query = query.where(examples.c.id.in_(members))
    return query
