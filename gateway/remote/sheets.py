"""What a target tells only as a whole, kept while the pages of a list are joined with it: so that a page costs a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from gateway.remote import shelf_rows
from gateway.remote.notices import Notices
from gateway.remote.recipes.base import Part, Piece
from gateway.remote.shelf_rows import Entry, Shelf
from gateway.store import Store, Transaction
from schemas.json import Json, JsonObject
from schemas.operations import Call

if TYPE_CHECKING:
    from gateway.remote.session import Session

_PAGES = timedelta(minutes=10)
"""How long the following pages of a list are joined with what its first page was joined with."""

_CHUNK = 500


class Sheets:
    """The sheets of one target; every scope has its own, and a change through the gateway makes them read anew."""

    def __init__(self, store: Store, space: int, notices: Notices) -> None:
        self._store = store
        self._space = space
        self._notices = notices

    async def rows(self, session: Session, part: Part, whole: Callable[[], Awaitable[dict[str, JsonObject]]]) -> dict[str, JsonObject]:
        """The records that a part asks for; `whole` reads all of them from the target. Raises CrosswalkError."""
        call = part.step.call if isinstance(part.step, Piece) else part.step
        scope, said = call.caller.scope, call.args.model_dump(mode="json", exclude_unset=True)
        shelf = await self._store.write(shelf_rows.shelf, self._space, scope, call.op.value, {**said, "sheet": True})
        self._notices.begin(scope)
        if not part.anew and shelf.as_of is not None and not shelf.outdated and datetime.now(UTC) - shelf.as_of <= _PAGES:
            session.account.aged((datetime.now(UTC) - shelf.as_of).total_seconds())
            return await self._store.read(shelf_rows.bodies, shelf.id, part.keys)
        found = await self._read(shelf, call, whole, keep=part.more)
        return {key: found[key] for key in part.keys if key in found}

    async def _read(
        self, shelf: Shelf, call: Call, whole: Callable[[], Awaitable[dict[str, JsonObject]]], *, keep: bool
    ) -> dict[str, JsonObject]:
        started, begun = perf_counter(), self._notices.asking_of(call)
        if keep:
            await self._store.write(shelf_rows.advance, shelf.id, begun, None)
        found = await whole()
        if keep:
            rows = list(found.items())
            for start in range(0, len(rows), _CHUNK):
                await self._store.write(_keep, shelf.id, rows[start : start + _CHUNK], begun)
            await self._store.write(shelf_rows.finish, shelf.id, begun, 1, perf_counter() - started)
        return found


def _keep(tx: Transaction, number: int, rows: Sequence[tuple[str, Json]], asked_at: datetime) -> None:
    shelf_rows.put(tx, number, [Entry.of(tx, document, key) for key, document in rows], asked_at)
