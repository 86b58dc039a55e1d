"""From a request's path to a dialect, a target and a route."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import compile_path

from adapters.base import Adapter, Plain, Route
from adapters.unserved import NotServed

_TARGET = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Address:
    """The first segment of a path: which dialect, and which target when it names one (`/NAME@TARGET/…`); `path` is the rest, beginning with `/`."""

    dialect: str
    target: str | None
    path: str
    prefix: str


@dataclass
class Endpoint:
    """One path of a dialect and what answers it, by method; `given` are the rows a query parameter chooses, by method and parameter."""

    template: str
    pattern: re.Pattern[str]
    convertors: Mapping[str, Any]
    methods: dict[str, Route | Plain] = field(default_factory=dict)
    given: dict[tuple[str, str], Route] = field(default_factory=dict)

    @property
    def allow(self) -> tuple[str, ...]:
        """The methods that work here, HEAD with GET."""
        return tuple(sorted({*self.methods, *(("HEAD",) if "GET" in self.methods else ())}))

    def entry(self, method: str, parameters: Iterable[str]) -> Route | Plain | None:
        """What answers a method, when the query has these parameters."""
        if self.given:
            chosen = next((self.given[method, name] for name in parameters if (method, name) in self.given), None)
            if chosen is not None:
                return chosen
        return self.methods.get(method)


@dataclass(frozen=True)
class Match:
    """An endpoint that fits a path, and the values of its placeholders."""

    endpoint: Endpoint
    params: Mapping[str, str]


def prefix_of(adapter: Adapter) -> str:
    """The first path segment a dialect is served under."""
    return adapter.prefix or adapter.name


def address(path: str, prefixes: Mapping[str, str]) -> Address | None:
    """Which dialect a path belongs to, None when it belongs to none; `prefixes` maps first segments to dialects."""
    first, slash, rest = path.removeprefix("/").partition("/")
    prefix, at, target = first.partition("@")
    dialect = prefixes.get(prefix)
    if dialect is None or (at and not _TARGET.fullmatch(target)):
        return None
    return Address(dialect, target or None, slash + rest or "/", "/" + first)


class Router:
    """The paths of one dialect. Several methods of one path are one endpoint, so that `Allow` tells the truth."""

    def __init__(self, adapter: Adapter) -> None:
        self._literal: dict[str, Endpoint] = {}
        self._patterns: list[Endpoint] = []
        for mount in adapter.mounts:
            entries: tuple[Route | Plain, ...] = (*adapter.routes, *adapter.pages)
            for entry in entries:
                for path in _spellings(mount + entry.path, adapter.slash):
                    self._add(path, entry)

    def match(self, path: str) -> Match | None:
        """The endpoint for a path, None when there is none. Literal paths come before those with placeholders."""
        literal = self._literal.get(path)
        if literal is not None:
            return Match(literal, {})
        for endpoint in self._patterns:
            found = endpoint.pattern.match(path)
            if found:
                return Match(endpoint, found.groupdict())
        return None

    def _add(self, path: str, entry: Route | Plain) -> None:
        endpoint = self._literal.get(path) or next((known for known in self._patterns if known.template == path), None)
        if endpoint is None:
            pattern, _, convertors = compile_path(path)
            endpoint = Endpoint(path, pattern, convertors)
            if convertors:
                self._patterns.append(endpoint)
            else:
                self._literal[path] = endpoint
        if isinstance(entry, Route) and entry.given:
            endpoint.given.setdefault((entry.method, entry.given), entry)
        else:
            endpoint.methods.setdefault(entry.method, entry)


class Unserved:
    """The operations of a dialect's vendor that are not here, found by method and path."""

    def __init__(self, adapter: Adapter) -> None:
        self._literal: dict[tuple[str, str], NotServed] = {}
        self._patterns: list[tuple[str, re.Pattern[str], NotServed]] = []
        for mount in adapter.mounts:
            for row in adapter.not_served:
                for path in _spellings(mount + row.path, adapter.slash):
                    self._add(path, row)

    def named(self, method: str, path: str, match: Match | None, *, served: bool) -> NotServed | None:
        """The operation a request asks for. What is served is not looked for here, but where a placeholder took a word of the vendor's for an id."""
        if served and (match is None or not match.params):
            return None
        literal = self._literal.get((method, path))
        if literal is not None or served:
            return literal
        return next((row for known, pattern, row in self._patterns if known == method and pattern.match(path)), None)

    def _add(self, path: str, row: NotServed) -> None:
        pattern, _, convertors = compile_path(path)
        if convertors:
            self._patterns.append((row.method, pattern, row))
        else:
            self._literal[row.method, path] = row


def _spellings(path: str, both: bool) -> Iterable[str]:
    yield path
    if both:
        yield path.removesuffix("/") if path.endswith("/") else path + "/"
