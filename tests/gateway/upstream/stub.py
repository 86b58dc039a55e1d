"""Servers on loopback for the forwarded path: the gateway itself, a vendor that keeps what it was sent, and raw sockets that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.compose import gateway_app
from gateway.settings import Settings

DIALECT = "respan"
TARGET = "vendor"

RawHeaders = list[tuple[bytes, bytes]]


@dataclass
class Seen:
    """One request as the vendor got it."""

    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    digest: str = ""
    size: int = 0
    complete: bool = False

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def names(self) -> set[bytes]:
        return {name for name, _ in self.headers}


Reply = Callable[[Seen, Send], Awaitable[None]]


def fixed(status: int = 200, body: bytes = b"{}", headers: RawHeaders | None = None) -> Reply:
    async def reply(seen: Seen, send: Send) -> None:
        given = [(b"content-length", str(len(body)).encode()), *(headers or [])]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": body})

    return reply


def in_turn(*replies: Reply) -> Reply:
    """The first reply to the first request, and so on; the last one to all that follow."""
    left = list(replies)

    async def reply(seen: Seen, send: Send) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(seen, send)

    return reply


@dataclass
class Vendor:
    """An ASGI application that reads and remembers every request, then answers by `reply`."""

    reply: Reply = field(default_factory=fixed)
    seen: list[Seen] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = Seen(scope["method"], scope["raw_path"], scope["query_string"], list(scope["headers"]))
        self.seen.append(seen)
        await read(seen, receive)
        if not seen.complete:
            self.hung_up.set()
            return
        listening = asyncio.create_task(self._listen(receive))
        try:
            await self.reply(seen, send)
        finally:
            listening.cancel()

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.hung_up.set()


async def read(seen: Seen, receive: Receive) -> None:
    digest = sha256()
    while not seen.complete:
        message = await receive()
        if message["type"] != "http.request":
            break
        digest.update(message["body"])
        seen.size += len(message["body"])
        seen.complete = not message["more_body"]
    seen.digest = digest.hexdigest()


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:
        return nullcontext()


@asynccontextmanager
async def serving(app: ASGIApp, lifespan: str = "off") -> AsyncIterator[str]:
    """The base URL of an application behind a real server in this loop."""
    config = uvicorn.Config(
        app,
        port=0,
        http="httptools",
        ws="none",
        lifespan=lifespan,
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def gateway(
    folder: Path, base_url: str, *, dialect: str = DIALECT, settings: dict[str, Any] | None = None, **target: Any
) -> AsyncIterator[str]:
    """The base URL of a gateway whose `dialect` is forwarded to a target at `base_url`."""
    configured = {
        "store": {"url": f"sqlite:///{folder / 'gateway.db'}"},
        "targets": {TARGET: {"adapter": dialect, "base_url": base_url, **target}},
        "routes": {dialect: TARGET},
        **(settings or {}),
    }
    async with serving(gateway_app(Settings.model_validate(configured)), "on") as url:
        yield url


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(handler: Handler) -> AsyncIterator[str]:
    """The base URL of a bare socket server: `handler` gets each connection, which is cut when it returns."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def head(reader: asyncio.StreamReader) -> bytes:
    """A request's first lines."""
    return await reader.readuntil(b"\r\n\r\n")
