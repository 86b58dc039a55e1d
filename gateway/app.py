"""The ASGI application: middleware, health, metrics, and what is held while it serves."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway import problem
from gateway.auth import Authenticator
from gateway.health import Health
from gateway.metrics import Metrics
from gateway.middleware import CatchErrors, GuardHost, LimitBody, Observe
from gateway.settings import Settings
from schemas.errors import Code

Resource = Callable[[Starlette], AbstractAsyncContextManager[None]]
"""Something open from start-up to shutdown: it puts itself on `app.state` and closes when left."""


def create_app(
    settings: Settings,
    *,
    routes: Sequence[BaseRoute] = (),
    resources: Sequence[Resource] = (),
    render: problem.Render = problem.render,
) -> Starlette:
    """The gateway for these settings.

    `resources` are entered in order at start-up and left in reverse. `render` words the errors that are found before a
    route is. On `app.state`: settings, metrics, health, authenticator.
    """
    metrics = Metrics()
    app = Starlette(
        routes=[*_OPERATIONAL, *routes],
        middleware=_middleware(settings, metrics, render),
        exception_handlers={HTTPException: _worded(render)},
        lifespan=_lifespan(resources),
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.health = Health()
    app.state.failure = None
    app.state.authenticator = Authenticator(settings.auth)
    return app


def _middleware(settings: Settings, metrics: Metrics, render: problem.Render) -> list[Middleware]:
    guard = [Middleware(GuardHost, allowed=(settings.server.host, *settings.server.allowed_hosts))]
    return [
        Middleware(Observe, metrics=metrics, body_limit=settings.server.body_limit),
        Middleware(CatchErrors, render=render),
        *(guard if settings.auth.mode == "none" else []),
        Middleware(LimitBody),
    ]


def _worded(render: problem.Render) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Starlette's own 404 and 405 in the caller's error shape."""

    async def handler(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _STARLETTE_CODES.get(error.status_code, Code.INVALID_REQUEST)
        status, headers, body = render(request.scope, code, f"{request.method} {request.url.path}: {error.detail}.")
        response = Response(body, status)
        response.raw_headers = [*headers, *((name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items())]
        return response

    return handler


_STARLETTE_CODES = {404: Code.NO_ROUTE, 405: Code.METHOD_NOT_ALLOWED, 413: Code.PAYLOAD_TOO_LARGE}


def _lifespan(resources: Sequence[Resource]) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as held:
            try:
                for resource in resources:
                    await held.enter_async_context(resource(app))
            except Exception as error:
                app.state.failure = error
                raise
            app.state.health.serving = True
            try:
                yield
            finally:
                app.state.health.serving = False

    return lifespan


async def livez(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """200 when the gateway can serve, else 503 with the names of what fails."""
    failures = await request.app.state.health.failures()
    if failures:
        return JSONResponse({"status": "not ready", "failed": failures}, status_code=503)
    return JSONResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Prometheus' text format, for any caller who is let in."""
    request.app.state.authenticator.authenticate(request.scope)
    measured: Metrics = request.app.state.metrics
    return Response(measured.exposition(), headers={"content-type": measured.content_type})


_OPERATIONAL = (Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics))
