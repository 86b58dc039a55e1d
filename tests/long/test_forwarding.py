"""The forwarded path over 1,000 random bodies and 200 MB: every body the same on both sides, and the memory flat."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from starlette.types import Send

from tests.gateway.upstream.stub import DIALECT, Seen, Vendor, serving
from tests.process import Gateway

pytestmark = pytest.mark.anyio

BODIES = 1_000
TOTAL = 200_000_000
PIECE = 65_536
GROWTH = 40.0
"""Megabytes: what the process may grow by once it is warm (buffers of the connections in use, and the allocator's slack)."""


def configuration(**base_urls: str) -> str:
    targets = "".join(f'[targets.{name}]\nadapter = "{DIALECT}"\nbase_url = "{url}"\n' for name, url in base_urls.items())
    return f'{targets}[routes]\n{DIALECT} = "{next(iter(base_urls))}"\n'


@asynccontextmanager
async def running(folder: Path, config: str) -> AsyncIterator[Gateway]:
    """The gateway as a process; the vendors live in this loop, so that nothing may block it meanwhile."""
    gateway = Gateway(folder, config)
    await asyncio.to_thread(gateway.start)
    try:
        yield gateway
    finally:
        gateway.kill()


def own_megabytes(gateway: Gateway) -> float:
    """What the process holds of its own, in memory or swapped out; pages of files come and go with what else the machine does."""
    lines = Path(f"/proc/{gateway.pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:"))) * 1024 / 1_000_000


def lengths(chance: random.Random) -> list[int]:
    """Lengths of every magnitude, 200 MB in all."""
    shares = [10 ** chance.uniform(0, 4) for _ in range(BODIES)]
    return [int(TOTAL * share / sum(shares)) for share in shares]


async def pieces(body: bytes, chance: random.Random) -> AsyncIterator[bytes]:
    start = 0
    while start < len(body):
        size = chance.randrange(1, 4 * PIECE)
        yield body[start : start + size]
        start += size


def event_stream(body: bytes) -> bytes:
    return b"".join(b"data: %s\n\n" % body[start : start + 1000].hex().encode() for start in range(0, len(body), 1000))


KINDS = {
    b"application/octet-stream": lambda body: body,
    b"application/gzip": gzip.compress,
    b"text/event-stream": event_stream,
}


class Echo(Vendor):
    """Keeps the digest of every request body and returns the body itself, framed as it came."""

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        headers = [pair for pair in scope["headers"] if pair[0] in (b"content-type", b"content-encoding", b"content-length")]
        digest, more = sha256(), True
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while more:
            message = await receive()
            more = message.get("more_body", False)
            digest.update(message.get("body", b""))
            await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})
        self.seen.append(Seen(scope["method"], scope["raw_path"], scope["query_string"], headers, digest.hexdigest()))


async def test_a_thousand_bodies_are_the_same_on_both_sides(tmp_path: Path) -> None:
    chance = random.Random(3)
    vendor = Echo()
    async with (
        serving(vendor) as base,
        aiohttp.ClientSession(auto_decompress=False) as session,
        running(tmp_path, configuration(vendor=base)) as process,
    ):
        warm = 0.0
        for index, length in enumerate(lengths(chance)):
            kind = list(KINDS)[index % len(KINDS)]
            body = KINDS[kind](chance.randbytes(length))  # type: ignore[no-untyped-call]
            headers = {"content-type": kind.decode()} | ({"content-encoding": "gzip"} if b"gzip" in kind else {})
            data = BytesIO(body) if index % 2 else pieces(body, chance)
            async with session.post(f"{process.url}/{DIALECT}/echo/{index}", data=data, headers=headers) as response:
                received = sha256()
                async for piece in response.content.iter_any():
                    received.update(piece)
            assert response.status == 200
            assert vendor.seen[-1].path == f"/echo/{index}".encode()
            assert vendor.seen[-1].digest == received.hexdigest() == sha256(body).hexdigest(), (index, length, kind)
            if index == BODIES // 10:
                warm = own_megabytes(process)
        assert own_megabytes(process) - warm < GROWTH


async def test_memory_stays_flat_for_a_slow_reader_and_a_slow_vendor(tmp_path: Path) -> None:
    count = TOTAL // PIECE

    async def large(seen: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(count):
            await send({"type": "http.response.body", "body": b"x" * PIECE, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def slow(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
            await asyncio.sleep(0.001)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    async def upload() -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * PIECE

    async with serving(Vendor(large)) as base, serving(slow) as slow_base, aiohttp.ClientSession(read_bufsize=PIECE) as session:
        configured = configuration(vendor=base, slow=slow_base)
        async with running(tmp_path, configured) as process:
            async with session.get(f"{process.url}/{DIALECT}/x") as response:
                before, most, size = own_megabytes(process), 0.0, 0
                async for piece in response.content.iter_chunked(PIECE):
                    size += len(piece)
                    await asyncio.sleep(0.001)
                    most = max(most, own_megabytes(process))
            assert size == count * PIECE
            assert most - before < GROWTH
            before = own_megabytes(process)
            async with session.post(f"{process.url}/{DIALECT}@slow/x", data=upload()) as response:
                assert await response.text() == str(count * PIECE)
            assert own_megabytes(process) - before < GROWTH
