"""The port to HTTP: one request out, one answer back, both streamed, nothing interpreted."""

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Protocol

RawHeaders = list[tuple[bytes, bytes]]
"""Header names and values as they are on the wire."""

TextHeaders = Sequence[tuple[str, str]]
"""Header names and values to be written as UTF-8."""

Body = bytes | AsyncIterable[bytes] | None
"""None sends no body at all. A stream is read once, not before there is a connection, and no faster than the other side takes it."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for a connection, and for the next byte once the request is sent."""

    connect: float
    read: float


class Failure(Exception):
    """No complete HTTP answer came; the text says why, for the log (it may name hosts)."""


class Unsent(Failure):
    """No connection was made: the vendor has seen nothing of the request."""


class Late(Failure):
    """The vendor was silent for too long; the request may have been carried out."""


class Lost(Failure):
    """The connection broke; the request may have been carried out."""


class Malformed(Failure):
    """What came back is not HTTP."""


class Answer(Protocol):
    """An answer whose head has come; the body follows. Whoever holds it closes it."""

    status: int
    headers: RawHeaders

    @property
    def ended(self) -> bool:
        """Whether the whole body has been read."""

    async def read(self) -> bytes:
        """What has come of the body, as soon as anything has; `b""` at its end. Raises Late or Lost."""

    def close(self) -> None:
        """Give the connection back, or cut it when the body has not been read to its end."""


class Client(Protocol):
    """Sends requests. It follows no redirect, keeps no cookie, unpacks no body, and adds no header of its own beyond `Host` and the framing."""

    async def send(self, method: str, url: str, headers: TextHeaders, body: Body, patience: Patience) -> Answer:
        """The head of the answer. `url` is sent as it is, octet by octet.

        Raises Unsent, Late, Lost or Malformed. Cancelling it cuts the connection.
        """

    async def close(self) -> None:
        """Close every connection."""
