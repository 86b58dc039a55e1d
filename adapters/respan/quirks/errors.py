"""Errors as Django REST Framework words them: `{"detail": …}` or `{"<field>": ["…"]}`."""

import math
from collections.abc import Callable, Iterator, Mapping

from adapters.base import Route
from adapters.errors import read_plainly
from adapters.http import Request, Response, json_response
from adapters.respan.tables.common import STATUS_CODES
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json, JsonObject

KEY_REFUSED = (
    "Your API key is invalid or expired, please check your API key at https://platform.respan.ai/platform/api/api-keys"  # documented, 401
)
NOT_FOUND = "Not found."  # documented, 404
SERVER_ERROR: JsonObject = {"detail": "Internal server error", "error_code": "INTERNAL_ERROR"}  # documented, 500
RATE_LIMITED = "Rate limit exceeded"  # documented, 429
_LOCATIONS = ("body", "query")
# Fields of an operation by the names this dialect has for them.
_SAID = {
    "where": "filters",
    "sort": "sort_by",
    "variants": "workflow",
    "evaluators": "evaluator_ids",
    "pipelines": "evaluator_workflow_ids",
    "evaluator": "evaluator_id",
    "reference": "expected_output",
    "alias": "experiment_id",
}
_SHOWN = 100
_LONGEST_PAUSE = 86_400


def render_error(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """The answer for an error: body and headers as the reference's section 12 lists them."""
    body = _BODIES.get(error.code, _detail)(error, request)
    return json_response(STATUS_CODES[error.code], body, _headers(error))


def _detail(error: CrosswalkError, request: Request | None) -> JsonObject:
    return {"detail": error.message}


def _invalid(error: CrosswalkError, request: Request | None) -> JsonObject:
    broken = next((issue for issue in error.issues if issue.type == "json_invalid"), None)
    if broken is not None:
        return {"detail": f"JSON parse error - {broken.context.get('error', broken.message)}"}
    rows = _row_errors(error.issues)
    if rows is not None:
        return rows
    fields = _fields(error.issues[:_SHOWN])
    return fields or {"detail": error.message}


def _row_errors(issues: tuple[Issue, ...]) -> JsonObject | None:
    """A bulk request of which no row was right: the counts a partly right one would have got."""
    if not issues or not all(issue.type == "row" for issue in issues):
        return None
    errors = [{"index": issue.path[-1], "error": issue.message} for issue in issues]
    return {"success_count": 0, "error_count": len(errors), "errors": errors[:_SHOWN], "total_errors": len(errors)}


def _fields(issues: tuple[Issue, ...]) -> JsonObject:
    found: JsonObject = {}
    for issue in issues:
        path = [str(step) for step in issue.path]
        path = path[1:] if path and path[0] in _LOCATIONS else [_SAID.get(step, step) for step in path[:1]] + path[1:]
        prefix = ".".join(path[1:])
        message = _worded(issue)
        found.setdefault(path[0] if path else "non_field_errors", []).append(f"{prefix}: {message}" if prefix else message)
    return found


def _worded(issue: Issue) -> str:
    wording = _WORDINGS.get(issue.type)
    return wording(issue) if wording else issue.message.removeprefix("Value error, ")


def _kind(value: Json) -> str:
    return type(value).__name__


_Wording = Callable[[Issue], str]
_NUMBER: _Wording = lambda issue: "A valid number is required."  # noqa: E731
_INTEGER: _Wording = lambda issue: "A valid integer is required."  # noqa: E731
_BOOLEAN: _Wording = lambda issue: "Must be a valid boolean."  # noqa: E731
_DICTIONARY: _Wording = lambda issue: f'Expected a dictionary of items but got type "{_kind(issue.input)}".'  # noqa: E731
_CHOICE: _Wording = lambda issue: f'"{str(issue.input)[:100]}" is not a valid choice.'  # noqa: E731
_DATETIME: _Wording = lambda issue: (  # noqa: E731
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
_WORDINGS: Mapping[str, _Wording] = {
    "missing": lambda issue: "This field is required.",
    "string_type": lambda issue: "This field may not be null." if issue.input is None else "Not a valid string.",
    "string_too_short": lambda issue: "This field may not be blank.",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _INTEGER),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _BOOLEAN),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _DICTIONARY),
    **dict.fromkeys(("literal_error", "enum"), _CHOICE),
    **dict.fromkeys(("datetime_parsing", "datetime_from_date_parsing", "datetime_type", "timezone_aware"), _DATETIME),
    "list_type": lambda issue: f'Expected a list of items but got type "{_kind(issue.input)}".',
    "greater_than_equal": lambda issue: f"Ensure this value is greater than or equal to {issue.context.get('ge')}.",
    "less_than_equal": lambda issue: f"Ensure this value is less than or equal to {issue.context.get('le')}.",
}


def _not_found(error: CrosswalkError, request: Request | None) -> JsonObject:
    return {"detail": NOT_FOUND}


def _refused_key(error: CrosswalkError, request: Request | None) -> JsonObject:
    return {"detail": KEY_REFUSED}


def _method(error: CrosswalkError, request: Request | None) -> JsonObject:
    method = request.method if request else error.message.partition(" ")[0]
    return {"detail": f'Method "{method}" not allowed.'}


def _limited(error: CrosswalkError, request: Request | None) -> JsonObject:
    return {"detail": RATE_LIMITED, "retry_after": _seconds(error.retry_after or 1)}


def _refused_loss(error: CrosswalkError, request: Request | None) -> JsonObject:
    return {"detail": error.message, "errors": _fields(error.issues)}


def _fault(error: CrosswalkError, request: Request | None) -> JsonObject:
    return dict(SERVER_ERROR)


_BODIES: Mapping[Code, Callable[[CrosswalkError, Request | None], JsonObject]] = {
    Code.INVALID_REQUEST: _invalid,
    Code.UNAUTHENTICATED: _refused_key,
    Code.NOT_FOUND: _not_found,
    Code.NO_ROUTE: _not_found,
    Code.METHOD_NOT_ALLOWED: _method,
    Code.RATE_LIMITED: _limited,
    Code.LOSS_REFUSED: _refused_loss,
    Code.INTERNAL: _fault,
}


def _headers(error: CrosswalkError) -> dict[str, str]:
    headers = {}
    if error.code is Code.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(_seconds(error.retry_after))
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    return headers


def _seconds(seconds: float) -> int:
    return max(1, math.ceil(seconds))


def bad_field(name: str, message: str, value: Json = None) -> CrosswalkError:
    """The error for one wrong field of a body."""
    return CrosswalkError(
        Code.INVALID_REQUEST, f"{name}: {message}", Reason.VALIDATION, issues=(Issue(("body", name), message, "value_error", value),)
    )


_CODES: Mapping[str, Code] = {"INTERNAL_ERROR": Code.UPSTREAM_INVALID}


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> CrosswalkError:
    """The canonical error in the vendor's answer: `{"detail": …}` (with `errors` by field, too), a map of fields, `{"error": …}`; the pause may stand in the body."""
    error = read_plainly(status, headers, body, _CODES)
    content = error.vendor_body
    pause = content.get("retry_after") if isinstance(content, dict) else None
    if isinstance(pause, int | float) and not isinstance(pause, bool) and 0 <= pause <= _LONGEST_PAUSE:
        error.retry_after = float(pause)
    error.reason = _REASONS.get(error.code)
    if error.code is Code.INVALID_REQUEST and isinstance(content, dict):
        error.issues = tuple(_issues(content))
    return error


_REASONS = {Code.NOT_FOUND: Reason.UNKNOWN_RECORD, Code.CONFLICT: Reason.DUPLICATE, Code.INVALID_REQUEST: Reason.VALIDATION}
_CANONICAL = {wire: canonical for canonical, wire in _SAID.items()}


def _issues(said: JsonObject) -> Iterator[Issue]:
    """One issue a message of every field that is named, under the field's canonical name."""
    named: Json = said.get("errors") if isinstance(said.get("errors"), dict) else {} if "detail" in said else said
    for name, messages in list(named.items())[:_SHOWN]:
        for message in (messages if isinstance(messages, list) else [messages])[:_SHOWN]:
            if isinstance(message, str):
                yield Issue((_CANONICAL.get(name, name),), message)
