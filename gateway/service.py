"""What the gateway says about itself under `/v1`: capabilities, targets, receipts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters import coverage
from adapters.base import Adapter, issues_of
from adapters.body import read_json
from adapters.capabilities import document_kinds, matrix
from adapters.http import dump_json
from gateway import translation
from gateway.auth import Caller
from gateway.docs import errors
from gateway.settings import LOCAL
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Op
from schemas.statuses import STATUSES


class TranslationRequest(BaseModel):
    """The body of `POST /v1/translate`: from which dialect to which, the operation, and what a client of the first would send."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    operation: Op
    params: dict[str, str] = Field(default_factory=dict)
    query: list[tuple[str, str]] = Field(default_factory=list)
    body: Json = None

    @classmethod
    def of(cls, raw: bytes, adapters: Mapping[str, Adapter]) -> "TranslationRequest":
        """The request in a body. Raises CrosswalkError (invalid_request) naming each wrong field."""
        try:
            asked = cls.model_validate(read_json(raw))
        except ValidationError as error:
            issues = tuple(issues_of(error))
            message = "; ".join(f"{'.'.join(map(str, issue.path))}: {issue.message}" for issue in issues)
            raise CrosswalkError(Code.INVALID_REQUEST, message, Reason.VALIDATION, issues=issues) from None
        for name, dialect in (("from", asked.source), ("to", asked.target)):
            if dialect not in adapters:
                raise invalid(f"{name}: there is no dialect {dialect[:100]!r}; known: {', '.join(adapters)}", name)
        return asked

    def question(self) -> translation.Question:
        """What the client of the source dialect would send."""
        return translation.Question(self.params, tuple(self.query), self.body)


_REFUSED = sorted(
    {
        STATUSES[code]
        for code in (Code.INVALID_REQUEST, Code.UNAUTHENTICATED, Code.NOT_FOUND, Code.UNSUPPORTED, Code.PAYLOAD_TOO_LARGE, Code.INTERNAL)
    }
)


def operations() -> JsonObject:
    """These pages for the reference: OpenAPI operations by path and method."""
    json = {
        "200": {"description": "As it says.", "content": {"application/json": {"schema": {"type": "object"}}}},
        **{str(status): {"$ref": f"#/components/responses/{errors.name(status)}"} for status in _REFUSED},
    }
    asked = {"content": {"application/json": {"schema": TranslationRequest.model_json_schema()}}, "required": True}
    receipt_id = {"name": "receipt_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/capabilities": {"get": {"operationId": "get_capabilities", "summary": "What each dialect can ask for", "responses": json}},
        "/coverage": {
            "get": {
                "operationId": "get_coverage",
                "summary": "Every operation known of each dialect: served or not, checked by whom and when",
                "responses": json,
            }
        },
        "/targets": {"get": {"operationId": "get_targets", "summary": "The targets this key may reach", "responses": json}},
        "/translate": {
            "post": {
                "operationId": "post_translate",
                "summary": "What another vendor would be asked, without asking it",
                "requestBody": asked,
                "responses": json,
            }
        },
        "/receipts/{receipt_id}": {
            "get": {
                "operationId": "get_receipt",
                "summary": "What became of the fields of one exchange",
                "parameters": [receipt_id],
                "responses": json,
            }
        },
    }


_Answer = Callable[[Request, Caller], Awaitable[Response]]


def routes(adapters: Mapping[str, Adapter]) -> list[Route]:
    """The gateway's own pages; each asks for a key where keys are needed."""

    async def capabilities(request: Request, caller: Caller) -> Response:
        remotes = request.app.state.remotes
        reached = {name: target for name, target in remotes.items() if caller.may_reach(name, same_dialect=False)}
        await asyncio.gather(*(target.settle() for target in reached.values()))
        targets = {name: {op: target.support(op) for op in Op} for name, target in reached.items()}
        versions = {
            name: target.release.version for name, target in reached.items() if target.release is not None and target.release.version
        }
        kinds = {name: document_kinds(adapter) for name, adapter in adapters.items()}
        return JSONResponse({"document_kinds": kinds, "operations": matrix(adapters.values()), "targets": targets, "versions": versions})

    async def covered(request: Request, caller: Caller) -> Response:
        return JSONResponse(coverage.document(adapters.values()))

    async def translate(request: Request, caller: Caller) -> Response:
        asked = TranslationRequest.of(await request.body(), adapters)
        settings = request.app.state.settings
        found = translation.translate(
            adapters[asked.source], adapters[asked.target], asked.operation, asked.question(), {"model": settings.defaults.model}
        )
        return Response(dump_json(found.document()), media_type="application/json")

    return [
        Route("/v1/capabilities", _for_callers(capabilities)),
        Route("/v1/coverage", _for_callers(covered)),
        Route("/v1/translate", _for_callers(translate), methods=["POST"]),
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
