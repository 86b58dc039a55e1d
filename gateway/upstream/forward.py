"""Same dialect in and out: the request and the answer travel as bytes, whatever they say."""

import asyncio
from time import perf_counter

from starlette.types import Receive, Scope, Send

from gateway.context import Context
from gateway.upstream.attempts import Attempts
from gateway.upstream.client import Answer, Body, Failure
from gateway.upstream.headers import back, towards
from gateway.upstream.listener import Listener
from gateway.upstream.slots import Full
from gateway.upstream.target import VendorTarget
from gateway.upstream.upload import BUFFERED, ClientGone, Upload, announced, read_whole
from schemas.errors import Code, CrosswalkError

_CLIENT_CLOSED = 499
"""For log and metrics alone, after nginx: nobody is there to receive it."""


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

    async def __call__(self, prefix: str, passed: str | None, scope: Scope, receive: Receive, send: Send, exchange: Context) -> None:
        """Answer a request whose raw path begins with `prefix`; `passed` is the caller's own key where it goes on to the vendor.

        Raises CrosswalkError before anything was answered, Cut afterwards. Once the caller has gone the vendor's call is cancelled.
        """
        exchange.body_limit = None
        exchange.headers.append((b"crosswalk-target", self._target.name.encode()))
        url = self._target.base.join(_below(scope, prefix), scope["query_string"])
        headers = towards(scope["headers"], self._target.credential(passed), self._strip)
        listener, answer = Listener(receive), None
        try:
            async with self._target.slots.one(self._target.timeout):
                body = await self._body(scope, receive, listener)
                answer = await _asked(Attempts(self._target, scope["method"], url, headers, body), exchange)
                try:
                    await self._pass_on(answer, prefix, send, exchange)
                finally:
                    answer.close()
        except Full:
            raise self._target.error(Code.UPSTREAM_UNAVAILABLE, "has too many calls under way", 1.0) from None
        except ClientGone:
            await _gone(send, exchange, answer)
        except asyncio.CancelledError:
            listener.absorb()
            await _gone(send, exchange, answer)
        finally:
            listener.stop()

    async def _body(self, scope: Scope, receive: Receive, listener: Listener) -> Body:
        length = announced(scope)
        if length is None or length > BUFFERED:
            return Upload(receive, listener.start, self._target.timeout)
        body = await read_whole(receive) if length else None
        listener.start()
        return body

    async def _pass_on(self, answer: Answer, prefix: str, send: Send, exchange: Context) -> None:
        exchange.headers.append((b"crosswalk-origin", b"forwarded"))
        headers = [self._led_back(pair, prefix) for pair in back(answer.headers, answer.status)]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        ended = answer.ended
        if ended:
            await send({"type": "http.response.body", "body": b""})
        while not ended:
            piece = await self._piece(answer, exchange)
            ended = answer.ended
            await send({"type": "http.response.body", "body": piece, "more_body": not ended})

    async def _piece(self, answer: Answer, exchange: Context) -> bytes:
        try:
            return await answer.read()
        except Failure as failure:
            exchange.log["upstream_error"] = str(failure)
            error = self._target.error(Code.UPSTREAM_UNAVAILABLE, "broke off its answer")
            raise Cut(error.code, error.message, vendor=error.vendor) from failure

    def _led_back(self, header: tuple[bytes, bytes], prefix: str) -> tuple[bytes, bytes]:
        """A redirect within the target leads to the same place through the gateway; every other one stays as it is."""
        if header[0] != b"location":
            return header
        below = self._target.base.inside(header[1].decode("latin-1"))
        return header if below is None else (b"location", (prefix + below).encode("latin-1"))


async def _asked(attempts: Attempts, exchange: Context) -> Answer:
    """The answer, with what it took noted for headers and log."""
    started = perf_counter()
    try:
        return await attempts.answer()
    finally:
        exchange.timings["upstream"] = (perf_counter() - started) * 1000
        exchange.headers.append((b"crosswalk-attempts", str(attempts.number).encode()))
        if attempts.reason is not None:
            exchange.log["upstream_error"] = attempts.reason


async def _gone(send: Send, exchange: Context, answer: Answer | None) -> None:
    exchange.log["client_gone"] = True
    if answer is None:
        await send({"type": "http.response.start", "status": _CLIENT_CLOSED, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def _below(scope: Scope, prefix: str) -> bytes:
    """The raw path below the prefix. Raises CrosswalkError (invalid_request) when the prefix itself was written with escapes."""
    raw: bytes = scope["raw_path"]
    start = prefix.encode()
    if not raw.startswith(start) or raw[len(start) : len(start) + 1] not in (b"", b"/"):
        raise CrosswalkError(Code.INVALID_REQUEST, "The first segment of the path must be written without escapes.")
    return raw[len(start) :] or b"/"
