"""Reads that answer more than one caller: identical ones at the same time share one call, and answers may be kept for a while."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import ceil
from types import TracebackType

from cachetools import TTLCache

from gateway.upstream.client import RawHeaders
from gateway.upstream.headers import first

LARGEST = 512 * 1024
"""Bytes of a body that is shared or kept at most."""

_PATIENCE = 1.0
"""Seconds that others wait for the rest of an answer whose head has come: it may be held up by the one who asked first."""

_OVERHEAD = 1024
_FAILED = 500


@dataclass(frozen=True)
class Kept:
    """A whole answer as the vendor gave it. `cached` says that it was given to an earlier request."""

    status: int
    headers: RawHeaders
    body: bytes
    cached: bool = False


class Flight:
    """One call under way and those who wait for its answer. Use as a context: left without `land`, the others help themselves.

    When the one who asked gives up (its caller hung up, say), the next takes over; when the vendor failed, each asks on its own.
    """

    def __init__(self, reads: "Reads", key: Hashable, epoch: int) -> None:
        self._reads, self._key, self._epoch = reads, key, epoch
        self._landed: asyncio.Future[Kept | None] = asyncio.get_running_loop().create_future()
        self._parts: list[bytes] | None = []
        self._size = 0
        self._slow: asyncio.TimerHandle | None = None
        self._begun = False
        self._followers = 0
        self.given_up = False

    async def wait(self) -> Kept | None:
        """The answer when it is there; None when there is none to share."""
        self._followers += 1
        self._hurry()
        return await asyncio.shield(self._landed)

    def begun(self, headers: RawHeaders) -> None:
        """The answer's head has come. One that need not end soon is not shared."""
        self._begun = True
        if _ends(headers):
            self._hurry()
        else:
            self._parts = None
            self._end(None)

    def _hurry(self) -> None:
        """Those who wait wait no longer than that."""
        if self._begun and self._followers and self._slow is None:
            self._slow = asyncio.get_running_loop().call_later(_PATIENCE, self._end, None)

    def take(self, piece: bytes) -> None:
        """Another part of the body."""
        self._size += len(piece)
        if self._parts is None or self._size > LARGEST:
            self._parts = None
            self._end(None)
        else:
            self._parts.append(piece)

    def land(self, status: int, headers: RawHeaders) -> None:
        """The answer is whole."""
        wanted = self._followers or self._reads.keeps
        if self._parts is None or status >= _FAILED or not wanted:
            self._end(None)
            return
        kept = Kept(status, headers, b"".join(self._parts))
        self._end(kept)
        self._reads.keep(self._key, self._epoch, kept)

    def _end(self, kept: Kept | None) -> None:
        if self._slow is not None:
            self._slow.cancel()
        self._reads.forget(self._key, self)
        if not self._landed.done():
            self._landed.set_result(kept)

    def __enter__(self) -> "Flight":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.given_up = kind is not None and not issubclass(kind, Exception)
        self._end(None)


class Reads:
    """The reads of one target. `ttl` is how many seconds an answer is kept; None keeps none. At most `entries` are, of `size` bytes together.

    A key must hold everything on which the answer may depend, who asks included. `denied` sees in the body of a successful answer that it is none.
    """

    def __init__(self, ttl: float | None = None, entries: int = 1, size: int = 1, denied: Callable[[bytes], bool] | None = None) -> None:
        self._denied = denied
        self._flights: dict[Hashable, Flight] = {}
        self._epoch = 0
        # An entry weighs at least so much that there are never more of them than allowed.
        self._least = max(1, ceil(size / entries))
        self._kept: TTLCache[Hashable, Kept] | None = None if ttl is None else TTLCache(size, ttl, getsizeof=self._weight)

    @property
    def keeps(self) -> bool:
        """Whether answers are kept at all."""
        return self._kept is not None

    def _weight(self, kept: Kept) -> int:
        headers = sum(len(name) + len(value) for name, value in kept.headers)
        return max(self._least, len(kept.body) + headers + _OVERHEAD)

    async def seat(self, key: Hashable) -> Kept | Flight:
        """An answer that was kept or has just come for somebody else, or else the flight that the caller has to make."""
        while True:
            kept = self._kept.get(key) if self._kept is not None else None
            if kept is not None:
                return Kept(kept.status, kept.headers, kept.body, cached=True)
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = Flight(self, key, self._epoch)
                return flight
            landed = await flight.wait()
            if landed is not None:
                return landed
            if not flight.given_up:
                return Flight(self, key, self._epoch)

    def written(self) -> None:
        """Something was written: nothing that was read before is given to anybody who asks from now on."""
        self._epoch += 1
        self._flights.clear()
        if self._kept is not None:
            self._kept.clear()

    def keep(self, key: Hashable, epoch: int, kept: Kept) -> None:
        """Keep a success for a while, unless something was written since it was asked for, or the vendor forbids it."""
        if self._kept is None or epoch != self._epoch or kept.status != 200 or not _keepable(kept.headers):
            return
        if self._weight(kept) <= self._kept.maxsize and not (self._denied is not None and self._denied(kept.body)):
            self._kept[key] = kept

    def forget(self, key: Hashable, flight: Flight) -> None:
        """The flight is over."""
        if self._flights.get(key) is flight:
            del self._flights[key]


def _ends(headers: RawHeaders) -> bool:
    """Whether an answer ends soon: a stream of events does not, and a large body is passed on alone."""
    length = first(headers, b"content-length")
    kind = (first(headers, b"content-type") or "").lower()
    return not kind.startswith("text/event-stream") and not (length is not None and length.isdigit() and int(length) > LARGEST)


def _keepable(headers: RawHeaders) -> bool:
    # A page is a proxy speaking, or a web interface: nothing that the vendor's API has said.
    control = (first(headers, b"cache-control") or "").lower()
    kind = (first(headers, b"content-type") or "").lower()
    return "no-store" not in control and not kind.startswith("text/html")
