"""Idempotency keys: fresh, replayed, mismatched, in progress, expired."""

from datetime import timedelta

import pytest

from gateway.store import Store, Transaction, idempotency
from gateway.store.idempotency import KEEP, LEASE, Fresh, InProgress, Mismatch, Outcome, Replay

pytestmark = pytest.mark.anyio

ANSWER = (201, (("content-type", "application/json"), ("x-two", "ü")), b'{"id": 1}\x00\xff')


def later(tx: Transaction, by: timedelta) -> Transaction:
    return Transaction(tx.connection, tx.ids, tx.now + by)


async def begin(store: Store, fingerprint: str = "f", after: timedelta = timedelta(), **place: str) -> Outcome:
    said = {"scope": "s", "target": "local", "route": "POST /v1/datasets", "key": "k", **place}

    def work(tx: Transaction) -> Outcome:
        return idempotency.begin(later(tx, after), said["scope"], said["target"], said["route"], said["key"], fingerprint)

    return await store.write(work)


async def finished(store: Store) -> None:
    first = await begin(store)
    assert isinstance(first, Fresh)
    await store.write(idempotency.finish, first.number, *ANSWER)


async def test_the_answer_is_given_again_to_the_same_request(store: Store) -> None:
    await finished(store)
    for _ in range(2):
        assert await begin(store) == Replay(*ANSWER)


async def test_another_request_under_the_key_is_a_mismatch_also_while_the_first_runs(store: Store) -> None:
    await begin(store)
    assert await begin(store, "other") == Mismatch()


async def test_a_request_under_way_is_told_with_the_time_it_has(store: Store) -> None:
    await begin(store)
    again = await begin(store)
    assert isinstance(again, InProgress)
    assert 0 < again.seconds <= LEASE.total_seconds()


@pytest.mark.parametrize("place", ["scope", "target", "route", "key"])
async def test_keys_count_per_scope_target_and_route(store: Store, place: str) -> None:
    await finished(store)
    assert isinstance(await begin(store, **{place: "other"}), Fresh)


async def test_an_abandoned_attempt_frees_the_key(store: Store) -> None:
    first = await begin(store)
    assert isinstance(first, Fresh)
    await store.write(idempotency.abandon, first.number)
    assert isinstance(await begin(store, "other"), Fresh)


async def test_an_attempt_whose_process_died_frees_the_key_after_its_lease(store: Store) -> None:
    first = await begin(store)
    second = await begin(store, after=LEASE + timedelta(seconds=1))
    assert isinstance(first, Fresh)
    assert isinstance(second, Fresh)
    await store.write(idempotency.finish, first.number, *ANSWER)
    assert isinstance(await begin(store), InProgress)


async def test_an_answer_is_kept_for_a_day(store: Store) -> None:
    await finished(store)
    assert isinstance(await begin(store, after=KEEP - timedelta(minutes=1)), Replay)
    assert isinstance(await begin(store, after=KEEP + timedelta(minutes=1)), Fresh)


async def test_purge_forgets_what_has_expired_and_nothing_else(store: Store) -> None:
    await finished(store)
    for number in range(3):
        await begin(store, key=f"k{number}")
    assert await store.write(idempotency.purge) == 0
    assert await store.write(lambda tx: idempotency.purge(later(tx, LEASE * 2), 2)) == 2
    assert await store.write(lambda tx: idempotency.purge(later(tx, LEASE * 2))) == 1
    assert isinstance(await begin(store), Replay)
    assert await store.write(lambda tx: idempotency.purge(later(tx, KEEP * 2))) == 1
