"""What changed between two versions of a dataset."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Row

from gateway.local import lookup, revisions
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_revisions, examples
from schemas.ids import Kind

SHOWN = 20
_FIELDS = ("input", "reference", "output", "metadata")
_States = dict[int, tuple[int, str]]


def between(tx: Transaction, dataset: Row[Any], before: Row[Any], after: Row[Any]) -> Reply:
    """The difference, examples matched by identity. Snapshots somebody asked for are called by their snapshot number."""
    old, new = _states(tx, dataset, before.id), _states(tx, dataset, after.id)
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    common = sorted(old.keys() & new.keys())
    modified = [number for number in common if old[number][1] != new[number][1]]
    changes = _changes(tx, old, new, added, removed, modified)
    return {
        "from_number": before.snapshot_number or before.number,
        "to_number": after.snapshot_number or after.number,
        "added": len(added),
        "removed": len(removed),
        "modified": len(modified),
        "unchanged": len(common) - len(modified),
        "changes": list(islice(changes, SHOWN)),
    }


def _states(tx: Transaction, dataset: Row[Any], version: int) -> _States:
    """By example: its revision and the hash of its content."""
    columns = (examples.c.id, example_revisions.c.id.label("revision_id"), example_revisions.c.content_hash)
    rows = tx.rows(revisions.living(columns, dataset.id, version, dataset.version_id))
    return {row.id: (row.revision_id, row.content_hash) for row in rows}


def _changes(tx: Transaction, old: _States, new: _States, added: list[int], removed: list[int], modified: list[int]) -> Iterator[Reply]:
    for number in added:
        yield _entry(tx, "added", number, None, None, _content(tx, new[number][0]))
    for number in removed:
        yield _entry(tx, "removed", number, None, _content(tx, old[number][0]), None)
    for number in modified:
        before, after = _content(tx, old[number][0]), _content(tx, new[number][0])
        for name in _FIELDS:
            if before[name] != after[name]:
                yield _entry(tx, "modified", number, name, before[name], after[name])


def _content(tx: Transaction, revision: int) -> Reply:
    row = lookup.revision(tx, revision)
    return {name: getattr(row, name) for name in _FIELDS}


def _entry(tx: Transaction, kind: str, number: int, field: str | None, before: Any, after: Any) -> Reply:
    return {"type": kind, "example_id": tx.ids.make(Kind.EXAMPLE, number), "field": field, "before": before, "after": after}
