"""The dialects as an ASGI application: who calls, what is asked of which target, and the headers every answer carries."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.requests import Request as StarletteRequest
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from adapters.base import Adapter, Options, Plain, Route
from adapters.http import Request, Response
from adapters.notes import Fate
from adapters.scope import Scope
from gateway import context, problem
from gateway.auth import Authenticator, require
from gateway.context import Context
from gateway.exchange import Exchange, Target, header_map, no_route, wrong_method
from gateway.routing import Address, Match, Router, address, prefix_of
from gateway.settings import LOCAL, Role, Settings
from schemas.errors import Code, CrosswalkError
from schemas.ids import Ids
from schemas.operations import Caller

TARGET_HEADER = "crosswalk-target"
_SHOWN_LOSSES = 8


class Surfaces:
    """Every dialect over the configured targets."""

    def __init__(
        self, settings: Settings, adapters: Mapping[str, Adapter], authenticator: Authenticator, options: Mapping[str, Options]
    ) -> None:
        self._settings = settings
        self._adapters = adapters
        self._authenticator = authenticator
        self._prefixes = {prefix_of(adapter): adapter.name for adapter in adapters.values()}
        self._routers = {name: Router(adapter) for name, adapter in adapters.items()}
        self._options = options
        self._targets: dict[str, Target] = {}
        self.ids = Ids()

    def connect(self, name: str, target: Target) -> None:
        """Make a target reachable under its configured name."""
        self._targets[name] = target

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        where = address(scope["path"], self._prefixes)
        exchange = context.of(scope)
        if where is None:
            rendered = problem.render(scope, Code.NO_ROUTE, f"{scope['method']} {scope['path'][:200]} is not served here.")
            await _send(send, rendered.status, rendered.headers, rendered.body)
            return
        request = StarletteRequest(scope, receive)
        response = await self._answer(where, request, exchange)
        await _send(send, response.status, self._headers(where, response, exchange), b"" if scope["method"] == "HEAD" else response.body)

    def render(self, scope: AsgiScope, code: Code, message: str) -> problem.Rendered:
        """Words an error found before a route was, in the dialect the path belongs to."""
        where = address(scope["path"], self._prefixes)
        if where is None:
            return problem.render(scope, code, message)
        exchange = context.of(scope)
        response = self._error(where, exchange, CrosswalkError(code, message))
        return problem.Rendered(response.status, self._headers(where, response, exchange), response.body)

    async def _answer(self, where: Address, request: StarletteRequest, exchange: Context) -> Response:
        try:
            return await self._route(where, request, exchange)
        except CrosswalkError as error:
            return self._error(where, exchange, error)

    async def _route(self, where: Address, request: StarletteRequest, exchange: Context) -> Response:
        adapter = self._adapters[where.dialect]
        match = self._routers[where.dialect].match(where.path)
        method = "GET" if request.method == "HEAD" and match and "HEAD" not in match.endpoint.methods else request.method
        entry = match.endpoint.entry(method, request.query_params) if match else None
        exchange.route = f"/{where.dialect}{match.endpoint.template if match else '/unmatched'}"
        if isinstance(entry, Plain) and entry.open:
            return await Exchange(adapter, self._target(where, request)).page(
                entry, await _read(where, match, request), self._scope(where, request, exchange)
            )
        caller = self._authenticator.authenticate(request.scope)
        if match is None:
            raise no_route(request.method, request.url.path)
        if entry is None:
            raise wrong_method(request.method, request.url.path, match.endpoint.allow)
        require(caller, Role.EDITOR if isinstance(entry, Route) and entry.writes else Role.VIEWER)
        name = self._target_name(where, request)
        if not caller.may_reach(name, same_dialect=self._settings.targets[name].adapter == where.dialect):
            raise CrosswalkError(Code.FORBIDDEN, f"This key may not reach the target {name!r}.")
        target = self._target(where, request)
        exchange.headers.append((b"crosswalk-target", name.encode()))
        read, scope = await _read(where, match, request), self._scope(where, request, exchange)
        if isinstance(entry, Plain):
            return await Exchange(adapter, target).page(entry, read, scope)
        who = Caller(caller.name, caller.scope, caller.role.value)
        response = await Exchange(adapter, target).answer(entry, read, scope, who, exchange.timings)
        exchange.headers.append((b"crosswalk-origin", b"emulated"))
        _show_losses(scope, exchange)
        return response

    def _target_name(self, where: Address, request: StarletteRequest) -> str:
        header = request.headers.get(TARGET_HEADER)
        if header and where.target and header != where.target:
            raise CrosswalkError(Code.INVALID_REQUEST, "The path and the Crosswalk-Target header name different targets.")
        name = where.target or header or self._settings.route(where.dialect)
        if name not in self._settings.targets:
            raise CrosswalkError(Code.INVALID_REQUEST, f"There is no target {name[:100]!r}.")
        return name

    def _target(self, where: Address, request: StarletteRequest) -> Target:
        name = self._target_name(where, request)
        target = self._targets.get(name)
        if target is None:
            raise CrosswalkError(
                Code.UNSUPPORTED, f"The target {name!r} cannot be reached: only {LOCAL!r} targets are served by this version."
            )
        return target

    def _scope(self, where: Address, request: StarletteRequest, exchange: Context) -> Scope:
        base = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{where.prefix}"
        return replace(self._bare_scope(where, exchange), base_url=base)

    def _bare_scope(self, where: Address, exchange: Context) -> Scope:
        defaults = {"model": self._settings.defaults.model}
        return Scope(self.ids, where.dialect, self._options[where.dialect], request_id=exchange.request_id, defaults=defaults)

    def _error(self, where: Address, exchange: Context, error: CrosswalkError) -> Response:
        return self._adapters[where.dialect].render_error(error, None, None, self._bare_scope(where, exchange))

    def _headers(self, where: Address, response: Response, exchange: Context) -> list[tuple[bytes, bytes]]:
        make = self._adapters[where.dialect].headers
        common = make(self._bare_scope(where, exchange)) if make else {}
        return _raw_headers(response, {**common, **response.headers})


async def _read(where: Address, match: Match | None, request: StarletteRequest) -> Request:
    return Request(
        method=request.method,
        path=where.path,
        path_params=dict(match.params) if match else {},
        query=tuple(request.query_params.multi_items()),
        headers=header_map(request.scope["headers"]),
        body=await request.body(),
    )


def _show_losses(scope: Scope, exchange: Context) -> None:
    lost = [note.canonical or note.wire for note in scope.notes.of(Fate.LOST)]
    if lost:
        shown = [quote(pointer, safe="/*")[:200] for pointer in lost[:_SHOWN_LOSSES]]
        more = [f"+{len(lost) - _SHOWN_LOSSES}"] if len(lost) > _SHOWN_LOSSES else []
        exchange.headers.append((b"crosswalk-lost", ", ".join([*shown, *more]).encode()))


def _raw_headers(response: Response, named: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in named.items()]
    if response.media_type and not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", response.media_type.encode()))
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    return headers


async def _send(send: Send, status: int, headers: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
