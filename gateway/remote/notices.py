"""What passes through the gateway, noticed for the index: records made, read, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.remote import shelf_rows
from gateway.remote.recipes.lists import FILTERS
from gateway.remote.shelf_rows import Entry, Shelf
from gateway.store import Store, Transaction
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Op

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget

_MADE: Mapping[Op, Op] = {Op.CREATE_DATASET: Op.LIST_DATASETS, Op.CREATE_EXPERIMENT: Op.LIST_EXPERIMENTS}
_READ: Mapping[Op, Op] = {Op.GET_DATASET: Op.LIST_DATASETS, Op.GET_EXPERIMENT: Op.LIST_EXPERIMENTS}
_LISTED = frozenset({Op.LIST_DATASETS, Op.LIST_EXPERIMENTS})
_DELETED: Mapping[Op, str] = {Op.DELETE_DATASET: "dataset_id", Op.DELETE_EXPERIMENT: "experiment_id"}
_NAMES: Mapping[Op, str] = {Op.GET_DATASET: "dataset_id", Op.GET_EXPERIMENT: "experiment_id"}
_SHEETS = (Op.EXPORT, Op.LIST_EXAMPLES)
"""What is kept whole while pages are joined with it."""

_OWNERS = ("dataset_id", "experiment_id")


class Notices:
    """Keeps the lists of one target up with what passes through. Scopes that never asked for a list cost nothing."""

    def __init__(self, store: Store, target: RemoteTarget) -> None:
        self._store = store
        self._space = target.space
        self._scopes: dict[str, bool] = {}
        self._marked: set[tuple[str, str]] = set()

    def begin(self, scope: str) -> None:
        """From now on this scope has lists that are kept."""
        self._scopes[scope] = True

    async def _keeps(self, scope: str) -> bool:
        if scope not in self._scopes:
            self._scopes[scope] = await self._store.read(shelf_rows.some, self._space, scope)
        return self._scopes[scope]

    def asking(self, call: Call) -> datetime:
        """Before a call is made: what is read of a record now shows all that was done to it until now. Gives the time."""
        if call.op in _LISTED:
            self._marked.clear()
        elif call.op in _READ:
            self._marked.discard((call.caller.scope, str(getattr(call.args, _NAMES[call.op]))))
        return datetime.now(UTC)

    def asking_of(self, call: Call) -> datetime:
        """Before something that hangs on a record is read whole: what is done to it from now on is a change of that. Gives the time."""
        for name in _OWNERS:
            self._marked.discard((call.caller.scope, str(getattr(call.args, name, None))))
        return datetime.now(UTC)

    async def seen(self, call: Call, reply: Json, asked_at: datetime) -> None:
        """A call was answered, which was asked at `asked_at`."""
        op, scope = call.op, call.caller.scope
        if not (SPECS[op].writes or op in _READ or op in _LISTED) or not await self._keeps(scope):
            return
        if op in _READ:
            await self._store.write(_read_again, self._space, scope, _READ[op], reply, asked_at)
        elif op in _LISTED:
            await self._store.write(_listed, self._space, scope, call, reply["items"], asked_at)
        elif op in _MADE:
            await self._store.write(_made, self._space, scope, call, reply, asked_at)
        elif op in _DELETED:
            await self._deleted(scope, op, str(getattr(call.args, _DELETED[op])))
        else:
            await self._changed(scope, call)

    async def failed(self, call: Call, error: CrosswalkError) -> None:
        """A write failed. When nobody knows what came of it, nobody knows what the lists look like."""
        if SPECS[call.op].writes and error.code in (Code.OUTCOME_UNKNOWN, Code.TIMEOUT) and await self._keeps(call.caller.scope):
            await self._store.write(_unknown, self._space, call.caller.scope)

    async def gone(self, scope: str, record: str) -> None:
        """The target says that it has no such record."""
        self._marked.discard((scope, record))
        await self._store.write(shelf_rows.mark, self._space, scope, record, gone=True)

    async def _deleted(self, scope: str, op: Op, record: str) -> None:
        await self.gone(scope, record)
        if op is Op.DELETE_DATASET:
            await self._store.write(shelf_rows.mark_of_dataset, self._space, scope, record)

    async def _changed(self, scope: str, call: Call) -> None:
        """What the call names, or what it belongs to, is to be read again; said once until it has been."""
        named = {record for part in (call.args, call.body) for name in _OWNERS if isinstance(record := getattr(part, name, None), str)}
        if not named:
            # Of a run or a score that is named alone it is not known what it belongs to.
            await self._store.write(shelf_rows.outdate_about, self._space, scope, _SHEETS, "")
        for record in named:
            if (scope, record) not in self._marked:
                await self._store.write(shelf_rows.mark, self._space, scope, record)
                await self._store.write(shelf_rows.outdate_about, self._space, scope, _SHEETS, record)
                self._marked.add((scope, record))


def _fits(shelf: Shelf, document: JsonObject) -> bool:
    """Whether a record belongs on a shelf, as far as the record tells."""
    if shelf.said.get("flat") is False and document.get("group_id"):
        return False
    if shelf.said.get("flat") and len(document.get("variants") or ()) > 1:
        return False
    return all(FILTERS[name](document, value) for name, value in shelf.said.items() if name in FILTERS)


def _read_again(tx: Transaction, space: int, scope: str, op: Op, document: JsonObject, asked_at: datetime) -> None:
    for shelf in shelf_rows.all_of(tx, space, scope, op.value):
        shelf_rows.put(tx, shelf.id, [Entry.of(tx, document)], asked_at, new=False)


def _listed(tx: Transaction, space: int, scope: str, call: Call, documents: list[JsonObject], asked_at: datetime) -> None:
    """Records on one of the target's own lists. Those of another project are on no other list."""
    elsewhere = getattr(call.args, "project", None) is not None
    for shelf in shelf_rows.all_of(tx, space, scope, call.op.value):
        fitting = [Entry.of(tx, document) for document in documents if _fits(shelf, document)]
        shelf_rows.put(tx, shelf.id, fitting, asked_at, new=not elsewhere)


def _made(tx: Transaction, space: int, scope: str, call: Call, document: JsonObject, asked_at: datetime) -> None:
    """A new record: what was answered need not be the whole of it. How one of several variants, or of a project, is listed only the target knows."""
    kept = shelf_rows.all_of(tx, space, scope, _MADE[call.op].value)
    several = len(document.get("variants") or ()) > 1 or getattr(call.body, "project", None) is not None
    for shelf in kept:
        if _fits(shelf, document):
            shelf_rows.put(tx, shelf.id, [Entry.of(tx, document)], asked_at, changed=True, stale=True)
    shelf_rows.outdate(tx, [shelf.id for shelf in kept if several])


def _unknown(tx: Transaction, space: int, scope: str) -> None:
    shelf_rows.outdate_about(tx, space, scope, [*_LISTED, *_SHEETS], "")
