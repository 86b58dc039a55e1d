"""Requests: a route of a dialect, its placeholders, query, headers and body filled at random."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel

from adapters.base import Adapter, Route
from adapters.registry import discover
from gateway.routing import prefix_of
from schemas.operations import SPECS
from tests.conformance.examples import examples
from tests.fuzz import raw
from tests.fuzz.values import Values
from tests.pools import Pools

_PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
_TYPES = (
    "text/plain",
    "application/x-protobuf",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin-1",
    "",
    "application/xml",
)
_METHODS = ("PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "QUERY")


@dataclass(frozen=True)
class Asked:
    """One request as it goes over the wire; `template` names the route for messages and for the ids in the answer."""

    dialect: str
    template: str
    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    times: int = field(default=1, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path[:300]}?{self.query[:200]} {dict(self.headers)} {self.body[:600]!r}"


class Requests:
    """An endless supply of requests, the same for the same seed and the same answers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.pools = {name: Pools(40) for name in discover()}
        self._choices = _choices()
        self._weights = [choice.weight for choice in self._choices]

    def __iter__(self) -> Iterator[Asked]:
        while True:
            choice = self._random.choices(self._choices, self._weights)[0]
            asked = self._asked(choice, Values(self._random, self.pools[choice.adapter.name]))
            # Now and then several callers say the same at once.
            yield replace(asked, times=self._random.choice((2, 3, 6)) if self._random.random() < 0.03 else 1)

    def _asked(self, choice: "Choice", values: Values) -> Asked:
        adapter, route, chance = choice.adapter, choice.route, self._random.random
        template = self._random.choice(adapter.mounts) + route.path
        path = f"/{prefix_of(adapter)}{self._path(template, values)}"
        if chance() < 0.02:
            path += self._random.choice(("/", "/nope", "%00", "%0A", "//", "/..", "%ff"))
        method = self._random.choice(_METHODS) if chance() < 0.01 else "HEAD" if route.method == "GET" and chance() < 0.02 else route.method
        headers, body = self._content(choice, values)
        return Asked(adapter.name, template, method, path, self._query(choice.query, values), headers, body)

    def _path(self, template: str, values: Values) -> str:
        def filled(match: re.Match[str]) -> str:
            name, before = match.group(1), match.string[: match.start()]
            value: Any = values.identifier(name, before) if self._random.random() < 0.93 else values.strange()
            text = value if isinstance(value, str) else json.dumps(value)[:500]
            return quote(text[:500].encode("utf-8", "surrogatepass"), safe="") or "-"

        for place in reversed(list(_PLACE.finditer(template))):
            known = values.pools.trails(template[: place.end()])
            if known and self._random.random() < 0.6:
                return self._random.choice(known) + _PLACE.sub(filled, template[place.end() :])
        return _PLACE.sub(filled, template)

    def _query(self, schema: dict[str, Any], values: Values) -> str:
        pairs = []
        for name, inner in schema.get("properties", {}).items():
            if self._random.random() < (0.9 if name in schema.get("required", ()) else 0.2):
                value = values.of(inner, schema.get("$defs", {}), name)
                pairs += [(name, item) for item in (value if isinstance(value, list) else [value])][:20]
        return "&".join(f"{name}={quote_plus(_text(value))}" for name, value in pairs)

    def _content(self, choice: "Choice", values: Values) -> tuple[tuple[tuple[str, str], ...], bytes]:
        headers = [("content-type", "application/json")] if choice.route.method not in ("GET", "DELETE") else []
        body = self._body(choice, values)
        if choice.raw and self._random.random() < 0.4:
            media_type, whole = self._random.choice(choice.raw)
            headers, body = [("content-type", media_type)], whole if self._random.random() < 0.5 else self._flipped(whole)
        if self._random.random() < 0.02:
            headers = [("content-type", self._random.choice(_TYPES))]
        for name, value in _HEADERS:
            if self._random.random() < 0.02:
                headers.append((name, value))
        return tuple(headers), body

    def _body(self, choice: "Choice", values: Values) -> bytes:
        known, schema = choice.bodies, choice.schema
        if known and (schema is None or self._random.random() < 0.6):
            content = values.mutated(self._random.choice(known), self._random.choice((0.0, 0.05, 0.2)))
        elif schema is not None:
            content = values.of(schema, schema.get("$defs", {}))
        else:
            return b"{}" if self._random.random() < 0.05 else b""
        text = json.dumps(content, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")
        return self._broken(text) if self._random.random() < 0.02 else text

    def _flipped(self, whole: bytes) -> bytes:
        """A few bytes changed, or the end cut off."""
        changed = bytearray(whole)
        for _ in range(self._random.randint(1, 6)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed[: self._random.choice((len(changed), self._random.randrange(len(changed))))])

    def _broken(self, text: bytes) -> bytes:
        cut = self._random.randrange(len(text) + 1)
        return self._random.choice(
            (
                text[:cut],
                text + b"}",
                b"\xef\xbb\xbf" + text,
                text[:cut] + b"\xff\xfe" + text[cut:],
                b"",
                b"[" * 5000,
                text * 2,
                b'{"a":1,"a":2}',
                b" " * 70_000 + text,
            )
        )


_HEADERS = (
    ("crosswalk-target", "local"),
    ("crosswalk-target", "nowhere"),
    ("accept-encoding", "gzip"),
    ("authorization", "Bearer anything"),
    ("idempotency-key", "one"),
    ("idempotency-key", "x" * 400),
    ("content-encoding", "gzip"),
    ("crosswalk-request-id", "a b"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)


@dataclass(frozen=True)
class Choice:
    """A route, what its body and query look like, bodies that are right, and how often it is taken."""

    adapter: Adapter
    route: Route
    schema: dict[str, Any] | None
    query: dict[str, Any]
    bodies: list[Any]
    raw: list[tuple[str, bytes]]
    weight: float


def _choices() -> list[Choice]:
    known: dict[tuple[str, str, str], list[Any]] = {}
    for example in examples("request"):
        known.setdefault((example.adapter.name, example.route.method, example.route.path), []).append(example.body)
    other = raw.bodies()
    return [
        Choice(
            adapter,
            route,
            _schema(_body_of(route)),
            _schema(route.query) or {},
            known.get((adapter.name, route.method, route.path), []),
            other.get((adapter.name, route.path), []) if route.method == "POST" else [],
            _weight(route),
        )
        for adapter in discover().values()
        for route in adapter.routes
    ]


def _weight(route: Route) -> float:
    """Records have to be there before anything can be asked of them, and should stay for a while."""
    first = SPECS[route.op].creates and "{" not in route.path
    return 4.0 if first else 0.25 if route.method == "DELETE" else 1.0


def _body_of(route: Route) -> Any:
    found = route.described if isinstance(route.described, type) else route.body
    return SPECS[route.op].body if found is None and route.request is not None else found


def _schema(model: Any) -> dict[str, Any] | None:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    schema = model.model_json_schema()
    return {**schema["$defs"][schema["$ref"].rsplit("/", 1)[1]], "$defs": schema["$defs"]} if "$ref" in schema else schema


def _text(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:2000].encode("utf-8", "surrogatepass")
