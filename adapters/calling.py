"""A dialect's routes the other way round: the request that says a canonical call to the vendor, and the canonical reply in the vendor's answer."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from adapters.base import Adapter, Route
from adapters.body import read_json
from adapters.http import Request, Response, dump_json
from adapters.mapping import ABSENT, SAME, AnyRow, Codec, Fold, Row, Shape
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import Call

ACCOUNT = "account"
"""The name in `Scope.defaults` of the vendor's id of the project that the account works in."""

_READING = frozenset({"GET", "HEAD"})
_PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
_CHOOSING = frozenset({"builtin", "kind", "account"})
"""Arguments that tell apart what has little in common: a route that fixes another value answers something else."""

_DECISIVE = frozenset({"scores", "steps"})
"""Arguments that must not be left out when a route cannot say them: the reply would lack what was asked for."""

_OWNERS = frozenset({"experiment_id", "run_id"})
"""Arguments that name what the record belongs to: a vendor whose path names the record alone needs none."""

_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)


def routes_for(adapter: Adapter, call: Call, *, piece: bool = False) -> list[Route]:
    """The routes that ask the vendor for this call, in the order they are tried.

    With `piece` only routes that give a part of the canonical reply are looked at.
    """
    return [route for route in adapter.asking(call.op) if route.piece is piece and _fits(route, call)]


def route_for(adapter: Adapter, call: Call, *, piece: bool = False) -> Route | None:
    """The first of the routes for a call; None when there is none."""
    return next(iter(routes_for(adapter, call, piece=piece)), None)


def honours(route: Route, call: Call) -> frozenset[str]:
    """The arguments of this call that the route heeds: those it has words for, and those it can mean nothing else by."""
    return says(route) | {name for name, value in route.fixed.items() if _meant(getattr(call.args, name, None)) == value}


def says(route: Route) -> frozenset[str]:
    """The arguments of its operation that a route has words for."""
    shapes = [shape for shape in (route.args, route.body_args) if isinstance(shape, Shape)]
    named = {path[0] for shape in shapes for row in shape.rows if _writes(row) for path in row.claims_canonical}
    return frozenset(named | set(route.into_body))


def orders(route: Route, sort: list[str]) -> bool:
    """Whether a list's order can be said by its route in full: what would be said means the same when it is read."""
    rows = [row for shape in (route.args, route.body_args) if isinstance(shape, Shape) for row in shape.rows]
    for row in rows:
        if isinstance(row, Row) and row.canonical == "sort":
            word = row.codec.encode(sort, Scope())
            return word is not ABSENT and row.codec.decode(word, Scope()) == sort
    return "sort" in says(route)


def unshown(route: Route) -> frozenset[str]:
    """The canonical fields that the vendor's answers do not show yet at this version, and do at a later one."""
    shape = getattr(route.reply, "item", route.reply)
    return shape.unshown if isinstance(shape, Shape) else frozenset()


def _writes(row: AnyRow) -> bool:
    """Whether a row is for writing as well as for reading."""
    return not (isinstance(row, Fold) and row.encode_fields is None)


def encode_call(adapter: Adapter, route: Route, call: Call, scope: Scope) -> Request:
    """The vendor's request for a canonical call.

    What the vendor cannot say is in `scope.notes`. Raises `CrosswalkError` (unsupported) when the path needs something the call does not say.
    """
    said = _said(route, call)
    in_body = {name: said.pop(name) for name in list(said) if name in _claimed(route.body_args)}
    params = route.args.encode(said, scope)
    body = _body(route, call, scope)
    if route.body_args is not None and (in_body or body is None):
        body = {**(body or {}), **route.body_args.encode(in_body, scope)}
    for name in route.into_body:
        if isinstance(body, dict) and name in body:
            params[name] = body.pop(name)
    if route.account and route.account not in (body if isinstance(body, dict) else params) and scope.defaults.get(ACCOUNT):
        (body if isinstance(body, dict) else params)[route.account] = scope.defaults[ACCOUNT]
    path = _path(adapter, route, params)
    query = (*_query(params), *route.sent.items())
    headers = adapter.write_headers if route.method not in _READING else {}
    if body is None:
        return Request(route.method, path, query=query, headers=headers)
    return Request(route.method, path, query=query, headers={"content-type": "application/json", **headers}, body=dump_json(body))


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
        return route.taken.decode(content, scope) if route.taken else route.reply.decode(route.wrap.decode(content, scope), scope)
    except CrosswalkError as error:
        if error.code is Code.OUTCOME_UNKNOWN:
            raise
        raise upstream_invalid(answer, error.message) from None
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise upstream_invalid(answer, f"The answer has another shape ({type(error).__name__}: {error}).") from None


def upstream_invalid(answer: Response, message: str) -> CrosswalkError:
    """The error for an answer that is not what the vendor promises."""
    return CrosswalkError(Code.UPSTREAM_INVALID, message[:500], vendor_status=answer.status)


def _fits(route: Route, call: Call) -> bool:
    """Whether the route has words for what the call must say: what it fixes is what is asked for, and the path can be filled."""
    if any(getattr(call.args, name, None) is True and value is False for name, value in route.fixed.items() if name in _DECISIVE):
        return False
    if any(getattr(call.args, name, None) != value for name, value in route.fixed.items() if name in _CHOOSING):
        return False
    if route.when is not None and not route.when(call):
        return False
    if route.way is not None:
        return True
    rows = {row.wire: row for row in route.args.rows if isinstance(row, Row)}
    for name in _PLACEHOLDER.findall(route.path):
        holder = call.body if name in route.into_body else call.args
        canonical = rows[name].canonical if name in rows else name
        if getattr(holder, canonical.partition("/")[0], None) is None:
            return False
    return True


def _said(route: Route, call: Call) -> JsonObject:
    said = call.args.model_dump(exclude_unset=True, exclude_defaults=True)
    known = says(route)
    return {name: value for name, value in said.items() if name not in route.fixed and (name in known or name not in _OWNERS)}


def _meant(value: Any) -> Json:
    return value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value


def _claimed(codec: Codec | None) -> frozenset[str]:
    if not isinstance(codec, Shape):
        return frozenset()
    return frozenset(path[0] for row in codec.rows for path in row.claims_canonical)


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
