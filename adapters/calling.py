"""A dialect's routes the other way round: the request that says a canonical call to the vendor, and the canonical reply in the vendor's answer."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from adapters.base import Adapter, Route
from adapters.body import read_json
from adapters.http import Request, Response, dump_json
from adapters.mapping import SAME
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call

_PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)


def route_for(adapter: Adapter, call: Call) -> Route | None:
    """The route that asks the vendor for this call: the first of the operation that both ways are tables for; None when there is none."""
    for route in adapter.by_operation.get(call.op, ()):
        if route.plan is None and route.present is None and (SPECS[call.op].body is None or route.request is not None):
            return route
    return None


def encode_call(adapter: Adapter, route: Route, call: Call, scope: Scope) -> Request:
    """The vendor's request for a canonical call.

    What the vendor cannot say is in `scope.notes`. Raises `CrosswalkError` (unsupported) when the path needs something the call does not say.
    """
    params = _arguments(route, call, scope)
    body = _body(route, call, scope)
    for name in route.into_body:
        if isinstance(body, dict) and name in body:
            params[name] = body.pop(name)
    path = _path(adapter, route, params)
    query = tuple(_query(params))
    if body is None:
        return Request(route.method, path, query=query)
    return Request(route.method, path, query=query, headers={"content-type": "application/json"}, body=dump_json(body))


def decode_reply(route: Route, answer: Response, scope: Scope) -> Json:
    """The canonical reply in a vendor's successful answer.

    Raises `CrosswalkError` (upstream_invalid) for an answer that is not what the vendor's contract says: no JSON, truncated, of another shape.
    """
    if answer.status == 204 or route.ok == 204:
        return {}
    if not _JSON.match(answer.media_type or ""):
        raise upstream_invalid(answer, f"The answer is {answer.media_type or 'of no type'}, not JSON.")
    try:
        content = read_json(answer.body, allow_nan=True, allow_duplicates=True)
        return route.reply.decode(route.wrap.decode(content, scope), scope)
    except CrosswalkError as error:
        raise upstream_invalid(answer, error.message) from None
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise upstream_invalid(answer, f"The answer has another shape ({type(error).__name__}: {error}).") from None


def upstream_invalid(answer: Response, message: str) -> CrosswalkError:
    """The error for an answer that is not what the vendor promises."""
    return CrosswalkError(Code.UPSTREAM_INVALID, message[:500], vendor_status=answer.status)


def _arguments(route: Route, call: Call, scope: Scope) -> JsonObject:
    said = {name: value for name, value in call.args.model_dump(exclude_unset=True).items() if name not in route.fixed}
    return route.args.encode(said, scope)


def _body(route: Route, call: Call, scope: Scope) -> Json:
    if call.body is None or route.request is None:
        return None
    body = route.request.encode(call.body.model_dump(exclude_unset=True), scope)
    return body if route.request is not SAME else dict(body)


def _path(adapter: Adapter, route: Route, params: JsonObject) -> str:
    def filled(found: re.Match[str]) -> str:
        value = params.pop(found[1], None)
        if value is None:
            raise CrosswalkError(Code.UNSUPPORTED, f"{adapter.title} needs {found[1]} for {route.op.replace('_', ' ')}.")
        return quote(str(value), safe="")

    return adapter.mounts[0] + _PLACEHOLDER.sub(filled, route.path)


def _query(params: JsonObject) -> Iterable[tuple[str, str]]:
    for name, value in params.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, _text(item)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return dump_json(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
