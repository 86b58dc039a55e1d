"""A create that comes again without a key of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from adapters.http import Request, Response
from gateway.once import Attempt, FirstAttempts
from gateway.store import Store

pytestmark = pytest.mark.anyio

PLACE = ("scope", "target", "POST /x")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'once.db'}")
    await store.start()
    yield store
    await store.stop()


def request(body: bytes = b"{}") -> Request:
    return Request("POST", "/x", body=body)


class Maker:
    """Answers with the number of times it was asked, after a moment; `since` are what it was told of earlier attempts."""

    def __init__(self, *, status: int = 201, fails: bool = False) -> None:
        self.status, self.fails, self.times = status, fails, 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self) -> Response:
        self.times += 1
        await self.hold.wait()
        if self.fails:
            raise RuntimeError
        return Response(self.status, str(self.times).encode(), "text/plain", {})


async def test_callers_who_wait_are_answered_apart(store: Store) -> None:
    firsts, make = FirstAttempts(store), Maker()
    make.hold.clear()
    asked = [asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make)) for _ in range(2)]
    await asyncio.sleep(0.05)
    make.hold.set()
    assert [again for _, again in await asyncio.gather(*asked)] == [False, False]
    assert make.times == 2


async def test_who_hung_up_is_given_the_answer_under_way(store: Store) -> None:
    firsts, make = FirstAttempts(store), Maker()
    make.hold.clear()
    first = asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: True), make))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make))
    other = asyncio.create_task(firsts.answer(PLACE, "bob", request(), Attempt(lambda: False), make))
    another = asyncio.create_task(firsts.answer(PLACE, "ann", request(b"other"), Attempt(lambda: False), make))
    await asyncio.sleep(0.05)
    make.hold.set()
    answers = await asyncio.gather(first, second, other, another)
    assert [again for _, again in answers] == [False, True, False, False]
    assert answers[0][0].body == answers[1][0].body
    _, again = await firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make)
    assert again is False  # the answer has been heard


async def test_who_hung_up_is_given_the_answer_that_came_too_late_once(store: Store) -> None:
    make = Maker()
    first, _ = await FirstAttempts(store).answer(PLACE, "ann", request(), Attempt(lambda: True), make)
    firsts = FirstAttempts(store)  # as after a restart
    kept, again = await firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make)
    assert (kept.status, kept.body, kept.media_type, again) == (201, first.body, "text/plain", True)
    _, again = await firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make)
    assert again is False


async def test_a_first_attempt_that_fails_leaves_the_second_to_itself(store: Store) -> None:
    firsts, bad, good = FirstAttempts(store), Maker(fails=True), Maker()
    bad.hold.clear()
    first = asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: True), bad))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), good))
    await asyncio.sleep(0.05)
    bad.hold.set()
    with pytest.raises(RuntimeError):
        await first
    assert (await asyncio.wait_for(second, 2))[1] is False
    assert good.times == 1


async def test_a_doubtful_attempt_tells_the_next_ones_when_it_began(store: Store) -> None:
    firsts, make = FirstAttempts(store), Maker(status=504)
    began: list[datetime | None] = []
    for doubt in (True, True, False):
        attempt = Attempt(lambda: False, doubt=lambda doubt=doubt: doubt)  # type: ignore[misc]
        await firsts.answer(PLACE, "ann", request(), attempt, make)
        began.append(attempt.since)
        make.status = 201 if doubt and len(began) == 2 else 504
    settled = Attempt(lambda: False)
    await firsts.answer(PLACE, "ann", request(), settled, make)
    assert began[0] is None
    assert began[1] is not None
    assert began[2] == began[1]
    assert settled.since is None


async def test_an_attempt_that_is_cut_short_is_doubtful(store: Store) -> None:
    """A process that is told to stop in the midst of a create."""
    firsts, make = FirstAttempts(store), Maker()
    make.hold.clear()
    cut = asyncio.create_task(firsts.answer(PLACE, "ann", request(), Attempt(lambda: False), make))
    await asyncio.sleep(0.05)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    make.hold.set()
    after = Attempt(lambda: False)
    await FirstAttempts(store).answer(PLACE, "ann", request(), after, make)
    assert after.since is not None
