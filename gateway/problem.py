"""An error as RFC 9457 `application/problem+json`: the shape used where no dialect has one of its own."""

from collections.abc import Callable
from typing import NamedTuple

import orjson

from gateway import context
from gateway.context import Scope
from schemas.errors import RETRYABLE, Code


class Rendered(NamedTuple):
    """A complete answer: status, raw headers, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


Render = Callable[[Scope, Code, str], Rendered]
"""How an error found outside every dialect is worded: from scope, code and message to the answer."""

STATUS = {
    Code.INVALID_REQUEST: 400,
    Code.UNREADABLE_BODY: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.NO_ROUTE: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.CONFLICT: 409,
    Code.UNSUPPORTED: 501,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.LOSS_REFUSED: 422,
    Code.RATE_LIMITED: 429,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.UPSTREAM_INVALID: 502,
    Code.UPSTREAM_UNAVAILABLE: 503,
    Code.TIMEOUT: 504,
    Code.OUTCOME_UNKNOWN: 504,
    Code.INTERNAL: 500,
}


def render(scope: Scope, code: Code, message: str) -> Rendered:
    """The problem document for a code and a message."""
    status = STATUS[code]
    document = {
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": message,
        "code": code,
        "retryable": code in RETRYABLE,
        "request_id": context.of(scope).request_id,
    }
    body = orjson.dumps(document)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    if code is Code.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b"Bearer"))
    return Rendered(status, headers, body)
