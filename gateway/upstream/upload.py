"""A request body on its way through: read from the caller no faster than the vendor takes it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.types import Message, Receive, Scope

BUFFERED = 64 * 1024
"""A body announced as no longer than this many bytes is read first: that is quicker, and it can be sent again."""


class ClientGone(Exception):
    """The caller hung up before the request was complete."""


class Upload(AsyncIterator[bytes]):
    """A streamed body; it can be read once. `finished` is called at its end. It is false until the first byte has been asked for.

    `clock` bounds how long the vendor may take for each piece and then for its answer, `allowance` seconds each time; the caller's own time does not count.
    """

    def __init__(self, receive: Receive, finished: Callable[[], None], allowance: float) -> None:
        self._receive = receive
        self._finished = finished
        self._allowance = allowance
        self._complete = False
        self.clock: asyncio.Timeout | None = None
        self.begun = False
        self.gone = False

    async def __anext__(self) -> bytes:
        self.begun = True
        piece = b""
        while not piece and not self._complete:
            self._limit(None)
            piece = self._piece(await self._receive())
        self._limit(asyncio.get_running_loop().time() + self._allowance)
        if not piece:
            raise StopAsyncIteration
        return piece

    def _piece(self, message: Message) -> bytes:
        if message["type"] != "http.request":
            self.gone = True
            raise ClientGone
        if not message.get("more_body", False):
            self._complete = True
            self._finished()
        piece: bytes = message.get("body", b"")
        return piece

    def _limit(self, when: float | None) -> None:
        if self.clock is not None and not self.clock.expired():
            self.clock.reschedule(when)


async def read_whole(receive: Receive) -> bytes:
    """A short body. Raises ClientGone."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def announced(scope: Scope) -> int | None:
    """How long the request says its body is, in bytes: 0 without one, None when only its end will tell."""
    length = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)
    return length
