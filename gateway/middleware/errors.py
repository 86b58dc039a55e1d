"""The last net: whatever nobody handled becomes a worded answer instead of a broken connection."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import context, logs
from gateway.problem import Render
from schemas.errors import Code, CrosswalkError

_log = logs.get("gateway")


class CatchErrors:
    """Answers a CrosswalkError as what it is and any other exception as `internal`, its text only in the log.

    Once an answer has begun the exception goes on, and the server cuts the connection: a cut answer must not look whole.
    """

    def __init__(self, app: ASGIApp, render: Render) -> None:
        self._app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except CrosswalkError as error:
            if begun:
                raise
            await self._answer(scope, send, error.code, error.message)
        except Exception:
            _log.exception("unhandled", request_id=context.of(scope).request_id, path=scope["path"][:500])
            if begun:
                raise
            await self._answer(scope, send, Code.INTERNAL, "The gateway failed to answer; its log has the reason.")

    async def _answer(self, scope: Scope, send: Send, code: Code, message: str) -> None:
        status, headers, body = self._render(scope, code, message)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
