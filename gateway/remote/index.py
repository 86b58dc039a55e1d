"""What is known of a target's lists: filled by what passes through and by scans, it answers what the target's own lists have no words for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.base import Route
from adapters.calling import honours
from gateway import logs
from gateway.remote import shelf_pages, shelf_rows
from gateway.remote.asides import find, restored
from gateway.remote.completion import completed
from gateway.remote.incarnation import another, marked
from gateway.remote.notices import Notices
from gateway.remote.recipes.lists import PLACE, asked
from gateway.remote.scan import Scan
from gateway.remote.sheets import Sheets
from gateway.remote.shelf_pages import Found, Question
from gateway.remote.shelf_rows import Shelf
from gateway.store import Store, Transaction
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExperimentsArgs, Op
from schemas.query import ListArgs
from schemas.references import kind_of

if TYPE_CHECKING:
    from gateway.remote.session import Session
    from gateway.remote.target import RemoteTarget

INDEXED: Mapping[Op, tuple[Op, str]] = {
    Op.LIST_DATASETS: (Op.GET_DATASET, "dataset_id"),
    Op.LIST_EXPERIMENTS: (Op.GET_EXPERIMENT, "experiment_id"),
}
"""The lists that are kept, with what reads one of their records."""

_EFFORT = 10
"""A list whose reading took long is not read anew before so many times as long."""

_LATER_PAGES = timedelta(minutes=10)
"""How old the index may be for a page that is not the first: a caller who goes through a list sees one reading of it."""

_AT_ONCE = 8
"""How many changed records are read one by one, rather than the whole list anew, whatever that takes."""

_ROUNDS = 3

_log = logs.get("index")


def asked_of(route: Route | None, call: Call) -> tuple[dict[str, Json], dict[str, Any]]:
    """The arguments of a list that say which of the target's own lists it is about, and those that narrow it further."""
    known, given = honours(route, call) if route is not None else frozenset(), asked(call)
    named = {name for name in given if name in known and name not in PLACE}
    said: dict[str, Json] = call.args.model_dump(mode="json", include=named)
    if isinstance(call.args, ListExperimentsArgs):
        said["flat"] = call.args.flat
    return said, {name: value for name, value in given.items() if name in shelf_rows.NARROWING and name not in said}


@dataclass(frozen=True)
class Limits:
    """`age`: how old, in seconds, what answers the first page of a list may be; `wait`: how long a caller waits for a reading."""

    age: float = 10.0
    wait: float = 30.0


class Index:
    """The index of one target; every scope has its own."""

    def __init__(self, store: Store, target: RemoteTarget, limits: Limits) -> None:
        self.notices = Notices(store, target)
        self.sheets = Sheets(store, target.space, self.notices)
        self._store = store
        self._target = target
        self._limits = limits
        self._scans: dict[int, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Readings under way are cut off at the end of the context; the next process goes on from there."""
        try:
            yield
        finally:
            tasks = list(self._scans.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def page(self, session: Session, call: Call, said: Mapping[str, Json], narrowing: Mapping[str, Any]) -> Json | None:
        """The page that a list asks for, of the target's own list of `said` narrowed to `narrowing`; None while that is not known.

        Raises CrosswalkError: where the target does not answer, or for a bad cursor or condition.
        """
        args = call.args
        assert isinstance(args, ListArgs)
        scope = call.caller.scope
        shelf = await self._store.write(shelf_rows.shelf, self._target.space, scope, call.op.value, said)
        self.notices.begin(scope)
        shelf = await self._current(shelf, call, args)
        if shelf.as_of is None:
            return None
        question = Question(shelf.id, args, narrowing, lambda tx, bodies: self._completed(tx, call, bodies))
        found = await self._settled(session, call, shelf, question)
        session.account.aged((datetime.now(UTC) - shelf.as_of).total_seconds())
        return completed(call, found.reply)

    def _completed(self, tx: Transaction, call: Call, bodies: Sequence[JsonObject]) -> list[JsonObject]:
        """Documents with what is kept beside them, and not beside others that had their ids."""
        kept = find(tx, self._target.space, call.caller.scope, [body["id"] for body in bodies])
        telling, kind = self._target.asides.telling, kind_of(call.op)
        mine = {body["id"] for body in bodies if not another(kept.get(body["id"]) or {}, marked(telling, kind, body))}
        return [restored(body, kept.get(body["id"]) if body["id"] in mine else None) for body in bodies]

    async def _current(self, shelf: Shelf, call: Call, args: ListArgs) -> Shelf:
        """The shelf, read anew where what is known is too old. One that was read before is good enough when that takes too long."""
        if shelf.as_of is not None and not shelf.outdated and datetime.now(UTC) - shelf.as_of <= self._allowed(shelf, args):
            return shelf
        await self._read(shelf, call)
        return await self._store.read(shelf_rows.again, shelf.id)

    def _allowed(self, shelf: Shelf, args: ListArgs) -> timedelta:
        least = timedelta(seconds=max(self._limits.age, shelf.seconds * _EFFORT if shelf.seconds >= 1 else 0.0))
        return max(least, _LATER_PAGES) if args.cursor or args.offset else least

    async def _read(self, shelf: Shelf, call: Call) -> None:
        """Wait for the reading under way, or for one that is begun now; it goes on when nobody waits any more."""
        task = self._scans.get(shelf.id)
        if task is None:
            scan = Scan(self._target, self._store, shelf, call.caller, self.notices, self._limits.wait)
            task = self._scans[shelf.id] = asyncio.create_task(scan.run())
            task.add_done_callback(lambda done: self._ended(shelf.id, done))
        done, _ = await asyncio.wait({task}, timeout=self._limits.wait)
        if done:
            await task

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._scans.pop(number, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("a list could not be read", target=self._target.name, reason=str(error))

    async def _settled(self, session: Session, call: Call, shelf: Shelf, question: Question) -> Found:
        """The page, after what was changed through the gateway since has been read again."""
        found = Found({})
        for _ in range(_ROUNDS):
            most = max(_AT_ONCE, shelf.calls)
            stale: Sequence[str] = ()
            if question.narrowing or not question.plain:
                stale = await self._store.read(shelf_rows.stale, shelf.id, most + 1)
            if not stale:
                found = await self._store.read(shelf_pages.page, question)
                stale = found.stale
            if not stale:
                return found
            if len(stale) > most:
                await self._read(shelf, call)
                continue
            for record in stale:
                await self._reread(session, call, record)
        return await self._store.read(shelf_pages.page, question)

    async def _reread(self, session: Session, call: Call, record: str) -> None:
        """Ask for one record; the session notices what comes of it."""
        op, name = INDEXED[call.op]
        try:
            await session.perform(call.then(op, None, **{name: record}))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            await self.notices.gone(call.caller.scope, record)
