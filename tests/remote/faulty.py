"""A vendor played by a gateway, behind something that spoils answers: before the vendor has heard of the request, or after it has carried it out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.registry import discover
from gateway.compose import gateway_app
from gateway.routing import prefix_of
from gateway.settings import Settings
from tests.gateway.upstream.stub import serving

Spoil = Callable[[list[Message], Send], Awaitable[None]]
"""Answers in place of the vendor, whose own answer it is given (empty when the vendor was not asked)."""


async def silent(answer: list[Message], send: Send) -> None:
    """No answer, for longer than anybody waits."""
    await asyncio.sleep(30)


async def bad_gateway(answer: list[Message], send: Send) -> None:
    """A proxy's page."""
    await _answer(send, 502, b"<html>Bad Gateway</html>", b"text/html")


async def truncated(answer: list[Message], send: Send) -> None:
    """The vendor's own status and half of its JSON, as if that were all."""
    body = b"".join(message.get("body", b"") for message in answer)
    await _answer(send, answer[0]["status"], body[: len(body) // 2], b"application/json")


async def page(answer: list[Message], send: Send) -> None:
    """A web page with 200."""
    await _answer(send, 200, b"<!doctype html><title>Welcome</title>", b"text/html")


def answered(status: int, body: bytes, kind: bytes) -> Spoil:
    """An answer in place of the vendor's."""

    async def spoil(answer: list[Message], send: Send) -> None:
        await _answer(send, status, body, kind)

    return spoil


async def cut(answer: list[Message], send: Send) -> None:
    """Half of the answer, then the connection breaks."""
    head = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b'{"data": {', "more_body": True})
    await asyncio.sleep(0.02)
    raise ConnectionResetError


async def _answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Faulty:
    """`after` is what becomes of the answers to requests that match `METHOD path`, once each unless `always`; `seen` is every request, in the same words."""

    app: ASGIApp
    after: dict[str, Spoil] = field(default_factory=dict)
    before: dict[str, Spoil] = field(default_factory=dict)
    always: bool = False
    seen: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = f"{scope['method']} {scope['path']}"
        self.seen.append(asked)
        self.keys.append(next((value.decode() for name, value in scope["headers"] if name == b"idempotency-key"), None))
        spoil = self._taken(self.before, asked)
        if spoil is not None:
            await spoil([], send)
            return
        spoil = self._taken(self.after, asked)
        if spoil is None:
            await self.app(scope, receive, send)
            return
        answer: list[Message] = []

        async def kept(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, kept)
        await spoil(answer, send)

    def _taken(self, faults: dict[str, Spoil], asked: str) -> Spoil | None:
        pattern = next((pattern for pattern in faults if re.search(pattern, asked)), None)
        if pattern is None:
            return None
        return faults[pattern] if self.always else faults.pop(pattern)

    def forget(self) -> None:
        """Count from here."""
        self.seen.clear()
        self.keys.clear()

    def count(self, pattern: str) -> int:
        """How often that was asked; repetitions under one idempotency key are one."""
        found = [(asked, key) for asked, key in zip(self.seen, self.keys, strict=True) if re.search(pattern, asked)]
        return len([1 for _, key in found if key is None]) + len({key for _, key in found if key is not None})


@asynccontextmanager
async def faulty(folder: Path) -> AsyncIterator[tuple[str, Faulty]]:
    """The base URL of a gateway whose surfaces play the vendors, and what stands before it."""
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}})
    vendor = Faulty(gateway_app(settings))
    async with serving(vendor, "on") as url:
        yield url, vendor


def root(vendor: str) -> str:
    """Where a vendor's own root is on a gateway."""
    return f"/{prefix_of(discover()[vendor])}"
