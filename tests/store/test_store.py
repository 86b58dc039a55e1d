"""Reading, writing, batches and what survives them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from gateway.store import Store, Transaction, add_alias, resolve
from gateway.store.tables import meta, projects
from schemas.errors import Code, CrosswalkError
from schemas.ids import Kind

pytestmark = pytest.mark.anyio


def put(tx: Transaction, key: str, value: str = "x") -> str:
    tx.execute(meta.insert(), {"key": key, "value": value})
    return key


def put_then_fail(tx: Transaction, key: str) -> None:
    put(tx, key)
    raise RuntimeError(key)


def keys(tx: Transaction) -> set[str]:
    return {row.key for row in tx.rows(select(meta.c.key))} - {"salt"}


async def test_a_failing_write_of_a_batch_undoes_only_itself(store: Store) -> None:
    def work(n: int) -> asyncio.Future[str]:
        return asyncio.ensure_future(store.write(put_then_fail if n % 3 == 0 else put, f"k{n}"))

    outcomes = await asyncio.gather(*(work(n) for n in range(200)), return_exceptions=True)
    for n, outcome in enumerate(outcomes):
        assert (str(outcome) if n % 3 == 0 else outcome) == f"k{n}"
        assert isinstance(outcome, RuntimeError) == (n % 3 == 0)
    assert await store.read(keys) == {f"k{n}" for n in range(200) if n % 3}


async def test_waiting_writes_share_one_transaction(store: Store) -> None:
    commits: list[int] = []

    event.listen(store._writing, "commit", lambda _connection: commits.append(1))
    await asyncio.gather(*(store.write(put, f"k{n}") for n in range(300)))
    assert len(await store.read(keys)) == 300
    assert len(commits) < 30


async def test_a_result_is_given_only_once_it_is_on_disk(store: Store) -> None:
    seen = []

    async def one(n: int) -> None:
        await store.write(put, f"k{n}")
        seen.append(f"k{n}" in await store.read(keys))

    await asyncio.gather(*(one(n) for n in range(50)))
    assert all(seen)


async def test_a_commit_that_fails_fails_every_write_of_its_batch(store: Store) -> None:

    def refuse(_connection: object) -> None:
        raise RuntimeError("no commit")

    event.listen(store._writing, "commit", refuse)
    outcomes = await asyncio.gather(*(store.write(put, f"k{n}") for n in range(20)), return_exceptions=True)
    assert {str(outcome) for outcome in outcomes} == {"no commit"}
    event.remove(store._writing, "commit", refuse)
    assert await store.read(keys) == set()
    assert await store.write(put, "after") == "after"


async def test_a_cancelled_write_stops_no_other(store: Store) -> None:
    tasks = [asyncio.create_task(store.write(put, f"k{n}")) for n in range(20)]
    await asyncio.sleep(0)
    tasks[7].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)] == [7]


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await store.read(put, "k")


async def test_values_no_column_can_hold_are_the_callers_mistake(store: Store) -> None:
    from gateway.store.tables import datasets

    def huge(tx: Transaction) -> object:
        return tx.value(select(datasets.c.id).where(datasets.c.id == 10**30))

    for outcome in (store.read(huge), store.write(huge)):
        with pytest.raises(CrosswalkError) as caught:
            await outcome
        assert caught.value.code is Code.INVALID_REQUEST


async def test_the_salt_and_the_first_project_stay(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    made = []
    for _ in range(2):
        store = Store(url)
        await store.start()
        made.append(store.ids.make(Kind.RUN, 7))
        rows = await store.read(lambda tx: tx.rows(select(projects)))
        await store.stop()
        assert [(row.id, row.name) for row in rows] == [(1, "default")]
    assert made[0] == made[1]


async def test_references_resolve_by_id_and_alias(store: Store) -> None:
    await store.write(lambda tx: add_alias(tx, Kind.DATASET, "mine", 5, "team"))

    async def number(reference: str, kind: Kind = Kind.DATASET, scope: str = "team") -> int:
        return await store.read(lambda tx: resolve(tx, kind, reference, scope))

    assert await number(store.ids.make(Kind.DATASET, 9)) == 9
    assert await number("mine") == 5
    for reference, scope in (("other", "team"), ("mine", "else"), (store.ids.make(Kind.RUN, 9), "team")):
        with pytest.raises(CrosswalkError) as caught:
            await number(reference, scope=scope)
        assert caught.value.code is Code.NOT_FOUND


async def test_only_databases_it_can_use() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://localhost/x"):
        with pytest.raises(ValueError, match="store"):
            Store(url)


async def test_after_stop_nothing_is_taken(store: Store) -> None:
    waiting = [asyncio.create_task(store.write(put, f"k{n}")) for n in range(50)]
    await asyncio.sleep(0)
    await store.stop()
    assert await asyncio.gather(*waiting) == [f"k{n}" for n in range(50)]
    with pytest.raises(RuntimeError):
        await store.write(put, "late")


CRASH = """
import asyncio, os, sys
from gateway.store import Store
from tests.store.test_store import put

async def main():
    store = Store(sys.argv[1])
    await store.start()
    async def one(n):
        await store.write(put, f"k{n}")
        os.write(1, f"k{n}\\n".encode())
        if n == 400:
            os.kill(os.getpid(), 9)
    await asyncio.gather(*(one(n) for n in range(1000)))

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", CRASH, url], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    acknowledged = set(done.stdout.split())
    store = Store(url)
    await store.start()
    kept = await store.read(keys)
    await store.stop()
    assert "k400" in acknowledged
    assert acknowledged <= kept


async def test_counting_is_consistent_within_a_read(store: Store) -> None:
    def twice(tx: Transaction) -> tuple[int, int]:
        count = select(func.count()).select_from(meta)
        return tx.value(count), tx.value(count)

    async def write_many() -> None:
        for n in range(30):
            await store.write(put, f"k{n}")

    writing = asyncio.create_task(write_many())
    while not writing.done():
        first, second = await store.read(twice)
        assert first == second
    await writing
