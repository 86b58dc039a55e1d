"""A stub vendor in a process of its own: reads a request, waits, sends a prepared answer."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_LIFETIME = 300.0
_PATIENCE = 30.0


class _Vendor(asyncio.Protocol):
    def __init__(self, answer: bytes, delay: float) -> None:
        self._answer = answer
        self._delay = delay
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(bytes(head) + b"\r\n")
        if end and len(body) >= (int(length[1]) if length else 0):
            self._buffer.clear()
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._reply)
            else:
                self._reply()

    def _reply(self) -> None:
        self._transport.write(self._answer)


async def _serve(announce: Connection, answer: bytes, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Vendor(answer, delay), "127.0.0.1", 0, backlog=512)
    announce.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with suppress(TimeoutError):
        async with asyncio.timeout(_LIFETIME):
            await server.serve_forever()


def _process(announce: Connection, answer: bytes, delay: float, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    uvloop.run(_serve(announce, answer, delay))


@contextmanager
def vendor(body: bytes, *, delay: float, core: int | None) -> Iterator[str]:
    """The base URL of a vendor that answers everything with `body` after `delay` seconds; it ends by itself after five minutes.

    Raises TimeoutError when it does not come up within 30 s.
    """
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_process, args=(theirs, answer, delay, core), daemon=True)
    process.start()
    try:
        if not ours.poll(_PATIENCE):
            raise TimeoutError(f"the stub vendor was not ready within {_PATIENCE:.0f} s")
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
