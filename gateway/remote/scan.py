"""Reading a whole list of a target, page by page, at the target's pace: into the index, and on from where an earlier reading was cut off."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

from adapters.calling import route_for, says
from gateway.remote import shelf_rows
from gateway.remote.account import Account
from gateway.remote.release import OlderServer
from gateway.remote.shelf_rows import Entry, Shelf
from gateway.store import Store, Transaction
from schemas.errors import Code, CrosswalkError
from schemas.json import JsonObject
from schemas.operations import SPECS, Call, Caller, Op
from schemas.query import ListArgs

if TYPE_CHECKING:
    from gateway.remote.notices import Notices
    from gateway.remote.target import RemoteTarget

PAGE = 200
"""Records asked for at a time."""

SPARE = 6
"""How many calls of a minute are left to callers."""

_RESUMED = timedelta(minutes=10)
_CHUNK = 500
_ROUNDS = 5
_OFTEN = 20  # how often a target may say in a row that it takes no more calls for now


@dataclass
class Scan:
    """One reading of one shelf, on behalf of whoever may see it. `notices` hear when something is asked.

    A target that takes no more calls for now is asked again when it says, if that is within `patience` seconds.
    """

    target: RemoteTarget
    store: Store
    shelf: Shelf
    caller: Caller
    notices: Notices
    patience: float
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    calls: int = 0
    _total: int | None = None
    _started: float = field(default_factory=perf_counter)

    async def run(self) -> None:
        """Read everything. Raises CrosswalkError where the target does not answer; what was read stays, and is not read again for some minutes."""
        position = self._resumed()
        if position is None:
            await self.store.write(shelf_rows.advance, self.shelf.id, self.begun, None)
        call = self._call(Op(self.shelf.operation), self.shelf.said)
        if route_for(self.target.adapter, call) is None:
            await self._by_dataset(call, position or {})
        else:
            await self._numbered(call, position or {})
        await self.store.write(shelf_rows.finish, self.shelf.id, self.begun, self.calls, perf_counter() - self._started)

    def _resumed(self) -> JsonObject | None:
        shelf = self.shelf
        if shelf.begun_at is None or shelf.position is None or shelf.outdated or self.begun - shelf.begun_at > _RESUMED:
            return None
        self.begun = shelf.begun_at
        return shelf.position

    def _call(self, op: Op, said: JsonObject) -> Call:
        return Call(op, SPECS[op].args.model_validate(said), None, self.caller)

    async def _numbered(self, call: Call, place: JsonObject) -> None:
        """One list, read again where it has shown fewer records than it counts: they have moved between its pages, or it counts some that it never shows."""
        before = -1
        for _ in range(_ROUNDS):
            await self._list(call, place)
            seen = await self.store.read(shelf_rows.seen, self.shelf.id, self.begun)
            if self._total is None or seen >= self._total or seen == before:
                return
            place, before = {}, seen

    async def _by_dataset(self, call: Call, position: JsonObject) -> None:
        """A list that the target has for each dataset alone: for one after the other."""
        datasets, outer, begun = self._call(Op.LIST_DATASETS, {}), position.get("datasets") or {}, position.get("dataset")
        inner = position.get("inner") or {}
        while True:
            page = await self._page(datasets, outer)
            names = [item["id"] for item in page["items"]]
            for name in names[names.index(begun) if begun in names else 0 :]:
                where = {"datasets": outer, "dataset": name}
                await self._of_dataset(call, where, inner if name == begun else {})
            following = self._following(datasets, outer, page)
            if following is None:
                return
            outer, begun = following, None

    async def _of_dataset(self, call: Call, where: JsonObject, place: JsonObject) -> None:
        await self.store.write(shelf_rows.advance, self.shelf.id, self.begun, {**where, "inner": place})
        of_dataset = self._call(call.op, {**self.shelf.said, "dataset_id": where["dataset"]})
        try:
            await self._list(of_dataset, place, where)
        except CrosswalkError as error:
            # Deleted since it was listed.
            if error.code is not Code.NOT_FOUND:
                raise

    async def _list(self, call: Call, place: JsonObject, where: JsonObject | None = None) -> None:
        """Every page of one of the target's own lists, which is a part of the whole where `where` says so."""
        while True:
            asked_at = self.notices.asking(call)
            page = await self._page(call, place)
            await self._keep(page["items"], asked_at)
            following = self._following(call, place, page)
            if following is None:
                return
            place = following
            position = {**where, "inner": place} if where else place
            await self.store.write(shelf_rows.advance, self.shelf.id, self.begun, position)

    async def _page(self, call: Call, place: JsonObject) -> JsonObject:
        """One of the target's own pages."""
        for _ in range(_OFTEN):
            await self._turn()
            self.calls += 1
            try:
                await self.target.settle()
                part = replace(call, args=self._part(call, place))
                reply: JsonObject = await self.target.session(Account(), notices=False).direct(part)
            except OlderServer:
                continue
            except CrosswalkError as error:
                if error.code is not Code.RATE_LIMITED or error.retry_after is None or error.retry_after > self.patience:
                    raise
                await asyncio.sleep(error.retry_after)
            else:
                return reply
        raise CrosswalkError(Code.RATE_LIMITED, f"The target {self.target.name!r} takes too few calls to be listed.", retry_after=60.0)

    async def _turn(self) -> None:
        """Wait until callers would still find room in this minute."""
        while (seconds := self.target.sender.crowded(SPARE)) > 0:  # noqa: ASYNC110 (time passes without an event)
            await asyncio.sleep(seconds)

    def _part(self, call: Call, place: JsonObject) -> ListArgs:
        """The arguments of one of the target's own pages."""
        known, size = self._known(call), self._size
        said: dict[str, Any] = call.args.model_dump(exclude_unset=True)
        if "limit" in known:
            said["limit"] = size
        if place.get("cursor"):
            said["cursor"] = place["cursor"]
        elif _counts(known):
            said |= {"offset": place.get("offset", 0) // size * size}
        args = type(call.args).model_validate(said)
        assert isinstance(args, ListArgs)
        return args

    def _known(self, call: Call) -> frozenset[str]:
        route = route_for(self.target.adapter, call)
        return says(route) if route is not None else frozenset()

    def _following(self, call: Call, place: JsonObject, page: JsonObject) -> JsonObject | None:
        """Where the next page begins; None after the last.

        Where pages are numbered, records move to the front when others are deleted: what may have moved out of the next page is read again.
        """
        cursor, items = page.get("next_cursor"), page["items"]
        if cursor is not None:
            return None if cursor == place.get("cursor") else {"cursor": cursor}
        if not _counts(self._known(call)):
            return None
        size = self._size
        here, total = place.get("offset", 0) // size * size, page.get("total")
        known = {} if total is None else {"total": total}
        self._total = None if total == len(items) else total
        if total is not None and total < place.get("total", 0):
            return {"offset": max(0, here - (place["total"] - total)), **known}
        # A bare array says of itself how long it is, not how long the list is.
        more = len(items) == size if total in (None, len(items)) else bool(items) and here + size < total
        return {"offset": here + size, **known} if more else None

    @property
    def _size(self) -> int:
        return min(PAGE, self.target.adapter.largest_page or PAGE)

    async def _keep(self, items: list[JsonObject], asked_at: datetime) -> None:
        for start in range(0, len(items), _CHUNK):
            await self.store.write(_keep, self.shelf.id, items[start : start + _CHUNK], asked_at)


def _keep(tx: Transaction, number: int, items: list[JsonObject], asked_at: datetime) -> None:
    shelf_rows.put(tx, number, [Entry.of(tx, item) for item in items], asked_at)


def _counts(known: frozenset[str]) -> bool:
    """Whether the target counts what to skip instead of naming a place."""
    return "offset" in known and "cursor" not in known
