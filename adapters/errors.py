"""What a vendor's error says, before its own words are known: by HTTP status, and its body in whatever form it came."""

import re
from collections.abc import Mapping
from typing import Any

from adapters.body import read_json
from schemas.errors import Code, CrosswalkError
from schemas.json import Json

BY_STATUS: Mapping[int, Code] = {
    400: Code.INVALID_REQUEST,
    401: Code.UNAUTHENTICATED,
    402: Code.FORBIDDEN,
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    405: Code.UNSUPPORTED,
    408: Code.TIMEOUT,
    409: Code.CONFLICT,
    410: Code.NOT_FOUND,
    413: Code.PAYLOAD_TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    422: Code.INVALID_REQUEST,
    429: Code.RATE_LIMITED,
    501: Code.UNSUPPORTED,
    502: Code.UPSTREAM_UNAVAILABLE,
    503: Code.UPSTREAM_UNAVAILABLE,
    504: Code.TIMEOUT,
    507: Code.UPSTREAM_UNAVAILABLE,
}
"""Anything else is `upstream_invalid`: a vendor that crashed (500) has not promised that a second try would do better."""

_LONGEST = 4_000
_MESSAGE = 500
_MAX_DEPTH = 20
_TAGS = re.compile(r"<(?:script|style)\b[^>]{0,500}>.{0,20000}?</(?:script|style)>|<[^>]{0,2000}>", re.DOTALL | re.IGNORECASE)
_SAID = ("message", "error", "detail", "error_message", "msg", "title", "reason", "description", "hint")
_CODES = ("code", "error_code", "type", "error_type")


def read_plainly(status: int, headers: Mapping[str, str], body: bytes, codes: Mapping[str, Code] | None = None) -> CrosswalkError:
    """The error in an answer of any form: nested or flat JSON, a map of fields, plain text, a proxy's HTML page.

    The vendor's own word wins when `codes` knows it, then the HTTP status counts.
    """
    content = content_of(headers, body)
    word = code_of(content)
    code = (codes or {}).get(word or "") or BY_STATUS.get(status, Code.UPSTREAM_INVALID)
    if is_page(headers, body) and status not in (429, 502, 503, 504):
        # A page is a proxy speaking, or a web interface: nothing the vendor's API has said.
        code = Code.UPSTREAM_INVALID
    message = (message_of(content) or f"HTTP status {status}")[:_MESSAGE]
    return CrosswalkError(code, message, vendor_status=status, vendor_code=word, vendor_body=content)


def content_of(headers: Mapping[str, str], body: bytes) -> Json:
    """The body as JSON where it is JSON of a bearable depth and size, else as text without markup, cut to 4,000 characters."""
    if not is_page(headers, body) and len(body) <= 16 * _LONGEST:
        try:
            return read_json(body, allow_nan=True, allow_duplicates=True, max_depth=_MAX_DEPTH) if body.strip() else None
        except CrosswalkError:
            pass
    text = body[: 16 * _LONGEST].decode("utf-8", "replace")
    if is_page(headers, body):
        text = " ".join(_TAGS.sub(" ", text).split())
    return text[:_LONGEST] or None


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer is a web page."""
    return (
        "html" in headers.get("content-type", "").lower()
        or body[:200].lstrip()[:9].lower() in (b"<!doctype", b"<html>")
        or (body[:200].lstrip()[:5].lower() == b"<html")
    )


def code_of(content: Json) -> str | None:
    """The vendor's word for what went wrong: at the top, or inside `error`."""
    for place in (content, content.get("error") if isinstance(content, dict) else None):
        if isinstance(place, dict):
            found = next((place[name] for name in _CODES if isinstance(place.get(name), str)), None)
            if found:
                return str(found)[:100]
    return None


def message_of(content: Json, depth: int = 0) -> str | None:
    """What an error says to people, looked for in every form there is: text, list, nested, or a map of fields."""
    if isinstance(content, str):
        return content.strip() or None
    if depth > 4 or content is None:
        return None
    if isinstance(content, list):
        parts = [part for item in content[:10] if (part := message_of(item, depth + 1))]
        return "; ".join(parts) or None
    return _of_object(content, depth) if isinstance(content, dict) else None


def _of_object(content: dict[str, Any], depth: int) -> str | None:
    said = next((text for name in _SAID if name in content and (text := message_of(content[name], depth + 1))), None)
    if said is not None:
        where = content.get("loc") or content.get("path")
        return f"{'.'.join(map(str, where))}: {said}" if isinstance(where, list) and where else said
    fields = [f"{name}: {text}" for name, value in list(content.items())[:20] if (text := message_of(value, depth + 1))]
    return "; ".join(fields) or None
