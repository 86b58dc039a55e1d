"""Errors in the vendor's envelope, and the headers every answer carries."""

from collections.abc import Mapping

from adapters.base import Route
from adapters.errors import read_plainly
from adapters.evalguard.tables.common import FIELD_WORDS, FINER_WORDS, STATUS_CODES, WORDS
from adapters.http import Request, Response, json_response
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json


def render_error(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """`{"success": false, "error": {code, message, requestId}}`; a route that does not exist is the flat `{"error": "Not found"}` (reference section 2.2)."""
    status = STATUS_CODES[error.code]
    if error.code is Code.NO_ROUTE:
        return json_response(status, {"error": "Not found"}, _headers(error))
    content = {"code": _word(error), "message": _message(error), "requestId": scope.request_id}
    return json_response(status, {"success": False, "error": content}, _headers(error))


def headers(scope: Scope) -> Mapping[str, str]:
    """Every answer names its request, errors of the server included (reference section 1)."""
    return {"X-Request-Id": scope.request_id}


def _word(error: CrosswalkError) -> str:
    if error.reason is not None and (error.code, error.reason) in FINER_WORDS:
        return FINER_WORDS[error.code, error.reason]
    keys = ((str(issue.path[0]), str(issue.path[1]), issue.type) for issue in error.issues if len(issue.path) > 1)
    return next((FIELD_WORDS[key] for key in keys if key in FIELD_WORDS), WORDS[error.code])


def _message(error: CrosswalkError) -> str:
    """Validation issues are folded into one text `field: message; field: message` (reference section 2.2)."""
    if any(issue.type == "json_invalid" for issue in error.issues):
        return error.message
    named = [f"{issue.place}: {issue.message}" if issue.place else issue.message for issue in error.issues]
    return "; ".join(named) or error.message


def _headers(error: CrosswalkError) -> dict[str, str]:
    found = {}
    if error.retry_after is not None:
        # Whole seconds only: the Python client reads the header with int().
        found["Retry-After"] = str(max(1, round(error.retry_after)))
    if error.allow:
        found["Allow"] = ", ".join(error.allow)
    return found


_MEANT: Mapping[str, Code] = {
    **{word: code for code, word in reversed(list(WORDS.items()))},
    **{word: code for (code, _), word in FINER_WORDS.items()},
    **dict.fromkeys(FIELD_WORDS.values(), Code.INVALID_REQUEST),
    "INTERNAL_ERROR": Code.UPSTREAM_INVALID,
    "DB_ERROR": Code.UPSTREAM_INVALID,
    "RUN_NOT_FOUND": Code.NOT_FOUND,
    "UNAUTHORIZED": Code.UNAUTHENTICATED,
    "PLAN_UPGRADE_REQUIRED": Code.FORBIDDEN,
    "BATCH_TERMINAL": Code.CONFLICT,
    "PROVIDER_KEY_UNAVAILABLE": Code.INVALID_REQUEST,
    "SIDECAR_UNCONFIGURED": Code.UNSUPPORTED,
}
_FIELD_MAPS = ("fieldErrors", "errors")
_WHY: Mapping[str, Reason] = {word: reason for (_, reason), word in FINER_WORDS.items()}


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> CrosswalkError:
    """The canonical error in the vendor's answer: its envelope, the flat `{"error": "…"}` of an unknown route, or a page of something in between."""
    error = read_plainly(status, headers, body, _MEANT)
    content = error.vendor_body
    if status == 404 and isinstance(content, dict) and content.keys() == {"error"} and isinstance(content["error"], str):
        # Flat, without a code: the route does not exist, which says nothing about the record (reference section 2.2).
        error.code = Code.NO_ROUTE
    issues = tuple(Issue((name,), text) for name, text in _wrong_fields(content))
    if issues and error.code is Code.INVALID_REQUEST:
        error.issues, error.message = issues, "; ".join(f"{issue.place}: {issue.message}" for issue in issues)[:500]
    error.reason = _WHY.get(error.vendor_code or "")
    if error.code is Code.NOT_FOUND:
        error.reason = Reason.UNKNOWN_RECORD
    return error


def _wrong_fields(content: Json) -> list[tuple[str, str]]:
    """The fields a refusal names: in a map of messages by field, at the top or inside `error` or its `details`."""
    inside = content.get("error") if isinstance(content, dict) else None
    details = inside.get("details") if isinstance(inside, dict) else None
    for place in (details, inside, content):
        found = next((place[name] for name in _FIELD_MAPS if isinstance(place.get(name), dict)), None) if isinstance(place, dict) else None
        if found:
            return [
                (str(name)[:100], "; ".join(map(str, text)) if isinstance(text, list) else str(text))
                for name, text in list(found.items())[:20]
            ]
    return []
