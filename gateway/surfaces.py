"""The dialects as an ASGI application: who calls, what is asked of which target, and the headers every answer carries."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any

from starlette.requests import Request as StarletteRequest
from starlette.routing import BaseRoute
from starlette.routing import Match as RouteMatch
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from adapters.base import Adapter, Options, Plain, Route
from adapters.http import Request, Response
from adapters.scope import Scope
from gateway import context, problem
from gateway.auth import Authenticator, allows, needed, require
from gateway.auth import Caller as AuthenticatedCaller
from gateway.compression import compressed
from gateway.context import Context
from gateway.exchange import Target, header_map, no_route, not_served, wrong_method
from gateway.ledger import Ledger
from gateway.limits import Limits
from gateway.merge import Merged
from gateway.routing import Address, Match, Router, Unserved, address, prefix_of
from gateway.settings import Role, Settings
from gateway.store import Store
from gateway.store.receipts import Receipts
from gateway.upstream.forward import CLIENT_CLOSED, Asked, Cut, Forwarder
from gateway.upstream.listener import Listener, listened
from gateway.upstream.upload import ClientGone
from schemas.errors import Code, CrosswalkError
from schemas.ids import Ids
from schemas.operations import Caller

TARGET_HEADER = "crosswalk-target"
UNKNOWN = "unknown"
"""What the metric calls requests for what is in no table."""


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
        self._unserved = {name: Unserved(adapter) for name, adapter in adapters.items()}
        self._options = options
        self._targets: dict[str, Target] = {}
        self._forwarders: dict[str, Forwarder] = {}
        self._ledger = Ledger()
        self._limits = Limits()
        self.ids = Ids()

    def keep(self, store: Store, receipts: Receipts) -> None:
        """Where ids, idempotency keys and receipts live."""
        self._ledger, self.ids = Ledger(store, receipts), store.ids

    def connect(self, name: str, target: Target) -> None:
        """Make a target reachable under its configured name."""
        self._targets[name] = target

    def forward(self, name: str, forwarder: Forwarder) -> None:
        """Send what comes in a target's own dialect to it as it is."""
        self._forwarders[name] = forwarder

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        where = address(scope["path"], self._prefixes)
        exchange = context.of(scope)
        if where is None:
            rendered = problem.render(scope, Code.NO_ROUTE, f"{scope['method']} {scope['path'][:200]} is not served here.")
            await _send(send, rendered.status, rendered.headers, rendered.body)
            return
        request = StarletteRequest(scope, receive)
        forwarder = self._forwarder(where, request)
        if forwarder is not None:
            await self._pass_on(forwarder, where, request, exchange, send)
            return
        try:
            answer = await self._answer(where, request, exchange)
        except ClientGone:
            exchange.log["client_gone"] = True
            await _send(send, CLIENT_CLOSED, [], b"")
            return
        response = await compressed(answer, request.headers.get("accept-encoding", ""))
        await _send(send, response.status, self._headers(where, response, exchange), b"" if scope["method"] == "HEAD" else response.body)

    def render(self, scope: AsgiScope, code: Code, message: str) -> problem.Rendered:
        """Words an error found before a route was, in the dialect the path belongs to."""
        where = address(scope["path"], self._prefixes)
        if where is None:
            return problem.render(scope, code, message)
        exchange = context.of(scope)
        response = self._error(where, exchange, CrosswalkError(code, message))
        return problem.Rendered(response.status, self._headers(where, response, exchange), response.body)

    def _forwarder(self, where: Address, request: StarletteRequest) -> Forwarder | None:
        """What passes the request on unseen: there is something when the target speaks the caller's dialect itself."""
        if not self._forwarders:
            return None
        name = where.target or request.headers.get(TARGET_HEADER) or self._settings.route(where.dialect)
        target = self._settings.targets.get(name)
        return self._forwarders.get(name) if target is not None and target.adapter == where.dialect else None

    async def _pass_on(self, forwarder: Forwarder, where: Address, request: StarletteRequest, exchange: Context, send: Send) -> None:
        exchange.route = f"/{where.dialect}/*"
        try:
            caller = self._admitted(where, request)
            reads = allows(Role.VIEWER, needed(request.method)) or allows(Role.VIEWER, self._needed(where, request))
            asked = Asked(where.prefix, caller.who, caller.scope, caller.credential, reads)
            await forwarder(asked, request.scope, request.receive, send, exchange)
        except Cut:
            raise
        except CrosswalkError as error:
            response = self._error(where, exchange, error)
            body = b"" if request.method == "HEAD" else response.body
            await _send(send, response.status, self._headers(where, response, exchange), body)

    def _admitted(self, where: Address, request: StarletteRequest) -> AuthenticatedCaller:
        """Who sends a request to a target of the caller's own dialect. Raises CrosswalkError when that is not allowed."""
        caller = self._authenticator.authenticate(request.scope)
        name = self._target_name(where, request)
        if not caller.may_reach(name, same_dialect=True):
            raise CrosswalkError(Code.FORBIDDEN, f"This key may not reach the target {name!r}.")
        if not allows(caller.role, needed(request.method)):
            require(caller, self._needed(where, request))
        return caller

    def _needed(self, where: Address, request: StarletteRequest) -> Role:
        """What a method needs that may write: an editor, unless the route is known to read (a list asked for by POST).

        A path with escapes may be another route to the vendor than it is here.
        """
        if b"%" in request.scope["raw_path"]:
            return Role.EDITOR
        entry = _entry(self._routers[where.dialect].match(where.path), request)
        return Role.VIEWER if isinstance(entry, Route) and not entry.writes else Role.EDITOR

    async def _answer(self, where: Address, request: StarletteRequest, exchange: Context) -> Response:
        try:
            return await self._route(where, request, exchange)
        except CrosswalkError as error:
            return self._error(where, exchange, error, Request(request.method, where.path))

    async def _route(self, where: Address, request: StarletteRequest, exchange: Context) -> Response:
        adapter = self._adapters[where.dialect]
        match = self._routers[where.dialect].match(where.path)
        entry = _entry(match, request)
        exchange.route = f"/{where.dialect}{match.endpoint.template if match else '/unmatched'}"
        if isinstance(entry, Plain) and entry.open:
            return await self._page(adapter, entry, where, match, request, exchange)
        caller = self._authenticator.authenticate(request.scope)
        self._let_in(where, entry, caller)
        self._refuse_unserved(where, request, match, entry, exchange)
        if match is None:
            raise no_route(request.method, request.url.path)
        if entry is None:
            raise wrong_method(request.method, request.url.path, match.endpoint.allow)
        require(caller, Role.EDITOR if isinstance(entry, Route) and entry.writes else Role.VIEWER)
        names = self._target_names(where, entry, request)
        for name in names:
            if not caller.may_reach(name, same_dialect=self._settings.targets[name].adapter == where.dialect):
                raise CrosswalkError(Code.FORBIDDEN, f"This key may not reach the target {name!r}.")
        if isinstance(entry, Plain):
            return await self._page(adapter, entry, where, match, request, exchange)
        exchange.headers.append((b"crosswalk-target", ",".join(names).encode()))
        who = Caller(caller.name, caller.scope, caller.role.value)
        read, scope = await _read(where, match, request), self._scope(where, request, exchange)
        listener = Listener(request.receive, notices=True)
        target = (",".join(names), self._answering(names, merged=_merges(entry, request)))
        answering = self._ledger.answer(adapter, entry, target, read, scope, who, exchange, lambda: listener.gone)
        if self._forwarders.keys().isdisjoint(names):
            return await answering
        if not entry.writes:
            return await listened(request.receive, answering)
        # A write that has begun is finished, whoever waits for it.
        listener.start()
        try:
            return await answering
        finally:
            listener.stop()

    def _let_in(self, where: Address, entry: Route | Plain | None, caller: AuthenticatedCaller) -> None:
        """Count a request. Raises CrosswalkError (rate_limited) when the surface's settings allow no more of this scope now."""
        most = self._options[where.dialect].requests_per_minute
        if isinstance(entry, Route) and entry.share < 1:
            self._limits.enter(most, entry.share, where.dialect, caller.scope, entry.method, entry.path)
        else:
            self._limits.enter(most, 1, where.dialect, caller.scope)

    def _refuse_unserved(
        self, where: Address, request: StarletteRequest, match: Match | None, entry: Route | Plain | None, exchange: Context
    ) -> None:
        """Count what is not here. Raises CrosswalkError (unsupported) when it is an operation that the vendor has."""
        method = "GET" if request.method == "HEAD" else request.method
        row = self._unserved[where.dialect].named(method, where.path, match, served=entry is not None)
        if row is not None:
            exchange.route, exchange.lacked = f"/{where.dialect}{row.path}", (where.dialect, row.name)
            raise not_served(row, request.method, request.url.path)
        if entry is None:
            exchange.lacked = (where.dialect, UNKNOWN)

    async def _page(
        self, adapter: Adapter, page: Plain, where: Address, match: Match | None, request: StarletteRequest, exchange: Context
    ) -> Response:
        scope = self._scope(where, request, exchange)
        try:
            return page.respond(await _read(where, match, request), scope)
        except CrosswalkError as error:
            return adapter.render_error(error, None, None, scope)

    def _target_names(self, where: Address, entry: Route | Plain, request: StarletteRequest) -> list[str]:
        """The targets that answer: one, or those whose lists are to be merged. Raises CrosswalkError (invalid_request)."""
        if not _merges(entry, request):
            return [self._target_name(where, request)]
        names = list(dict.fromkeys(name for part in request.query_params.getlist("target") for name in part.split(",")))
        chosen = {where.target, request.headers.get(TARGET_HEADER)} - {None, ""}
        if chosen and chosen != set(names):
            raise CrosswalkError(Code.INVALID_REQUEST, "The query names other targets than the path or the Crosswalk-Target header.")
        for name in names:
            if name not in self._settings.targets:
                raise CrosswalkError(Code.INVALID_REQUEST, f"There is no target {name[:100]!r}.")
        return names

    def _answering(self, names: list[str], *, merged: bool) -> Target:
        return Merged({name: self._target(name) for name in names}) if merged else self._target(names[0])

    def _target_name(self, where: Address, request: StarletteRequest) -> str:
        header = request.headers.get(TARGET_HEADER)
        if header and where.target and header != where.target:
            raise CrosswalkError(Code.INVALID_REQUEST, "The path and the Crosswalk-Target header name different targets.")
        name = where.target or header or self._settings.route(where.dialect)
        if name not in self._settings.targets:
            raise CrosswalkError(Code.INVALID_REQUEST, f"There is no target {name[:100]!r}.")
        return name

    def _target(self, name: str) -> Target:
        target = self._targets.get(name)
        if target is None:
            raise CrosswalkError(
                Code.UNSUPPORTED, f"The target {name!r} speaks another dialect, and this version does not translate into it."
            )
        return target

    def _scope(self, where: Address, request: StarletteRequest, exchange: Context) -> Scope:
        base = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{where.prefix}"
        return replace(self._bare_scope(where, exchange), base_url=base)

    def _bare_scope(self, where: Address, exchange: Context) -> Scope:
        defaults = {"model": self._settings.defaults.model}
        return Scope(self.ids, where.dialect, self._options[where.dialect], request_id=exchange.request_id, defaults=defaults)

    def _error(self, where: Address, exchange: Context, error: CrosswalkError, request: Request | None = None) -> Response:
        response = self._adapters[where.dialect].render_error(error, request, None, self._bare_scope(where, exchange))
        if error.retry_after is None or any(name.lower() == "retry-after" for name in response.headers):
            return response
        return replace(response, headers={**response.headers, "Retry-After": str(max(1, ceil(error.retry_after)))})

    def _headers(self, where: Address, response: Response, exchange: Context) -> list[tuple[bytes, bytes]]:
        make = self._adapters[where.dialect].headers
        common = make(self._bare_scope(where, exchange)) if make else {}
        return _raw_headers(response, {**common, **response.headers})


class Everything(BaseRoute):
    """Every path that no route before it takes, line breaks in it included (a `Mount` does not match those)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: AsgiScope) -> tuple[RouteMatch, AsgiScope]:
        """Any HTTP request."""
        return (RouteMatch.FULL if scope["type"] == "http" else RouteMatch.NONE), {}

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Hand it on as it is."""
        await self._app(scope, receive, send)


async def _read(where: Address, match: Match | None, request: StarletteRequest) -> Request:
    return Request(
        method=request.method,
        path=where.path,
        path_params=dict(match.params) if match else {},
        query=tuple(request.query_params.multi_items()),
        headers=header_map(request.scope["headers"]),
        body=await request.body(),
    )


def _merges(entry: Route | Plain, request: StarletteRequest) -> bool:
    """Whether the query names the targets of a list."""
    return isinstance(entry, Route) and entry.merges and "target" in request.query_params


def _entry(match: Match | None, request: StarletteRequest) -> Route | Plain | None:
    """What answers the request's method; HEAD is answered as GET is."""
    if match is None:
        return None
    method = "GET" if request.method == "HEAD" and "HEAD" not in match.endpoint.methods else request.method
    return match.endpoint.entry(method, request.query_params)


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
