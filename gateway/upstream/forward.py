"""Same dialect in and out: the request and the answer travel as bytes, whatever they say."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from time import perf_counter

from starlette.types import Receive, Scope, Send

from gateway.context import Context
from gateway.upstream.attempts import Attempts
from gateway.upstream.client import Answer, Body, Failure, RawHeaders, TextHeaders
from gateway.upstream.headers import back, towards
from gateway.upstream.listener import Listener
from gateway.upstream.queue import Full
from gateway.upstream.reads import Flight, Kept
from gateway.upstream.target import VendorTarget
from gateway.upstream.upload import BUFFERED, ClientGone, Upload, announced, read_whole
from schemas.errors import Code, CrosswalkError

CLIENT_CLOSED = 499
"""For log and metrics alone, after nginx: nobody is there to receive it."""


_PASSING_BY = frozenset({"user-agent", "traceparent", "tracestate", "x-request-id"})
"""Headers on which no answer depends: requests that differ in nothing else are the same read."""


@dataclass(frozen=True)
class Asked:
    """Who asks, in what words: `who` names the caller among those who wait, `scope` whose records it sees; `passed` is its own key where that goes on to
    the vendor. `reads` says that nothing is changed.
    """

    prefix: str
    who: str
    scope: str
    passed: str | None
    reads: bool


class Cut(CrosswalkError):
    """The vendor's answer broke off after it had begun to be passed on: the client's connection has to break as well."""


class Forwarder:
    """Passes requests on to one target: any path, any method, any size.

    Only hop-by-hop headers, cookies, our own headers and credentials stay behind. Bodies are not looked at; at most a few buffers of
    them are held, however slow either side is.
    """

    def __init__(self, target: VendorTarget) -> None:
        self._target = target
        self._strip = frozenset({target.key_header.name.encode()})

    async def __call__(self, asked: Asked, scope: Scope, receive: Receive, send: Send, exchange: Context) -> None:
        """Answer a request whose raw path begins with the prefix.

        Raises CrosswalkError before anything was answered, Cut afterwards. Once the caller has gone the vendor's call is cancelled.
        """
        exchange.body_limit = None
        exchange.headers.append((b"crosswalk-target", self._target.name.encode()))
        url = self._target.base.join(_below(scope, asked.prefix), scope["query_string"])
        headers = towards(scope["headers"], self._target.credential(asked.passed), self._strip)
        sending = _Sending(asked.prefix, self._target, send, exchange)
        listener = Listener(receive)
        try:
            if asked.reads and _short(scope):
                body = await self._body(scope, receive, listener)
                await self._read(asked, scope["method"], url, headers, body, sending)
            else:
                async with self._target.slots.one(self._target.timeout, asked.who):
                    body = await self._body(scope, receive, listener)
                    await self._write(asked, scope["method"], url, headers, body, sending)
        except Full as full:
            raise self._target.error(Code.RATE_LIMITED, "has too many calls under way", full.after) from None
        except ClientGone:
            await sending.gone()
        except asyncio.CancelledError:
            listener.absorb()
            await sending.gone()
        finally:
            listener.stop()

    async def _body(self, scope: Scope, receive: Receive, listener: Listener) -> Body:
        length = announced(scope)
        if length is None or length > BUFFERED:
            return Upload(receive, listener.start, self._target.timeout)
        body = await read_whole(receive) if length else None
        listener.start()
        return body

    async def _read(self, asked: Asked, method: str, url: str, headers: TextHeaders, body: Body, sending: "_Sending") -> None:
        """A read: from what somebody else is being told, or by a call of its own in which others may share."""
        seat = await self._target.reads.seat(_key(asked, method, url, headers, body))
        if isinstance(seat, Kept):
            sending.exchange.headers.append((b"crosswalk-attempts", b"0"))
            await sending.whole(seat)
            return
        with seat:
            async with self._target.slots.one(self._target.timeout, asked.who):
                answer = await _answered(Attempts(self._target, method, url, headers, body, who=asked.who), sending.exchange)
                seat.begun(answer.headers)
                await sending.streamed(answer, seat)

    async def _write(self, asked: Asked, method: str, url: str, headers: TextHeaders, body: Body, sending: "_Sending") -> None:
        try:
            answer = await _answered(Attempts(self._target, method, url, headers, body, who=asked.who), sending.exchange)
        finally:
            if not asked.reads:
                self._target.reads.written()
        await sending.streamed(answer)


class _Sending:
    """The answer on its way to the caller."""

    def __init__(self, prefix: str, target: VendorTarget, send: Send, exchange: Context) -> None:
        self._prefix = prefix
        self._target = target
        self._send = send
        self.exchange = exchange
        self._begun = False

    async def whole(self, kept: Kept) -> None:
        """An answer that is there already."""
        await self._head(kept.status, kept.headers, b"cached" if kept.cached else b"forwarded")
        await self._send({"type": "http.response.body", "body": kept.body})

    async def streamed(self, answer: Answer, flight: Flight | None = None) -> None:
        """An answer as it comes; the flight is told of it. Raises Cut."""
        try:
            await self._head(answer.status, answer.headers, b"forwarded")
            ended = answer.ended
            if ended:
                if flight is not None:
                    flight.land(answer.status, answer.headers)
                await self._send({"type": "http.response.body", "body": b""})
            while not ended:
                piece = await self._piece(answer)
                ended = answer.ended
                if flight is not None:
                    flight.take(piece)
                    if ended:
                        flight.land(answer.status, answer.headers)
                await self._send({"type": "http.response.body", "body": piece, "more_body": not ended})
        finally:
            answer.close()

    async def gone(self) -> None:
        """The caller is not there any more."""
        self.exchange.log["client_gone"] = True
        if not self._begun:
            await self._send({"type": "http.response.start", "status": CLIENT_CLOSED, "headers": []})
            await self._send({"type": "http.response.body", "body": b""})

    async def _head(self, status: int, headers: RawHeaders, origin: bytes) -> None:
        self.exchange.headers.append((b"crosswalk-origin", origin))
        told = [self._led_back(pair) for pair in back(headers, status)]
        self._begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": told})

    async def _piece(self, answer: Answer) -> bytes:
        try:
            return await answer.read()
        except Failure as failure:
            self.exchange.log["upstream_error"] = str(failure)
            error = self._target.error(Code.UPSTREAM_UNAVAILABLE, "broke off its answer")
            raise Cut(error.code, error.message, vendor=error.vendor) from failure

    def _led_back(self, header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """A redirect within the target leads to the same place through the gateway; every other one stays as it is."""
        if header[0] != b"location":
            return header
        below = self._target.base.inside(header[1].decode("latin-1"))
        return header if below is None else (b"location", (self._prefix + below).encode("latin-1"))


async def _answered(attempts: Attempts, exchange: Context) -> Answer:
    """The answer, with what it took noted for headers and log."""
    started = perf_counter()
    try:
        return await attempts.answer()
    finally:
        exchange.timings["upstream"] = (perf_counter() - started) * 1000
        exchange.headers.append((b"crosswalk-attempts", str(attempts.number).encode()))
        if attempts.reason is not None:
            exchange.log["upstream_error"] = attempts.reason


def _short(scope: Scope) -> bool:
    """Whether a read can be told from others: its body is read first."""
    length = announced(scope)
    return scope["method"] != "HEAD" and length is not None and length <= BUFFERED


def _key(asked: Asked, method: str, url: str, headers: TextHeaders, body: Body) -> Hashable:
    """What makes two reads the same one: who sees what, the credential and every other header on which the answer may depend, and what is asked."""
    told = tuple(pair for pair in headers if pair[0] not in _PASSING_BY)
    return asked.scope, method, url, told, body


def _below(scope: Scope, prefix: str) -> bytes:
    """The raw path below the prefix. Raises CrosswalkError (invalid_request) when the prefix itself was written with escapes."""
    raw: bytes = scope["raw_path"]
    start = prefix.encode()
    if not raw.startswith(start) or raw[len(start) : len(start) + 1] not in (b"", b"/"):
        raise CrosswalkError(Code.INVALID_REQUEST, "The first segment of the path must be written without escapes.")
    return raw[len(start) :] or b"/"
