"""`/docs`, `/docs/coverage`, `/openapi.json` and `/DIALECT/openapi.json`."""

from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.base import Adapter
from gateway.docs import coverage
from gateway.docs.openapi import document
from gateway.routing import prefix_of
from schemas.json import JsonObject

# Nothing outside this origin may be asked for, whatever the script would like.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'"
)


def routes(adapters: Mapping[str, Adapter], own: JsonObject) -> list[Route]:
    """The reference's pages for these dialects; the canonical API's document stands at `/openapi.json`, too.

    `own` are the gateway's pages about itself, described beside the canonical API.
    """
    prefixes = {prefix_of(adapter): adapter for adapter in adapters.values()}

    @cache
    def described(prefix: str) -> Mapping[str, object]:
        made = document(prefixes[prefix])
        return {**made, "paths": {**made["paths"], **own}} if prefix == _CANONICAL else made

    def openapi(prefix: str) -> Route:
        async def answer(request: Request) -> Response:
            return JSONResponse(described(prefix))

        return Route(f"/{prefix}/openapi.json", answer)

    async def canonical(request: Request) -> Response:
        return JSONResponse(described(_CANONICAL))

    async def page(request: Request) -> Response:
        chosen = request.query_params.get("dialect", _CANONICAL)
        return HTMLResponse(_page(adapters, chosen), headers={"Content-Security-Policy": _POLICY})

    async def covered(request: Request) -> Response:
        return HTMLResponse(coverage.page(adapters.values()), headers={"Content-Security-Policy": _POLICY})

    return [
        Route("/", _front),
        Route("/docs", page),
        Route("/docs/coverage", covered),
        Route("/docs/rapidoc.js", _script),
        Route("/openapi.json", canonical),
        *map(openapi, prefixes),
    ]


async def _front(request: Request) -> Response:
    return RedirectResponse("/docs")


async def _script(request: Request) -> Response:
    content = files("gateway.docs").joinpath("static", "rapidoc-min.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})


_CANONICAL = "v1"


def _page(adapters: Mapping[str, Adapter], chosen: str) -> str:
    names = {prefix_of(adapter): adapter.title for adapter in adapters.values()}
    chosen = chosen if chosen in names else _CANONICAL
    links = " · ".join(
        f'<a style="color:inherit" href="/docs?dialect={escape(prefix)}">{escape(title)}</a>' for prefix, title in names.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Crosswalk: {escape(names[chosen])}</title><script type="module" src="/docs/rapidoc.js"></script></head>
<body>
<rapi-doc spec-url="/{escape(chosen)}/openapi.json" render-style="read" load-fonts="false" show-header="false" theme="light"
 allow-server-selection="false" allow-spec-url-load="false" allow-spec-file-load="false" schema-description-expanded="true">
<div slot="nav-logo" style="padding:12px;color:#fff">Crosswalk<br>{links}<br><a style="color:inherit" href="/docs/coverage">Coverage</a></div>
</rapi-doc>
</body>
</html>"""
