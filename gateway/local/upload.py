"""Making a dataset equal to what was uploaded."""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam

from gateway.local import examples, revisions, splits
from gateway.local.revisions import Content, Edit
from gateway.store import Transaction
from gateway.store.tables import examples as examples_table
from schemas.dataset import Example
from schemas.operations import Caller

_SET_ALIAS = examples_table.update().where(examples_table.c.id == bindparam("number")).values(alias=bindparam("name"))


def replace(tx: Transaction, dataset: int, given: Sequence[Example], caller: Caller) -> dict[str, int]:
    """Adds, patches and deletes examples until the dataset equals `given`; gives the counts. Equal content makes no version.

    An example is matched by its alias; one without a match by alias, by its content (the k-th equal one to the k-th).
    """
    pairs, new, gone = _match(examples.living(tx, dataset), [(example, revisions.content_of(example)) for example in given])
    changed = [(row.id, what, row.content_hash) for row, _, what in pairs if not what.same(revisions.content_of_row(row))]
    edit = Edit(new, changed, [(row.id, revisions.content_of_row(row)) for row in gone])
    if edit:
        revisions.apply(tx, dataset, edit, caller.scope, caller.name)
    _follow(tx, pairs, caller.scope)
    return {"created": len(new), "updated": len(changed), "deleted": len(gone)}


_Pair = tuple[Row[Any], Example, Content]


def _match(kept: Sequence[Row[Any]], given: Sequence[tuple[Example, Content]]) -> tuple[list[_Pair], list[Example], list[Row[Any]]]:
    """Pairs of what is there and what was given; what is new; what is gone."""
    named = {row.alias: row for row in kept if row.alias is not None}
    free = {row.id: row for row in kept}
    pairs: list[_Pair] = []
    unmatched: list[tuple[Example, Content]] = []
    for example, what in given:
        row = named.get(example.alias) if example.alias is not None else None
        if row is None:
            unmatched.append((example, what))
        else:
            pairs.append((free.pop(row.id), example, what))
    more, new = _match_content(free, unmatched)
    return pairs + more, new, list(free.values())


def _match_content(free: dict[int, Row[Any]], given: Sequence[tuple[Example, Content]]) -> tuple[list[_Pair], list[Example]]:
    """Takes from `free` what equals a given example. Two different aliases are never the same example."""
    by_hash: dict[tuple[str, bool], deque[Row[Any]]] = defaultdict(deque)
    for row in free.values():
        by_hash[row.content_hash, row.alias is None].append(row)
    pairs: list[_Pair] = []
    new: list[Example] = []
    for example, what in given:
        candidates = by_hash[what.hash, True] or (by_hash[what.hash, False] if example.alias is None else None)
        if candidates:
            row = candidates.popleft()
            pairs.append((free.pop(row.id), example, what))
        else:
            new.append(example)
    return pairs, new


def _follow(tx: Transaction, pairs: Sequence[_Pair], scope: str) -> None:
    """Names and splits are not versioned: they follow the upload."""
    for row, example, _ in pairs:
        if example.alias is not None and row.alias != example.alias:
            tx.execute(_SET_ALIAS, {"number": row.id, "name": example.alias})
    with_splits = [(row.id, example.splits) for row, example, _ in pairs if "splits" in example.model_fields_set]
    present = splits.names_of(tx, [number for number, _ in with_splits])
    for number, names in with_splits:
        if sorted(set(names)) != present.get(number, []):
            splits.replace(tx, number, names, scope)
