"""The guard against DNS rebinding: without keys, only pages and clients of this machine may call."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.settings.sections import is_loopback
from schemas.errors import Code, CrosswalkError


class GuardHost:
    """Refuses a `Host` or `Origin` that is neither a loopback name nor in `allowed`. Raises CrosswalkError `forbidden`.

    A web page that points its own name at 127.0.0.1 still sends that name as Host, and its origin as Origin.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"host" and not self._is_ours(_host_of(f"//{value.decode('latin-1')}")):
                raise CrosswalkError(Code.FORBIDDEN, "The Host header names a host this gateway does not serve (server.allowed_hosts).")
            if name == b"origin" and not self._is_ours(_host_of(value.decode("latin-1"))):
                raise CrosswalkError(
                    Code.FORBIDDEN, "The Origin header names a site that may not call this gateway (server.allowed_hosts)."
                )

    def _is_ours(self, host: str | None) -> bool:
        return host is not None and (host in self._allowed or is_loopback(host) or host.endswith(".localhost"))


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
