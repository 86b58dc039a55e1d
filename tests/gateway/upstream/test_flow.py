"""Nothing piles up in the gateway, and nobody works on for a caller who has gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from adapters.registry import discover
from gateway.upstream.breaker import Breaker
from gateway.upstream.listener import Listener
from gateway.upstream.pace import Pace
from gateway.upstream.queue import Full
from gateway.upstream.slots import Slots
from schemas.errors import Code
from tests.gateway.upstream.stub import DIALECT, Seen, Vendor, fixed, gateway, head, raw, serving

pytestmark = pytest.mark.anyio

PIECE = b"x" * 65_536
PIECES = 3_200  # 200 MB
AHEAD = 40_000_000
"""What may be on the way between the ends: the kernel's socket buffers (up to 6 MB each, four of them) and ours (less than 1 MB)."""


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port, limit=2**16)


async def settled(value: Callable[[], int]) -> int:
    """A counter once it stands still."""
    before = -1
    while value() != before:
        before = value()
        await asyncio.sleep(0.3)
    return before


async def test_a_slow_reader_holds_the_vendor_back(tmp_path: Path) -> None:
    sent = 0

    async def large(seen: Seen, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(PIECES):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            sent += len(PIECE)
        await send({"type": "http.response.body", "body": b""})

    async with serving(Vendor(large)) as base, gateway(tmp_path, base) as url:
        reader, writer = await connect(url)
        writer.write(f"GET /{DIALECT}/x HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        assert b" 200 " in await head(reader)
        assert 0 < await settled(lambda: sent) < AHEAD
        for _ in range(1_000):
            await reader.read(65_536)
        writer.close()


async def test_a_slow_vendor_holds_the_caller_back(tmp_path: Path) -> None:
    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await asyncio.sleep(30)

    async with raw(stuck) as base, gateway(tmp_path, base) as url:
        _, writer = await connect(url)
        writer.write(f"POST /{DIALECT}/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(PIECE) * PIECES}\r\n\r\n".encode())

        sent: list[int] = []
        uploading = asyncio.create_task(upload(writer, sent))
        assert 0 < await settled(lambda: sum(sent)) < AHEAD
        await ended(uploading, writer)


async def test_a_vendor_that_stops_reading_is_given_up(tmp_path: Path) -> None:
    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await asyncio.sleep(5)

    async with raw(stuck) as base, gateway(tmp_path, base, timeout=0.4) as url:
        reader, writer = await connect(url)
        writer.write(f"POST /{DIALECT}/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(PIECE) * PIECES}\r\n\r\n".encode())
        uploading = asyncio.create_task(upload(writer))
        status = discover()[DIALECT].statuses[Code.OUTCOME_UNKNOWN]
        assert b" %d " % status in await asyncio.wait_for(head(reader), 5)
        await ended(uploading, writer)


async def upload(writer: asyncio.StreamWriter, sent: list[int] | None = None) -> None:
    for _ in range(PIECES):
        writer.write(PIECE)
        await writer.drain()
        if sent is not None:
            sent.append(len(PIECE))


async def ended(uploading: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
    uploading.cancel()
    with contextlib.suppress(asyncio.CancelledError, ConnectionError):
        await uploading
    writer.transport.abort()


async def test_a_slow_caller_does_not_run_into_the_vendors_deadline(tmp_path: Path) -> None:
    vendor = Vendor()
    async with serving(vendor) as base, gateway(tmp_path, base, timeout=0.3) as url:
        reader, writer = await connect(url)
        writer.write(f"POST /{DIALECT}/x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        for _ in range(3):
            writer.write(b"2\r\nab\r\n")
            await asyncio.sleep(0.4)
        writer.write(b"0\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(head(reader), 2)
        writer.close()
    assert [(seen.size, seen.complete) for seen in vendor.seen] == [(6, True)]


REQUESTS = {
    "a read": b"GET /%s/x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a write": b"POST /%s/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}",
    "a stream": b"POST /%s/x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "half an upload": b"POST /%s/x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
}


async def before_the_answer(seen: Seen, send: Send) -> None:
    await asyncio.sleep(30)


async def during_the_answer(seen: Seen, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await asyncio.sleep(30)


@pytest.mark.parametrize("reply", [before_the_answer, during_the_answer])
@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=list(REQUESTS))
async def test_hanging_up_cancels_the_vendors_call(
    tmp_path: Path, reply: Callable[[Seen, Send], Awaitable[None]], request_bytes: bytes
) -> None:
    vendor = Vendor(reply)
    async with serving(vendor) as base, gateway(tmp_path, base) as url:
        _, writer = await connect(url)
        writer.write(request_bytes % DIALECT.encode())
        while not vendor.seen:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert not vendor.hung_up.is_set()
        writer.transport.abort()
        await asyncio.wait_for(vendor.hung_up.wait(), 2)
        async with httpx.AsyncClient() as client:  # the gateway and its pool are as good as before
            vendor.reply = fixed(200, b"next")
            assert (await client.get(f"{url}/{DIALECT}/x")).text == "next"
    assert vendor.seen[0].complete is (b"0\r\n\r\n" in request_bytes or b"chunked" not in request_bytes)


async def test_hanging_up_frees_the_slot(tmp_path: Path) -> None:
    vendor = Vendor(before_the_answer)
    async with serving(vendor) as base, gateway(tmp_path, base, concurrency=1) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{url}/{DIALECT}/x", timeout=0.2)
        vendor.reply = fixed(200, b"next")
        assert (await client.get(f"{url}/{DIALECT}/x")).text == "next"


async def test_another_ones_cancellation_is_not_absorbed() -> None:
    """A server that shuts down cancels for good, even if the caller goes at the same time."""

    async def never() -> Message:
        await asyncio.sleep(30)
        raise AssertionError

    listener = Listener(never)
    listener.start()
    with pytest.raises(asyncio.CancelledError):
        listener.absorb()
    listener.stop()


async def test_pipelined_and_kept_alive_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await fixed(200, scope["query_string"])(None, send)  # type: ignore[arg-type]

    async with serving(echo) as base, gateway(tmp_path, base) as url:
        reader, writer = await connect(url)
        for number in range(20):
            writer.write(f"GET /{DIALECT}/x?{number} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        for number in range(20):
            length = int((await head(reader)).lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            assert await reader.readexactly(length) == str(number).encode()
        writer.close()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_tries_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(2, 10, clock)
    breaker.failed()
    assert breaker.wait() == 0
    breaker.failed()
    assert breaker.wait() == 10
    clock.now = 10
    assert (breaker.wait(), breaker.wait()) == (0, 10)  # one call tries
    breaker.failed()
    clock.now = 19
    assert breaker.wait() == 1
    clock.now = 20
    assert breaker.wait() == 0
    breaker.succeeded()
    assert (breaker.wait(), breaker.wait()) == (0, 0)


async def test_no_window_holds_more_calls_than_allowed() -> None:
    clock = Clock()
    pace = Pace(5, clock)
    begun = []
    for step in range(600):
        clock.now = step * 0.7
        if await pace.turn(0) == 0:
            begun.append(clock.now)
    assert len(begun) > 20
    assert all(later - earlier >= 60 for earlier, later in zip(begun, begun[5:], strict=False))
    assert await Pace(None).turn(0) == 0


async def test_a_queue_is_bounded_and_in_order() -> None:
    slots, order = Slots(1), []

    async def hold(number: int) -> None:
        async with slots.one(5):
            order.append(number)
            await asyncio.sleep(0.001)

    holding = [asyncio.create_task(hold(number)) for number in range(11)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await hold(99)
    await asyncio.gather(*holding)
    assert order == list(range(11))


def test_what_is_not_urgent_leaves_a_tenth_of_a_minute_to_others() -> None:
    now = 0.0
    pace = Pace(20, lambda: now)

    async def begin(number: int) -> None:
        for _ in range(number):
            assert await pace.turn(0) == 0

    assert Pace(None).until(5) == 0
    asyncio.run(begin(17))
    assert pace.until(5) == 0
    asyncio.run(begin(1))
    assert pace.until(5) == 60
    now = 45.0
    assert pace.until(5) == 15
