"""Headers, fixed pages and trace ingestion."""

from typing import Annotated

from pydantic import StringConstraints

from adapters.base import Options, Route
from adapters.http import Request, Response, json_response, text_response
from adapters.otlp import parse_spans
from adapters.phoenix.quirks.compression import Inflated, inflate
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import Call

PROTOBUF = "application/x-protobuf"
_INVALID = "Request body is invalid ExportTraceServiceRequest"


class PhoenixOptions(Options):
    """`version` is the server that the surface behaves as and the version probe names; clients want at least 15.0.0 for callers' example ids."""

    version: Annotated[str, StringConstraints(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")] = "20.26.1"

    @property
    def release(self) -> str:
        return self.version


def headers(scope: Scope) -> dict[str, str]:
    """What every answer carries."""
    version = scope.options.version if isinstance(scope.options, PhoenixOptions) else PhoenixOptions().version
    return {"x-phoenix-server-version": version, "x-colab-notebook-cache-control": "no-cache"}


def version(request: Request, scope: Scope) -> Response:
    """The version probe: plain text without a line end."""
    return text_response(200, headers(scope)["x-phoenix-server-version"])


def alive(request: Request, scope: Scope) -> Response:
    """The liveness probe."""
    return text_response(200, "OK")


def ready(request: Request, scope: Scope) -> Response:
    """The readiness probe."""
    return json_response(200, {})


def read_spans(request: Request, scope: Scope) -> JsonObject:
    """The spans of an OTLP export. Raises UNSUPPORTED_MEDIA_TYPE (415) or a refusal (422) with the server's texts."""
    content_type = request.headers.get("content-type")
    if content_type != PROTOBUF:
        raise CrosswalkError(Code.UNSUPPORTED_MEDIA_TYPE, f"Unsupported content type: {content_type}")
    encoding = request.headers.get("content-encoding")
    if encoding not in (None, "gzip", "deflate"):
        raise CrosswalkError(Code.UNSUPPORTED_MEDIA_TYPE, f"Unsupported content encoding: {encoding}")
    try:
        return {"spans": parse_spans(inflate(request.body, encoding) if encoding else request.body)}
    except Inflated as error:
        raise CrosswalkError(Code.INVALID_REQUEST, f"{_INVALID}: {error}") from None
    except ValueError:
        raise CrosswalkError(Code.INVALID_REQUEST, _INVALID) from None


def spans_taken(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """The empty export answer."""
    return Response(200, b"", PROTOBUF)
