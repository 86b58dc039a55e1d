"""What is forwarded arrives as it was sent: bodies bit by bit, on any path, by any method, in both directions."""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import aiohttp
import httpx
import pytest
from starlette.types import Send

from tests.gateway.upstream.stub import Seen, Vendor, fixed, gateway, serving

pytestmark = pytest.mark.anyio


def bodies(count: int, seed: int, largest: int) -> list[bytes]:
    """Random bodies, most of them small, some larger than every buffer on the way; every third is gzip."""
    chance = random.Random(seed)
    plain = [chance.randbytes(int(largest ** chance.random())) for _ in range(count)]
    return [gzip.compress(body) if index % 3 == 0 else body for index, body in enumerate(plain)]


async def pieces(body: bytes, size: int = 7_919) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def chunked(body: bytes, encoding: bytes = b"") -> object:
    async def reply(seen: Seen, send: Send) -> None:
        headers = [(b"content-encoding", encoding)] if encoding else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for piece in pieces(body):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return reply


async def exchange(session: aiohttp.ClientSession, url: str, vendor: Vendor, body: bytes, answer: bytes, *, index: int) -> None:
    is_gzip = index % 3 == 0
    vendor.reply = (
        chunked(answer, b"gzip" if is_gzip else b"") if index % 2 else fixed(200, answer, [(b"content-encoding", b"gzip")] * is_gzip)
    )  # type: ignore[assignment]
    headers = {"content-encoding": "gzip"} if is_gzip else {}
    data = pieces(body) if index % 4 < 2 else body
    async with session.post(f"{url}/respan/any/{index}", data=data, headers=headers) as response:
        received = await response.read()
    seen = vendor.seen[-1]
    assert (response.status, seen.path, seen.size) == (200, f"/any/{index}".encode(), len(body))
    assert sha256(received).digest() == sha256(answer).digest()
    assert seen.digest == sha256(body).hexdigest()
    assert seen.all(b"content-encoding") == [b"gzip"] * is_gzip
    assert response.headers.getall("content-encoding", []) == ["gzip"] * is_gzip


async def test_bodies_are_the_same_on_both_sides(tmp_path: Path) -> None:
    sent, answered = bodies(300, 1, 400_000), bodies(300, 2, 400_000)
    vendor = Vendor()
    async with serving(vendor) as base, gateway(tmp_path, base) as url, aiohttp.ClientSession(auto_decompress=False) as session:
        for index, (body, answer) in enumerate(zip(sent, answered, strict=True)):
            await exchange(session, url, vendor, body, answer, index=index)


async def test_any_method_path_and_query(tmp_path: Path) -> None:
    vendor = Vendor(fixed(200, b"{}"))
    targets = [
        ("GET", "/"),
        ("DELETE", "/api/nobody/modelled/this/"),
        ("PATCH", "/v1/traces"),
        ("OPTIONS", "/a%2Fb/%C3%A9/c;v=1"),
        ("PUT", "/p?a=1&a=2&b=%41+%2f&c='~{}|^`\""),
        ("REPORT", "/x:y/$(1)/!*,=?&&=?/../%zz"),
        ("GET", "/...hidden/.well-known/a..b"),
    ]
    async with serving(vendor) as base, gateway(tmp_path, base) as url:
        for method, target in targets:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(f"{method} /respan{target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
            assert (await reader.read()).startswith(b"HTTP/1.1 200 "), target
            writer.close()
            path, _, query = target.partition("?")
            seen = vendor.seen[-1]
            assert (seen.method, seen.path, seen.query) == (method, path.encode(), query.encode())
            assert (seen.size, seen.all(b"content-length")) == (0, [] if method in {"GET", "OPTIONS"} else seen.all(b"content-length"))


@pytest.mark.parametrize(("status", "length"), [(200, b"1234"), (204, None), (304, b"99"), (404, b"0")])
async def test_answers_without_a_body(tmp_path: Path, status: int, length: bytes | None) -> None:
    async def bare(seen: Seen, send: Send) -> None:
        headers = [(b"etag", b'"x"')] + ([(b"content-length", length)] if length and status != 304 else [])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    vendor = Vendor(bare)
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        for _ in range(3):
            response = await client.request("HEAD" if status != 204 else "DELETE", f"{url}/respan/x")
            assert (response.status_code, response.content, response.headers["etag"]) == (status, b"", '"x"')
            if status == 200:
                assert response.headers["content-length"] == "1234"


async def test_events_arrive_one_by_one(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def events(seen: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number in range(5):
            await asyncio.wait_for(asked.wait(), 5)
            asked.clear()
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with serving(Vendor(events)) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        async with client.stream("POST", f"{url}/respan/stream", json={}) as response:
            assert response.headers["content-type"] == "text/event-stream"
            asked.set()
            number = 0
            async for event in response.aiter_raw():  # each is sent only after the one before has arrived
                assert event == b"data: %d\n\n" % number
                number += 1
                asked.set()
        assert number == 5


async def test_the_vendor_may_answer_before_the_upload_ends(tmp_path: Path) -> None:
    async def early(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await receive()
        await fixed(413, b"too large")(None, send)  # type: ignore[arg-type]

    async def upload() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async with serving(early) as base, gateway(tmp_path, base) as url, aiohttp.ClientSession() as session:
        for _ in range(3):
            async with session.post(f"{url}/respan/big", data=upload()) as response:
                assert (response.status, await response.text()) == (413, "too large")


async def test_an_answer_begins_while_the_upload_goes_on(tmp_path: Path) -> None:
    """An echo: piece by piece, each returned before the next one is sent."""

    async def echo(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})

    async with serving(echo) as base, gateway(tmp_path, base) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(b"POST /respan/echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n")
        await asyncio.wait_for(reader.readuntil(b"2\r\nab\r\n"), 5)
        writer.write(b"2\r\ncd\r\n")
        await asyncio.wait_for(reader.readuntil(b"2\r\ncd\r\n"), 5)
        writer.write(b"0\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5)
        writer.close()


async def test_forwarding_lifts_the_body_limit(tmp_path: Path) -> None:
    vendor = Vendor()
    body = b"x" * 3_000_000
    async with (
        serving(vendor) as base,
        gateway(tmp_path, base, settings={"server": {"body_limit": 1024}}) as url,
        httpx.AsyncClient() as client,
    ):
        assert (await client.put(f"{url}/respan/x", content=body)).status_code == 200
    assert vendor.seen[0].digest == sha256(body).hexdigest()


async def test_many_callers_do_not_wait_for_one_another(tmp_path: Path) -> None:
    async def slow(seen: Seen, send: Send) -> None:
        await asyncio.sleep(0.3)
        await fixed()(seen, send)

    async with serving(Vendor(slow)) as base, gateway(tmp_path, base) as url, aiohttp.ClientSession() as session:

        async def call() -> int:
            async with session.get(f"{url}/respan/x") as response:
                return response.status

        started = time.perf_counter()
        assert set(await asyncio.gather(*(call() for _ in range(64)))) == {200}
        assert time.perf_counter() - started < 3
