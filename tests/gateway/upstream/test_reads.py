"""Identical reads share one call, answers may be kept for a while, and nobody is given what is not his or no longer true."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import Send

from gateway.upstream.reads import LARGEST, Flight, Kept, Reads
from tests.gateway.upstream.keys import ANN, BOB, keys
from tests.gateway.upstream.stub import Reply, Seen, Vendor, fixed, gateway, in_turn, serving

pytestmark = pytest.mark.anyio

JSON = [(b"content-type", b"application/json")]
TRANSLATED = "/v1@vendor/datasets"
LIST = orjson.dumps({"data": [], "next_cursor": None})


def slowly(reply: Reply, seconds: float = 0.15) -> Reply:
    async def late(seen: Seen, send: Send) -> None:
        await asyncio.sleep(seconds)
        await reply(seen, send)

    return late


@asynccontextmanager
async def against(folder: Path, reply: Reply, *, auth: bool = False, **target: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Vendor]]:
    """A client of a gateway before one vendor, whose dialect is forwarded and which the canonical dialect reaches as `vendor`."""
    vendor = Vendor(reply)
    settings = {"auth": keys()} if auth else {}
    async with (
        serving(vendor) as base,
        gateway(folder, base, dialect="phoenix", settings=settings, retries=0, version="20.26.1", **target) as url,
    ):
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=20, headers={"accept": "application/json"}) as client:
            yield client, vendor


PATHS = pytest.mark.parametrize("path", ["/phoenix/v1/datasets", TRANSLATED], ids=["forwarded", "translated"])


@PATHS
async def test_identical_reads_at_the_same_time_are_one_call(tmp_path: Path, path: str) -> None:
    async with against(tmp_path, slowly(fixed(200, LIST, JSON))) as (client, vendor):
        answers = await asyncio.gather(*(client.get(path) for _ in range(20)))
        assert {(each.status_code, each.content) for each in answers} == {(200, answers[0].content)}
        assert {each.headers["crosswalk-origin"] for each in answers} <= {"forwarded", "translated", "emulated"}
        assert len(vendor.seen) == 1
        assert sorted(each.headers["crosswalk-attempts"] for each in answers) == ["0"] * 19 + ["1"]
        await client.get(path)
        assert len(vendor.seen) == 2  # nothing is kept unless that was asked for


@PATHS
async def test_different_reads_are_different_calls(tmp_path: Path, path: str) -> None:
    async with against(tmp_path, slowly(fixed(200, LIST, JSON)), auth=True) as (client, vendor):
        same = [client.get(path, headers=who) for who in (ANN, BOB)]
        other = [client.get(path, params={"limit": 3}, headers=ANN)]
        more = [client.get(path, headers={**ANN, "accept": "application/xml"})] if path.startswith("/phoenix") else []
        await asyncio.gather(*same, *other, *more)
        assert len(vendor.seen) == 3 + len(more)


async def test_writes_are_never_shared(tmp_path: Path) -> None:
    async with against(tmp_path, slowly(fixed(200, b"{}", JSON))) as (client, vendor):
        await asyncio.gather(*(client.post("/phoenix/v1/anything", content=b"{}") for _ in range(5)))
        assert len(vendor.seen) == 5


@PATHS
async def test_followers_of_one_who_hangs_up_do_not_fail(tmp_path: Path, path: str) -> None:
    async with against(tmp_path, slowly(fixed(200, LIST, JSON), 0.6)) as (client, vendor):
        first = asyncio.create_task(client.get(path))
        while not vendor.seen:
            await asyncio.sleep(0.01)
        others = [asyncio.create_task(client.get(path)) for _ in range(5)]
        await asyncio.sleep(0.2)
        first.cancel()
        answers = await asyncio.gather(*others)
        assert {each.status_code for each in answers} == {200}
        assert len(vendor.seen) <= 2


async def test_hanging_up_on_a_translated_read_cancels_the_vendors_call(tmp_path: Path) -> None:
    async with against(tmp_path, slowly(fixed(200, LIST, JSON), 30), concurrency=1) as (client, vendor):
        with pytest.raises(httpx.ReadTimeout):
            await client.get(TRANSLATED, timeout=0.4)
        await asyncio.wait_for(vendor.hung_up.wait(), 2)
        vendor.reply = fixed(200, LIST, JSON)
        assert (await client.get(TRANSLATED)).status_code == 200


async def test_hanging_up_on_a_translated_write_does_not_stop_it(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def late(seen: Seen, send: Send) -> None:
        await asyncio.sleep(0.6)
        done.set()
        await fixed(200, b"{}", JSON)(seen, send)

    async with against(tmp_path, late) as (client, vendor):
        with pytest.raises(httpx.ReadTimeout):
            await client.post(TRANSLATED, json={"name": "d", "examples": [{"input": "1"}]}, timeout=0.3)
        await asyncio.wait_for(done.wait(), 2)
        assert not vendor.hung_up.is_set()


@PATHS
async def test_a_failure_is_not_shared(tmp_path: Path, path: str) -> None:
    replies = in_turn(fixed(500, b"Internal Server Error"), slowly(fixed(200, LIST, JSON), 0.05))
    async with against(tmp_path, slowly(replies)) as (client, vendor):
        answers = await asyncio.gather(*(client.get(path) for _ in range(4)))
        assert sorted(each.status_code < 300 for each in answers) == [False, True, True, True]
        assert len(vendor.seen) == 4


async def test_what_is_large_or_endless_is_not_shared(tmp_path: Path) -> None:
    async def events(seen: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"data: x\n\n", "more_body": True})
            await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b""})

    async with against(tmp_path, slowly(events)) as (client, vendor):
        answers = await asyncio.gather(*(client.get("/phoenix/v1/x") for _ in range(3)))
        assert ({each.text for each in answers}, len(vendor.seen)) == ({"data: x\n\n" * 3}, 3)
        vendor.reply = slowly(fixed(200, b"x" * (LARGEST + 1), JSON))
        answers = await asyncio.gather(*(client.get("/phoenix/v1/x") for _ in range(3)))
        assert ({len(each.content) for each in answers}, len(vendor.seen)) == ({LARGEST + 1}, 6)


@PATHS
async def test_an_answer_is_kept_for_its_time_and_scope(tmp_path: Path, path: str) -> None:
    async with against(tmp_path, fixed(200, LIST, JSON), auth=True, cache_ttl=0.5) as (client, vendor):
        fresh, cached = [await client.get(path, headers=ANN) for _ in range(2)]
        assert (cached.content, cached.headers["crosswalk-origin"], cached.headers["crosswalk-attempts"]) == (fresh.content, "cached", "0")
        assert fresh.headers["crosswalk-origin"] != "cached"
        assert len(vendor.seen) == 1
        assert (await client.get(path, headers=BOB)).headers["crosswalk-origin"] != "cached"
        assert len(vendor.seen) == 2
        await asyncio.sleep(0.6)
        assert (await client.get(path, headers=ANN)).headers["crosswalk-origin"] != "cached"


@PATHS
@pytest.mark.parametrize(
    "write", [("POST", "/phoenix/v1/unmodelled"), ("DELETE", TRANSLATED + "/{dataset}")], ids=["forwarded", "translated"]
)
@pytest.mark.parametrize("status", [200, 500])
async def test_a_write_drops_what_is_kept(tmp_path: Path, path: str, write: tuple[str, str], status: int) -> None:
    dataset: dict[str, Any] = {"id": "RGF0YXNldDox", "name": "d", "description": None, "metadata": {}, "example_count": 0}
    times = {"created_at": "2026-01-01T00:00:00+00:00", "updated_at": "2026-01-01T00:00:00+00:00"}
    held = orjson.dumps({"data": [{**dataset, **times}], "next_cursor": None})
    async with against(tmp_path, fixed(200, held, JSON), cache_ttl=60) as (client, vendor):
        known = (await client.get(TRANSLATED)).json()["items"][0]["id"]
        for _ in range(2):
            await client.get(path)
        before = len([seen for seen in vendor.seen if seen.method == "GET"])
        vendor.reply = fixed(status, b"{}", JSON)
        await client.request(write[0], write[1].format(dataset=known))
        vendor.reply = fixed(200, held, JSON)
        assert (await client.get(path)).headers["crosswalk-origin"] != "cached"
        assert len([seen for seen in vendor.seen if seen.method == "GET"]) > before


async def test_a_read_that_began_before_a_write_is_not_given_to_who_comes_after_it(tmp_path: Path) -> None:
    replies = in_turn(slowly(fixed(200, b'"old"', JSON), 0.4), fixed(200, b"{}", JSON), fixed(200, b'"new"', JSON))
    async with against(tmp_path, replies, cache_ttl=60) as (client, vendor):
        old = asyncio.create_task(client.get("/phoenix/v1/x"))
        while not vendor.seen:
            await asyncio.sleep(0.01)
        await client.post("/phoenix/v1/y", content=b"{}")
        assert (await client.get("/phoenix/v1/x")).json() == "new"
        assert (await old).json() == "old"
        assert (await client.get("/phoenix/v1/x")).json() == "new"


@PATHS
@pytest.mark.parametrize(
    "reply",
    [
        fixed(404, b"nothing here"),
        fixed(500, b"Internal Server Error"),
        fixed(200, b"<!doctype html><p>Bad gateway", [(b"content-type", b"text/html")]),
        fixed(200, LIST, [*JSON, (b"cache-control", b"private, no-store")]),
    ],
    ids=["404", "500", "page", "no-store"],
)
async def test_only_data_is_kept(tmp_path: Path, path: str, reply: Reply) -> None:
    async with against(tmp_path, reply, cache_ttl=60) as (client, vendor):
        for _ in range(2):
            assert (await client.get(path)).headers.get("crosswalk-origin") != "cached"
        assert len(vendor.seen) == 2


async def test_an_answer_that_breaks_the_contract_is_not_kept(tmp_path: Path) -> None:
    async with against(tmp_path, in_turn(fixed(200, b'{"data": [{', JSON), fixed(200, LIST, JSON)), cache_ttl=60) as (client, _):
        assert (await client.get(TRANSLATED)).status_code == 502
        assert (await client.get(TRANSLATED)).status_code == 200


async def test_what_is_kept_is_bounded() -> None:
    reads = Reads(60, entries=10, size=100_000)
    for number in range(50):
        seat = await reads.seat(number)
        assert isinstance(seat, Flight)
        with seat:
            seat.take(b"x" * 100)
            seat.land(200, [])
    kept = [seat for number in range(50) if isinstance(seat := await reads.seat(number), Kept)]
    assert len(kept) == 10
    reads = Reads(60, entries=1000, size=100_000)
    for number in range(50):
        seat = await reads.seat(number)
        assert isinstance(seat, Flight)
        with seat:
            seat.take(b"x" * 30_000)
            seat.land(200, [])
    assert [isinstance(await reads.seat(number), Kept) for number in range(50)].count(True) == 3


async def test_nobody_waits_for_one_who_reads_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.upstream.reads._PATIENCE", 0.05)
    reads = Reads()
    first = await reads.seat("key")
    assert isinstance(first, Flight)
    waiting = asyncio.create_task(reads.seat("key"))
    await asyncio.sleep(0)
    with first:
        first.begun([])
        assert isinstance(await asyncio.wait_for(waiting, 1), Flight)


async def test_nothing_stays_of_flights() -> None:
    reads = Reads()
    landed = await reads.seat("key")
    assert isinstance(landed, Flight)
    with landed:
        landed.land(200, [])
    failed = await reads.seat("key")
    assert isinstance(failed, Flight)
    with contextlib.suppress(ValueError), failed:
        raise ValueError
    again = await reads.seat("key")
    assert isinstance(again, Flight)
