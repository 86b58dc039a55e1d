"""What the gateway says about itself under `/v1`: capabilities, targets, receipts."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.base import Adapter
from adapters.capabilities import matrix
from adapters.http import dump_json
from gateway.auth import Caller
from gateway.settings import LOCAL
from schemas.errors import unknown
from schemas.ids import Kind

_Answer = Callable[[Request, Caller], Awaitable[Response]]


def routes(adapters: Mapping[str, Adapter]) -> list[Route]:
    """The gateway's own pages; each asks for a key where keys are needed."""

    async def capabilities(request: Request, caller: Caller) -> Response:
        return JSONResponse({"operations": matrix(adapters.values())})

    return [
        Route("/v1/capabilities", _for_callers(capabilities)),
        Route("/v1/targets", _for_callers(_targets)),
        Route("/v1/receipts/{receipt_id}", _for_callers(_receipt)),
    ]


def _for_callers(answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return await answer(request, request.app.state.authenticator.authenticate(request.scope))

    return page


async def _targets(request: Request, caller: Caller) -> Response:
    """The targets this caller may reach, without addresses or credentials."""
    settings = request.app.state.settings
    items = [
        {
            "name": name,
            "adapter": target.adapter,
            "routes": [d for d in settings.routes if settings.routes[d] == name],
            "embedded": target.adapter == LOCAL,
        }
        for name, target in settings.targets.items()
        if caller.may_reach(name, same_dialect=False)
    ]
    return JSONResponse({"items": items})


async def _receipt(request: Request, caller: Caller) -> Response:
    """One receipt of the caller's own scope. Raises CrosswalkError `not_found`."""
    receipt_id = request.path_params["receipt_id"]
    found = await request.app.state.receipts.get(receipt_id, caller.scope)
    if found is None:
        raise unknown(Kind.RECEIPT, receipt_id)
    body = found.pop("body")
    return Response(dump_json({**found, **body}), media_type="application/json")
