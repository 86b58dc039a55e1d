"""Callers that cost next to nothing, so that what is measured is the other side: HTTP/1.1 over one connection each."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
WARMING = 1.0
"""Seconds that callers call before anything counts."""


@dataclass(frozen=True)
class Measured:
    """One round: requests answered a second, and the latencies in milliseconds."""

    rate: float
    median: float
    p99: float
    count: int


@dataclass(frozen=True)
class _Round:
    """Answers that come between `begin` and `until` count."""

    begin: float
    until: float
    latencies: list[float]


class _Caller(asyncio.Protocol):
    """Sends the same request again as soon as its answer is complete, until the round is over."""

    def __init__(self, request: bytes, measured: _Round) -> None:
        self._request = request
        self._round = measured
        self._buffer = bytearray()
        self._missing = 0
        self._begun = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head(data)
        if not self._missing and not self._buffer:
            self._answered()

    def _head(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(_HEAD_END)
        if end:
            if not head.startswith(b"HTTP/1.1 200 "):
                self._finish(AssertionError(bytes(head[:300])))
                return
            length = _LENGTH.search(bytes(head) + b"\r\n")
            assert length is not None, "an answer without a length"
            self._missing = int(length[1]) - len(body)
            self._buffer.clear()

    def _answered(self) -> None:
        now = perf_counter()
        if self._round.begin <= now < self._round.until:
            self._round.latencies.append((now - self._begun) * 1000)
        if now < self._round.until:
            self._send()
        else:
            self._finish(None)

    def _send(self) -> None:
        self._begun = perf_counter()
        self._transport.write(self._request)

    def _finish(self, error: Exception | None) -> None:
        self._transport.close()
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionError("the connection was closed"))


async def load(url: str, request: bytes, *, callers: int, seconds: float) -> Measured:
    """What `callers` at a time get for `seconds`.

    They have called for a second before: callers that all begin at once stand in one queue until their turns have spread.
    """
    begin = perf_counter() + WARMING
    measured = _Round(begin, begin + seconds, [])
    host, port = urlsplit(url).hostname or "127.0.0.1", urlsplit(url).port or 80
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Caller(request, measured), host, port) for _ in range(callers)]
    async with asyncio.timeout(WARMING + seconds + 10):
        await asyncio.gather(*(protocol.done for _, protocol in made))
    latencies = measured.latencies
    return Measured(len(latencies) / seconds, median(latencies), quantiles(latencies, n=100)[98], len(latencies))
