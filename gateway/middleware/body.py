"""The limit for request bodies that are read into memory."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import context
from gateway.context import Context
from schemas.errors import Code, CrosswalkError


class LimitBody:
    """Reading more than `Context.body_limit` bytes raises CrosswalkError `payload_too_large` in the reader.

    The announced length is judged before the first byte is read, what arrives is counted all the same. A request whose
    body nobody reads, or whose reader has lifted the limit to stream it on, is not touched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = context.of(scope)
        seen = _announced(scope)
        counted = 0

        async def limited() -> Message:
            nonlocal counted
            _check(exchange, max(seen, counted))
            message = await receive()
            counted += len(message.get("body", b""))
            _check(exchange, counted)
            return message

        await self._app(scope, limited, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def _check(exchange: Context, size: int) -> None:
    limit = exchange.body_limit
    if limit is not None and size > limit:
        raise CrosswalkError(Code.PAYLOAD_TOO_LARGE, f"The request body is larger than {limit} bytes.")
