"""Receipts: what became of the fields of one exchange. Their ids are known before they are written, which happens after the answer, many at once."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select

from gateway.store.store import Store
from gateway.store.tables import meta, receipts
from gateway.store.transaction import Transaction
from schemas.ids import Kind
from schemas.json import JsonObject

KEEP = timedelta(days=30)
BLOCK = 1_000_000
"""Numbers that a process takes at once; those it does not use are lost. 2^48 hold for 280 million starts."""

MAX_WAITING = 10_000
_BATCH = 500
_GATHER = 0.05
_RESERVED = "receipts_reserved"
_log = logging.getLogger(__name__)

_NEW = receipts.insert()
_FIND = select(receipts).where(
    receipts.c.id == bindparam("number"), receipts.c.scope == bindparam("scope"), receipts.c.expires_at > bindparam("now")
)
_EXPIRED = select(receipts.c.id).where(receipts.c.expires_at <= bindparam("now")).limit(bindparam("limit"))
_DROP = receipts.delete().where(receipts.c.id == bindparam("number"))


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    scope: str
    request_id: str | None
    body: JsonObject


class Receipts:
    """The receipts of a started store. Use: `await new_id()`, answer with it, then `await put(...)`; `await stop()` at the end writes what waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = range(0)
        self._reserving = asyncio.Lock()
        self._waiting: list[_Entry] = []
        self._writing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None

    async def new_id(self) -> str:
        """An id that no receipt has, of this process or any other."""
        while not self._numbers:
            await self._reserve()
        number, self._numbers = self._numbers[0], self._numbers[1:]
        return self._store.ids.make(Kind.RECEIPT, number)

    async def put(self, id: str, scope: str, body: JsonObject, request_id: str | None = None) -> None:
        """Keeps the receipt `id` (from `new_id`) for its owner's scope, for 30 days. It waits only when 10,000 others do. ValueError for any other id."""
        number = self._store.ids.number(id, Kind.RECEIPT)
        if number is None:
            raise ValueError(f"{id!r} is not a receipt's id")
        self._waiting.append(_Entry(number, scope, request_id, body))
        if len(self._waiting) >= MAX_WAITING:
            await self.flush()
        elif self._later is None or self._later.done():
            self._later = asyncio.create_task(self._flush_soon())

    async def get(self, id: str, scope: str) -> JsonObject | None:
        """`{id, request_id, created_at, expires_at, body}` of a receipt of that scope; None when there is none (any more)."""
        number = self._store.ids.number(id, Kind.RECEIPT)
        if number is None:
            return None
        await self.flush()
        return await self._store.read(_read, number, scope)

    async def flush(self) -> None:
        """Writes everything that waits."""
        async with self._writing:
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._write(batch)

    async def stop(self) -> None:
        """Writes everything that waits and ends the background task."""
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)
        await self.flush()

    async def _flush_soon(self) -> None:
        await asyncio.sleep(_GATHER)
        await self.flush()

    async def _write(self, batch: Sequence[_Entry]) -> None:
        # Shielded: a caller who goes away must not take the others' receipts with it. Their answers are long given, so a failure is only logged.
        try:
            await asyncio.shield(self._store.write(_insert, batch))
        except Exception:
            _log.exception("%d receipts could not be written", len(batch))

    async def _reserve(self) -> None:
        async with self._reserving:
            if not self._numbers:
                first = await self._store.write(_next_block)
                self._numbers = range(first, first + BLOCK)


def purge(tx: Transaction, limit: int = 1000) -> int:
    """Forgets up to `limit` expired receipts and gives how many."""
    gone = [row.id for row in tx.rows(_EXPIRED, {"now": tx.now, "limit": limit})]
    if gone:
        tx.execute(_DROP, [{"number": number} for number in gone])
    return len(gone)


def _next_block(tx: Transaction) -> int:
    """The first number of a block that is the caller's alone."""
    reserved = int(tx.value(select(meta.c.value).where(meta.c.key == _RESERVED).with_for_update()) or 0)
    value: dict[str, Any] = {"key": _RESERVED, "value": str(reserved + BLOCK)}
    tx.execute(meta.update().where(meta.c.key == _RESERVED).values(**value) if reserved else meta.insert(), None if reserved else value)
    return reserved + 1


def _insert(tx: Transaction, batch: Sequence[_Entry]) -> None:
    times = {"created_at": tx.now, "expires_at": tx.now + KEEP}
    rows = [{"id": entry.number, "scope": entry.scope, "request_id": entry.request_id, "body": entry.body, **times} for entry in batch]
    tx.execute(_NEW, rows)


def _read(tx: Transaction, number: int, scope: str) -> JsonObject | None:
    row = tx.first(_FIND, {"number": number, "scope": scope, "now": tx.now})
    if row is None:
        return None
    return {
        "id": tx.ids.make(Kind.RECEIPT, row.id),
        "request_id": row.request_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "body": row.body,
    }
