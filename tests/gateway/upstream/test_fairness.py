"""One key's burst does not hold up another's calls, the queue is bounded, and who finds no place is told when to come again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Send

from adapters.base import Adapter
from adapters.registry import discover
from gateway.routing import prefix_of
from gateway.upstream.pace import Pace
from gateway.upstream.queue import Full, Queue, Turn
from gateway.upstream.slots import Slots
from schemas.errors import Code
from schemas.statuses import STATUSES
from tests.gateway.upstream.keys import ANN, BOB, keys
from tests.gateway.upstream.stub import DIALECT, Seen, Vendor, fixed, gateway, serving

pytestmark = pytest.mark.anyio


async def test_keys_take_turns() -> None:
    slots, order = Slots(1), list[str]()

    async def hold(who: str) -> None:
        async with slots.one(5, who):
            order.append(who)
            await asyncio.sleep(0.001)

    burst = [asyncio.create_task(hold("burst")) for _ in range(6)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(hold(who)) for who in ("other", "other", "third")]
    await asyncio.gather(*burst, *late)
    assert order == ["burst", "burst", "other", "third", "burst", "other", "burst", "burst", "burst"]


async def test_a_full_queue_makes_room_for_who_has_less_in_it() -> None:
    queue = Queue(3)
    first, second, last = (queue.join("burst") for _ in range(3))
    with pytest.raises(Full):
        queue.join("burst")
    other = queue.join("other")
    assert isinstance(last.exception(), Full)
    assert (len(queue), first.done(), second.done()) == (3, False, False)
    with pytest.raises(Full):
        queue.join("other")  # now both have about as much
    queue.serve()
    queue.serve()
    assert first.done()
    assert other.done()


async def test_who_gives_up_takes_no_slot_along() -> None:
    slots = Slots(1)

    async def hold(seconds: float) -> None:
        async with slots.one(0.05, "k"):
            await asyncio.sleep(seconds)

    holding = asyncio.create_task(hold(0.2))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(hold(0)) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, Full, Full]
    await holding
    async with asyncio.timeout(1):
        await hold(0)


@given(st.lists(st.sampled_from(["join a", "join b", "join c", "serve", "cancel", "leave"]), max_size=60))
def test_a_queue_serves_each_waiting_call_once(steps: list[str]) -> None:
    async def play() -> None:
        queue, waiting = Queue(8), list[tuple[str, Turn]]()
        served = 0
        for step in steps:
            if step.startswith("join"):
                try:
                    waiting.append((step[-1], queue.join(step[-1])))
                except Full:
                    assert len(queue) == 8
            elif step == "serve":
                alive = any(not turn.done() for _, turn in waiting)
                assert queue.serve() is alive
                served += alive
            elif waiting:
                who, turn = waiting.pop(0)
                served -= turn.done() and not turn.cancelled() and turn.exception() is None
                turn.cancel()
                if step == "leave":
                    queue.leave(who, turn)
            assert 0 <= len(queue) <= 8
        assert served == sum(turn.done() and not turn.cancelled() and turn.exception() is None for _, turn in waiting)

    asyncio.run(play())


async def test_a_paced_target_lets_the_keys_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.upstream.pace._WINDOW", 0.2)
    pace, order = Pace(2), list[str]()

    async def call(who: str) -> None:
        assert await pace.turn(5, who) == 0
        order.append(who)

    started = perf_counter()
    burst = [asyncio.create_task(call("burst")) for _ in range(8)]
    await asyncio.sleep(0)
    await asyncio.gather(*burst, asyncio.create_task(call("other")), asyncio.create_task(call("other")))
    assert perf_counter() - started >= 0.8
    assert max(place for place, who in enumerate(order) if who == "other") <= 5, order


async def test_who_cannot_begin_in_time_is_told_when() -> None:
    now = 100.0
    pace = Pace(2, lambda: now)
    assert [await pace.turn(0, "burst") for _ in range(2)] == [0, 0]
    assert await pace.turn(10, "other") == 60
    waiting = [asyncio.create_task(pace.turn(70, "burst")) for _ in range(3)]
    await asyncio.sleep(0)
    assert await pace.turn(10, "burst") == 120  # behind its own two of the next window
    assert await pace.turn(10, "other") == 60  # its turn comes second
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_another_key_is_served_during_a_burst(tmp_path: Path) -> None:
    async def slow(seen: Seen, send: Send) -> None:
        await asyncio.sleep(0.02)
        await fixed()(seen, send)

    vendor = Vendor(slow)
    async with (
        serving(vendor) as base,
        gateway(tmp_path, base, concurrency=1, settings={"auth": keys()}) as url,
        httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client,
    ):
        burst = [asyncio.create_task(client.post(f"{url}/{DIALECT}/burst", headers=ANN)) for _ in range(10)]
        while not vendor.seen:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert (await client.post(f"{url}/{DIALECT}/other", headers=BOB)).status_code == 200
        place = [seen.path for seen in vendor.seen].index(b"/other")
        assert {answer.status_code for answer in await asyncio.gather(*burst)} == {200}
    assert place <= 5
    assert len(vendor.seen) == 11


@pytest.mark.parametrize("adapter", discover().values(), ids=list(discover()))
async def test_a_full_queue_is_said_in_the_clients_dialect(tmp_path: Path, adapter: Adapter) -> None:
    async def stuck(seen: Seen, send: Send) -> None:
        await asyncio.sleep(0.4)
        await fixed()(seen, send)

    async with (
        serving(Vendor(stuck)) as base,
        gateway(tmp_path, base, dialect=adapter.name, concurrency=1, settings={"auth": keys()}) as url,
        httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=20) as client,
    ):
        calls = [asyncio.create_task(client.post(f"{url}/{prefix_of(adapter)}/x", headers=ANN)) for _ in range(13)]
        done, waiting = await asyncio.wait(calls, timeout=0.3)
        refused = [call.result() for call in done]
        assert {answer.status_code for answer in refused} == {adapter.statuses.get(Code.RATE_LIMITED, STATUSES[Code.RATE_LIMITED])}
        assert len(refused) == 2  # one under way, ten waiting
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        other = asyncio.create_task(client.post(f"{url}/{prefix_of(adapter)}/x", headers=BOB))
        assert (await other).status_code == 200
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
