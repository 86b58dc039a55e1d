"""What tables cannot say: problem documents, links, and the paging query."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from adapters.base import Route
from adapters.body import read_json
from adapters.http import Request, Response, dump_json, json_response
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, invalid
from schemas.json import Json
from schemas.operations import Call
from schemas.statuses import STATUSES


def render_error(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """RFC 9457 with the members of design section 3.2."""
    status = STATUSES[error.code]
    document = {
        "type": "about:blank",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "retryable": error.retryable,
        "request_id": scope.request_id,
        "errors": [{"pointer": issue.pointer, "detail": issue.message, "type": issue.type} for issue in error.issues],
        "reference": error.reference,
        "vendor": error.vendor,
        "vendor_status": error.vendor_status,
        "vendor_code": error.vendor_code,
        "vendor_body": error.vendor_body,
    }
    content = {name: value for name, value in document.items() if value not in (None, [])}
    return Response(status, dump_json(content), "application/problem+json", _headers(error))


def _headers(error: CrosswalkError) -> dict[str, str]:
    headers = {}
    if error.code is Code.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    return headers


def page(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """A list: `{"items", "next_cursor", "next", "total"?}`, `next` being the absolute link to the next page."""
    following = reply.get("next_cursor")
    link = None
    if following is not None:
        query = [(name, value) for name, value in request.query if name != "cursor"] + [("cursor", following)]
        link = f"{scope.base_url}{request.path}?{urlencode(query)}"
    items = [route.reply.encode(item, scope) for item in reply["items"]]
    content = {"items": items, "next_cursor": following, "next": link}
    if "total" in reply:
        content["total"] = reply["total"]
    return json_response(200, content)


@dataclass(frozen=True)
class Condition:
    """A condition (`schemas.query.Condition`) as JSON text in a query parameter, over the fields of one model."""

    fields: frozenset[str]

    def decode(self, value: Json, scope: Scope) -> Json:
        try:
            condition = read_json(str(value).encode(), max_depth=20)
        except CrosswalkError:
            raise invalid("where is not JSON", "query", "where", type="json_invalid") from None
        for name in _named(condition):
            _known(name, self.fields, "where")
        return condition

    def encode(self, value: Json, scope: Scope) -> str:
        return dump_json(value).decode()


@dataclass(frozen=True)
class Sorting:
    """Names of fields of one model, `-` in front for descending: one that does not exist would order by nothing."""

    fields: frozenset[str]

    def decode(self, value: Json, scope: Scope) -> Json:
        for name in value:
            _known(name.removeprefix("-"), self.fields, "sort")
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value


def _named(condition: Json) -> Iterator[str]:
    """The fields that a condition tests, whatever else is wrong with it."""
    if isinstance(condition, dict):
        if isinstance(condition.get("field"), str):
            yield condition["field"]
        for part in (*(condition.get("all") or ()), *(condition.get("any") or ())):
            yield from _named(part)


def _known(name: str, fields: frozenset[str], parameter: str) -> None:
    if name.partition(".")[0] not in fields:
        raise invalid(f"there is no field {name[:100]!r}; there are: {', '.join(sorted(fields))}", "query", parameter, input=name[:100])


class Single:
    """One path parameter where the operation takes a list."""

    def decode(self, value: Json, scope: Scope) -> list[Json]:
        return [value]

    def encode(self, value: Json, scope: Scope) -> Json:
        return value[0]


@dataclass(frozen=True)
class InOrder:
    """A record as it is, its fields in the order of the model: what it is first, what hangs on it last."""

    fields: tuple[str, ...]

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        if not isinstance(value, dict):
            return value
        return {name: value[name] for name in self.fields if name in value} | {
            name: item for name, item in value.items() if name not in self.fields
        }
