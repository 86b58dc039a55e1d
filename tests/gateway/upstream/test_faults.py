"""What a client is told when a vendor fails: the truth, in its own dialect, and no write happens twice."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from time import perf_counter
from typing import Any

import httpx
import pytest
from starlette.types import Send

from adapters.base import Adapter
from adapters.registry import discover
from gateway.routing import prefix_of
from schemas.errors import Code
from schemas.statuses import STATUSES
from tests.gateway.upstream.stub import DIALECT, Seen, Vendor, fixed, gateway, head, in_turn, raw, serving
from tests.process import free_port

pytestmark = pytest.mark.anyio

dialects = pytest.mark.parametrize("adapter", discover().values(), ids=list(discover()))

WRITES = ["POST", "PATCH"]


def refusal(adapter: Adapter, code: Code, response: httpx.Response, words: str) -> None:
    """The response is this error in this dialect: its status and its text, and nothing of the vendor's."""
    assert response.status_code == adapter.statuses.get(code, STATUSES[code])
    assert words in response.text
    assert "crosswalk-origin" not in response.headers
    assert response.headers["crosswalk-target"] == "vendor"


def hang_up(writer: asyncio.StreamWriter) -> None:
    """Cut with a reset instead of a farewell."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))


@dialects
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_refused_connection(tmp_path: Path, adapter: Adapter, method: str) -> None:
    async with gateway(tmp_path, f"http://127.0.0.1:{free_port()}", dialect=adapter.name, retries=1) as url, httpx.AsyncClient() as client:
        response = await client.request(method, f"{url}/{prefix_of(adapter)}/x", content=b"{}")
    refusal(adapter, Code.UPSTREAM_UNAVAILABLE, response, "cannot be reached")
    assert response.headers["crosswalk-attempts"] == "2"  # nothing had been sent: that is safe to repeat


@dialects
@pytest.mark.parametrize(("method", "attempts", "code"), [("GET", 2, Code.UPSTREAM_UNAVAILABLE), ("POST", 1, Code.OUTCOME_UNKNOWN)])
async def test_reset_before_the_answer(tmp_path: Path, adapter: Adapter, method: str, attempts: int, code: Code) -> None:
    seen: list[bytes] = []

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await head(reader))
        hang_up(writer)

    async with raw(reset) as base, gateway(tmp_path, base, dialect=adapter.name, retries=1) as url, httpx.AsyncClient() as client:
        response = await client.request(method, f"{url}/{prefix_of(adapter)}/x")
    refusal(adapter, code, response, "broke the connection")
    assert (response.headers["crosswalk-attempts"], len(seen)) == (str(attempts), attempts)


@pytest.mark.parametrize("framing", [b"content-length: 1000\r\n\r\nhalf", b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"])
@pytest.mark.parametrize("gently", [True, False])
async def test_reset_in_the_middle_of_the_body(tmp_path: Path, framing: bytes, gently: bool) -> None:
    """The client's connection breaks as well: half an answer must not look whole."""

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing)
        await writer.drain()
        await asyncio.sleep(0.05)
        if gently:
            writer.close()
            await writer.wait_closed()
        else:
            hang_up(writer)

    async with raw(half) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        assert await until_cut(client, f"{url}/{DIALECT}/x") == b"half"


async def until_cut(client: httpx.AsyncClient, url: str) -> bytes:
    """What arrives of a 200 before the connection breaks, which it has to."""
    received = b""
    async with client.stream("GET", url) as response:
        assert response.status_code == 200
        try:
            async for piece in response.aiter_raw():
                received += piece
        except httpx.RemoteProtocolError:
            return received
    pytest.fail("half an answer looked whole")


@dialects
@pytest.mark.parametrize(("method", "code"), [("GET", Code.TIMEOUT), ("POST", Code.OUTCOME_UNKNOWN)])
async def test_a_head_that_drips_meets_the_deadline(tmp_path: Path, adapter: Adapter, method: str, code: Code) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x" * 100:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw(drip) as base, gateway(tmp_path, base, dialect=adapter.name, timeout=0.4) as url, httpx.AsyncClient() as client:
        started = perf_counter()
        refusal(adapter, code, await client.request(method, f"{url}/{prefix_of(adapter)}/x"), "did not answer in time")
        assert 0.4 <= perf_counter() - started < 2


async def test_a_body_that_drips_is_passed_on_and_one_that_stops_is_cut(tmp_path: Path) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
        for _ in range(5):
            writer.write(b".")
            await asyncio.sleep(0.1)
        await asyncio.sleep(5)

    async with raw(drip) as base, gateway(tmp_path, base, timeout=0.3, read_timeout=0.3) as url, httpx.AsyncClient() as client:
        assert await until_cut(client, f"{url}/{DIALECT}/x") == b"....."


@dialects
@pytest.mark.parametrize("method", WRITES)
async def test_a_write_that_happened_without_an_answer_is_not_repeated(tmp_path: Path, adapter: Adapter, method: str) -> None:
    async def too_late(seen: Seen, send: Send) -> None:
        await asyncio.sleep(1)

    vendor = Vendor(too_late)
    async with serving(vendor) as base, gateway(tmp_path, base, dialect=adapter.name, timeout=0.2, retries=5) as url:
        async with httpx.AsyncClient() as client:
            response = await client.request(method, f"{url}/{prefix_of(adapter)}/x", content=b"{}")
        await asyncio.wait_for(vendor.hung_up.wait(), 2)
    refusal(adapter, Code.OUTCOME_UNKNOWN, response, "may have been carried out")
    assert len(vendor.seen) == 1


ANSWERS = {
    "500": fixed(500, b'{"vendor": "says so"}', [(b"content-type", b"application/json")]),
    "503 html": fixed(503, b"<html>Bad gateway</html>", [(b"content-type", b"text/html")]),
    "429": fixed(429, b"slow down"),
    "429 with Retry-After": fixed(429, b"slow down", [(b"retry-after", b"30"), (b"x-ratelimit-remaining", b"0")]),
}


@dialects
@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_vendors_own_answer_to_a_write_is_passed_on_at_once(tmp_path: Path, adapter: Adapter, kind: str) -> None:
    vendor = Vendor(ANSWERS[kind])
    async with serving(vendor) as base, gateway(tmp_path, base, dialect=adapter.name) as url, httpx.AsyncClient() as client:
        response = await client.post(f"{url}/{prefix_of(adapter)}/x", content=b"{}")
        direct = await client.post(f"{base}/x", content=b"{}")
    assert (response.status_code, response.content) == (direct.status_code, direct.content)
    own = {"crosswalk-", "server-timing", "date"}
    assert {n: v for n, v in response.headers.items() if not n.startswith(tuple(own))} == {
        n: v for n, v in direct.headers.items() if n not in own | {"server"}
    }
    assert len(vendor.seen) == 2


async def test_a_read_is_repeated_and_the_last_answer_counts(tmp_path: Path) -> None:
    vendor = Vendor(in_turn(fixed(503, b"<html>"), fixed(200, b"now")))
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        response = await client.get(f"{url}/{DIALECT}/x")
        assert (response.status_code, response.text, response.headers["crosswalk-attempts"]) == (200, "now", "2")
        vendor.reply = fixed(502, b"still down")
        response = await client.put(f"{url}/{DIALECT}/x", content=b"small enough to be sent again")
        assert (response.status_code, response.text, response.headers["crosswalk-attempts"]) == (502, "still down", "3")
    assert len({seen.digest for seen in vendor.seen[2:]}) == 1


async def test_retry_after_is_honoured_when_there_is_time(tmp_path: Path) -> None:
    vendor = Vendor(in_turn(fixed(429, b"", [(b"retry-after", b"1")]), fixed(200, b"now")))
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        started = perf_counter()
        assert (await client.get(f"{url}/{DIALECT}/x")).text == "now"
        assert perf_counter() - started >= 1
        vendor.reply = fixed(429, b"come back later", [(b"retry-after", b"3600")])
        response = await client.get(f"{url}/{DIALECT}/x")
        assert (response.status_code, response.text, response.headers["retry-after"]) == (429, "come back later", "3600")
        assert response.headers["crosswalk-attempts"] == "1"


async def test_a_streamed_body_is_never_sent_twice(tmp_path: Path) -> None:
    vendor = Vendor(fixed(503, b"down"))
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        response = await client.put(f"{url}/{DIALECT}/x", content=b"x" * 1_000_000)
        assert (response.status_code, response.headers["crosswalk-attempts"], len(vendor.seen)) == (503, "1", 1)


@dialects
async def test_an_answer_that_is_not_http(tmp_path: Path, adapter: Adapter) -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)

    async with raw(garbage) as base, gateway(tmp_path, base, dialect=adapter.name, retries=0) as url, httpx.AsyncClient() as client:
        response = await client.get(f"{url}/{prefix_of(adapter)}/x")
        refusal(adapter, Code.UPSTREAM_INVALID, response, "not HTTP")
        response = await client.post(f"{url}/{prefix_of(adapter)}/x")
        refusal(adapter, Code.OUTCOME_UNKNOWN, response, "may have been carried out")


@dialects
async def test_an_open_breaker_answers_at_once_and_lets_one_call_try(tmp_path: Path, adapter: Adapter) -> None:
    alive = False
    calls = 0

    async def moody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        await head(reader)
        calls += 1
        if alive:
            writer.write(b"HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)

    limits: dict[str, Any] = {"retries": 0, "breaker_failures": 3, "breaker_pause": 0.4}
    async with raw(moody) as base, gateway(tmp_path, base, dialect=adapter.name, **limits) as url, httpx.AsyncClient() as client:

        async def call() -> httpx.Response:
            return await client.get(f"{url}/{prefix_of(adapter)}/x")

        for _ in range(3):
            refusal(adapter, Code.UPSTREAM_UNAVAILABLE, await call(), "broke the connection")
        refused = await call()
        refusal(adapter, Code.UPSTREAM_UNAVAILABLE, refused, "left alone")
        assert (refused.headers["crosswalk-attempts"], calls) == ("0", 3)
        await asyncio.sleep(0.45)
        first, second = await asyncio.gather(call(), call())
        assert sorted("left alone" in each.text for each in (first, second)) == [False, True]
        alive = True
        await asyncio.sleep(0.45)
        assert [(await call()).status_code for _ in range(3)] == [500, 500, 500]  # answers, so the breaker is closed


async def test_pacing_says_when_to_come_again(tmp_path: Path) -> None:
    vendor = Vendor()
    async with serving(vendor) as base, gateway(tmp_path, base, requests_per_minute=3, timeout=1) as url, httpx.AsyncClient() as client:
        statuses = [(await client.get(f"{url}/{DIALECT}/x")).status_code for _ in range(3)]
        refused = await client.get(f"{url}/{DIALECT}/x")
    assert (statuses, refused.status_code, len(vendor.seen)) == ([200] * 3, 429, 3)
    assert 50 < float(refused.headers["retry-after"]) <= 60


async def test_no_more_calls_at_a_time_than_configured(tmp_path: Path) -> None:
    under_way = most = 0

    async def counted(seen: Seen, send: Send) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await fixed()(seen, send)

    async with serving(Vendor(counted)) as base, gateway(tmp_path, base, concurrency=3) as url, httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"{url}/{DIALECT}/x?{number}") for number in range(30)))
    assert ({each.status_code for each in answers}, most) == ({200}, 3)


async def test_the_queue_is_bounded_in_time(tmp_path: Path) -> None:
    async def stuck(seen: Seen, send: Send) -> None:
        await asyncio.sleep(0.8)
        await fixed()(seen, send)

    async with (
        serving(Vendor(stuck)) as base,
        gateway(tmp_path, base, concurrency=1, timeout=0.5, read_timeout=5) as url,
        httpx.AsyncClient() as client,
    ):
        answers = await asyncio.gather(*(client.get(f"{url}/{DIALECT}/x?{number}") for number in range(3)))
    assert {each.status_code for each in answers} == {429, 504}
    refused = [each for each in answers if each.status_code == 429]
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)
