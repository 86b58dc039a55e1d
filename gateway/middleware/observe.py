"""Request id, trace context, `Server-Timing`, one access line and the metrics of every request."""

import re
from secrets import token_hex
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import context, logs
from gateway.context import Context
from gateway.metrics import Metrics

_log = logs.get("access")

_PATH_LENGTH = 500

REQUEST_ID = b"crosswalk-request-id"
TRACEPARENT = b"traceparent"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
# https://www.w3.org/TR/trace-context/#traceparent-header: version ff and all-zero ids are invalid.
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Observe:
    """Puts a `Context` into the scope and reports on it when the answer has been sent.

    A caller's `Crosswalk-Request-Id` of at most 128 letters, digits, dots, dashes or underscores is kept, any other is
    replaced. A valid `traceparent` is kept for the calls made on the caller's behalf and sent back.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, body_limit: int) -> None:
        self._app = app
        self._metrics = metrics
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = self._context(scope)
        context.put(scope, exchange)
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_headers(exchange)]}
            await send(message)

        self._metrics.started()
        try:
            await self._app(scope, receive, observed)
        finally:
            self._report(scope, exchange, status)

    def _context(self, scope: Scope) -> Context:
        headers = dict(scope["headers"])
        request_id = headers.get(REQUEST_ID, b"")
        traceparent = headers.get(TRACEPARENT, b"")
        return Context(
            request_id=request_id.decode() if _REQUEST_ID.fullmatch(request_id) else token_hex(16),
            traceparent=traceparent.decode() if _TRACEPARENT.fullmatch(traceparent) else None,
            body_limit=self._body_limit,
        )

    def _report(self, scope: Scope, exchange: Context, status: int) -> None:
        route = exchange.route or getattr(scope.get("route"), "path", None) or "unmatched"
        self._metrics.finished(scope["method"], route, status, perf_counter() - exchange.started)
        if exchange.lacked is not None:
            self._metrics.lacked(*exchange.lacked)
        fields = dict(exchange.log)
        if exchange.traceparent:
            fields["trace_id"] = exchange.traceparent.split("-")[1]
        _log.info(
            "request",
            method=scope["method"],
            path=scope["path"][:_PATH_LENGTH],
            route=route,
            status=status,
            ms=round(exchange.elapsed, 2),
            request_id=exchange.request_id,
            **fields,
        )


def _headers(exchange: Context) -> list[tuple[bytes, bytes]]:
    headers = [(REQUEST_ID, exchange.request_id.encode()), (b"server-timing", _server_timing(exchange)), *exchange.headers]
    if exchange.traceparent:
        headers.append((TRACEPARENT, exchange.traceparent.encode()))
    return headers


def _server_timing(exchange: Context) -> bytes:
    """`gateway` is what this process took: the time so far without the waiting for upstreams."""
    own = exchange.elapsed - exchange.timings.get("upstream", 0)
    parts = [f"gateway;dur={own:.2f}", *(f"{name};dur={ms:.2f}" for name, ms in exchange.timings.items())]
    return ", ".join(parts).encode()
