"""An error as RFC 9457 `application/problem+json`: the shape used where no dialect has one of its own."""

from collections.abc import Callable
from typing import NamedTuple

import orjson

from gateway import context
from gateway.context import Scope
from schemas.errors import RETRYABLE, Code
from schemas.statuses import STATUSES


class Rendered(NamedTuple):
    """A complete answer: status, raw headers, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


Render = Callable[[Scope, Code, str], Rendered]
"""How an error found outside every dialect is worded: from scope, code and message to the answer."""


def render(scope: Scope, code: Code, message: str) -> Rendered:
    """The problem document for a code and a message."""
    status = STATUSES[code]
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
