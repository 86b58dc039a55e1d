"""Receipts: ids before they are written, owners, expiry, batches."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.store import Store, Transaction, receipts
from gateway.store.receipts import BLOCK, KEEP, Receipts
from schemas.ids import Kind

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kept(store: Store) -> AsyncIterator[Receipts]:
    kept = Receipts(store)
    yield kept
    await kept.stop()


def count(tx: Transaction) -> int:
    return int(tx.value(select(func.count()).select_from(receipts.receipts)))


async def test_a_receipt_can_be_read_at_once_by_its_owner_alone(kept: Receipts) -> None:
    given = await kept.new_id()
    await kept.put(given, "s", {"lost": ["/a"]}, "request-1")
    found = await kept.get(given, "s")
    assert found is not None
    assert (found["id"], found["request_id"], found["body"]) == (given, "request-1", {"lost": ["/a"]})
    assert found["expires_at"] - found["created_at"] == KEEP
    assert await kept.get(given, "other") is None


async def test_an_unwritten_or_foreign_id_has_no_receipt(kept: Receipts, store: Store) -> None:
    assert await kept.get(await kept.new_id(), "s") is None
    assert await kept.get("nonsense", "s") is None
    with pytest.raises(ValueError, match="not a receipt"):
        await kept.put(store.ids.make(Kind.RUN, 1), "s", {})


async def test_ids_are_never_given_twice_not_even_by_two_processes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "BLOCK", 7)
    sources = [Receipts(store), Receipts(store)]
    ids = await asyncio.gather(*(sources[number % 2].new_id() for number in range(100)))
    assert len(set(ids)) == 100


async def test_a_restart_goes_on_behind_the_block(store: Store) -> None:
    first, second = [store.ids.number(await Receipts(store).new_id(), Kind.RECEIPT) for _ in range(2)]
    assert (first, second) == (1, 1 + BLOCK)


async def test_many_are_written_in_few_transactions(kept: Receipts, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[Any] = []
    write = store.write

    async def counted(work: Any, *args: Any) -> Any:
        writes.append(work)
        return await write(work, *args)

    monkeypatch.setattr(store, "write", counted)
    for _ in range(1200):
        await kept.put(await kept.new_id(), "s", {})
    await kept.flush()
    assert await store.read(count) == 1200
    assert len(writes) == 4


async def test_they_are_written_without_being_asked_for(kept: Receipts, store: Store) -> None:
    await kept.put(await kept.new_id(), "s", {})
    for _ in range(100):
        if await store.read(count):
            break
        await asyncio.sleep(0.02)
    assert await store.read(count) == 1


async def test_stop_writes_what_waits(store: Store) -> None:
    kept = Receipts(store)
    await kept.put(await kept.new_id(), "s", {})
    await kept.stop()
    assert await store.read(count) == 1


async def test_they_expire_and_are_purged(kept: Receipts, store: Store) -> None:
    given = await kept.new_id()
    await kept.put(given, "s", {})
    await kept.flush()

    def later(tx: Transaction) -> Transaction:
        return Transaction(tx.connection, tx.ids, tx.now + KEEP + timedelta(seconds=1))

    assert await store.read(lambda tx: receipts._read(later(tx), 1, "s")) is None
    assert await store.write(receipts.purge) == 0
    assert await store.write(lambda tx: receipts.purge(later(tx))) == 1
    assert await kept.get(given, "s") is None


async def test_a_failed_write_is_logged_and_stops_no_later_one(kept: Receipts, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    given = await kept.new_id()
    for _ in range(2):
        await kept.put(given, "s", {})
        await kept.flush()
    assert "1 receipts could not be written" in caplog.text
    other = await kept.new_id()
    await kept.put(other, "s", {})
    assert await kept.get(other, "s") is not None
