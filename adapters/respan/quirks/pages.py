"""Pages: `{"count", "next", "previous", "current_filters", "results"}`, numbered from 1, empty past the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from adapters.base import Route
from adapters.body import read_json
from adapters.http import Request, Response, json_response
from adapters.mapping import ABSENT, Codec
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import Call
from schemas.query import ListArgs

LARGEST = 100  # documented
_LINKS = ("next", "previous", "current_filters")


@dataclass(frozen=True)
class Page:
    """A page of items. The canonical page may carry `next`, `previous` and `current_filters` beside its items and total."""

    item: Codec

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        inner = scope.at("results/*", "items/*")
        page: JsonObject = {"items": [self.item.decode(entry, inner) for entry in value["results"]], "total": value["count"]}
        page.update((name, value[name]) for name in _LINKS if name in value)
        return page

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        inner = scope.at("results/*", "items/*")
        results = [self.item.encode(entry, inner) for entry in value["items"]]
        links: JsonObject = {"next": None, "previous": None, "current_filters": {}}
        return {"count": value.get("total", len(results)), **{name: value.get(name, links[name]) for name in _LINKS}, "results": results}


@dataclass(frozen=True)
class Bare:
    """The items alone, as an array: the older list of experiments."""

    item: Codec

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        # Documentation and client code say an array, the backend's own schema says an envelope.
        entries = value["results"] if isinstance(value, dict) else value
        inner = scope.at("*", "items/*")
        return {"items": [self.item.decode(entry, inner) for entry in entries]}

    def encode(self, value: JsonObject, scope: Scope) -> list[Json]:
        inner = scope.at("*", "items/*")
        return [self.item.encode(entry, inner) for entry in value["items"]]


@dataclass(frozen=True)
class Taken:
    """A page as the vendor sends it: an envelope, or the bare array that older servers answer with."""

    item: Codec

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        entries = value["results"] if isinstance(value, dict) else value
        inner = scope.at("results/*", "items/*")
        page: JsonObject = {"items": [self.item.decode(entry, inner) for entry in entries]}
        count = value.get("count", value.get("total_count")) if isinstance(value, dict) else len(entries)
        return page if count is None else {**page, "total": count}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return Page(self.item).encode(value, scope)


@dataclass(frozen=True)
class Sort:
    """`sort_by`: one key, `-` in front for descending. A key this list does not know changes nothing, which the notes say."""

    keys: Mapping[str, str]
    prefixes: Mapping[str, Callable[[str, Scope], str]] = field(default_factory=dict)

    def decode(self, value: Json, scope: Scope) -> Json:
        minus, name = ("-", value[1:]) if str(value).startswith("-") else ("", value)
        known = self.keys.get(name) or self._family(name, scope)
        if known is None:
            scope.note(Fate.IGNORED, reason="unknown sort key")
            return ABSENT
        return [minus + known]

    def encode(self, value: Json, scope: Scope) -> Json:
        minus, name = ("-", value[0][1:]) if value[0].startswith("-") else ("", value[0])
        word = next((word for word, canonical in self.keys.items() if canonical == name), None)
        return ABSENT if word is None else minus + word

    def _family(self, name: str, scope: Scope) -> str | None:
        found = (make(name[len(prefix) :], scope) for prefix, make in self.prefixes.items() if name.startswith(prefix))
        return next(found, None)


def place(given: JsonObject, scope: Scope) -> JsonObject:
    """`page` and `page_size` as what to skip and what to take, with the count the envelope needs."""
    size = given["page_size"]
    return {"offset": (given["page"] - 1) * size, "limit": size, "total": True}


def numbered(given: JsonObject, scope: Scope) -> JsonObject:
    """The other way round, for calling the vendor, whose pages hold 100 items at most."""
    size = min(given.get("limit") or LARGEST, LARGEST)
    return {"page": (given.get("offset") or 0) // size + 1, "page_size": size}


def page(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """The answer of a list, with absolute links to its neighbours and the filters it was asked for."""
    return json_response(route.ok, linked(route, request, call, reply, scope))


def linked(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Any:
    """The page that `page` answers with, as a document."""
    content = {**reply, **_links(request, call, reply, scope), "current_filters": asked_filters(request)}
    return route.reply.encode(content, scope)


def _links(request: Request, call: Call, reply: JsonObject, scope: Scope) -> JsonObject:
    args = call.args
    if not isinstance(args, ListArgs) or not args.limit:
        return {}
    here, last = (args.offset or 0) // args.limit + 1, -(-int(reply.get("total") or 0) // args.limit)

    def link(number: int) -> str | None:
        if not 1 <= number <= last:
            return None
        query = [(name, value) for name, value in request.query if name not in ("page", "page_size")]
        return f"{scope.base_url}{request.path}?{urlencode([*query, ('page', number), ('page_size', args.limit)])}"

    return {"next": link(here + 1), "previous": link(here - 1)}


def asked_filters(request: Request) -> Json:
    """The `filters` of the request's body as they came, `{}` without any."""
    if not request.body.strip():
        return {}
    try:
        body = read_json(request.body)
    except CrosswalkError:
        return {}
    filters = body.get("filters") if isinstance(body, dict) else None
    # The clients' models expect a map here; the list of the first form has none to give.
    return filters if isinstance(filters, dict) else {}
