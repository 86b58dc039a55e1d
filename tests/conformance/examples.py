"""The examples every dialect ships: one JSON file each, with the route it belongs to and where it comes from.

    {"source", "route": "POST /path/{template}", "part": "request" | "reply", "status", "body", "one_way"?: reason, "older"?: reason}

`one_way` says why a reply cannot be read back (a page of text, say). `older` marks a spelling that is accepted and never written.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from adapters.base import Adapter, Route
from adapters.mapping import Shape
from adapters.registry import discover
from adapters.scope import Scope
from schemas.json import Json


@dataclass(frozen=True)
class Example:
    """One example with its dialect and route."""

    name: str
    adapter: Adapter
    route: Route
    part: str
    body: Json
    source: str
    one_way: str | None
    older: str | None

    def __str__(self) -> str:
        return f"{self.adapter.name}:{self.name}"


def examples(part: str | None = None) -> list[Example]:
    """Every example of every dialect, or those of one part."""
    return [example for adapter in discover().values() for example in _of(adapter) if part in (None, example.part)]


def scope_of(adapter: Adapter) -> Scope:
    """A scope as the gateway gives it, without a store."""
    return Scope(
        dialect=adapter.name, options=adapter.options(), base_url="http://gateway.test/x", request_id="r1", defaults={"model": "echo"}
    )


def shapes(codec: Any) -> Iterator[Shape]:
    """The object shapes a codec is made of."""
    if isinstance(codec, Shape):
        yield codec
    for name in ("item", "first", "second"):
        inner = getattr(codec, name, None)
        if inner is not None and inner is not codec:
            yield from shapes(inner)


def partial(codec: Any) -> bool:
    """Whether a codec shows a part of its record on purpose, and says so (`partial`)."""
    inner = [getattr(codec, name, None) for name in ("item", "first", "second")]
    return getattr(codec, "partial", False) or any(part is not None and part is not codec and partial(part) for part in inner)


def _of(adapter: Adapter) -> Iterator[Example]:
    module = import_module(f"adapters.{adapter.name}")
    assert module.__file__
    for path in sorted((Path(module.__file__).parent / "examples").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        yield Example(
            path.stem,
            adapter,
            _route(adapter, content["route"], path.name),
            content["part"],
            content["body"],
            content["source"],
            content.get("one_way"),
            content.get("older"),
        )


def _route(adapter: Adapter, text: str, file: str) -> Route:
    method, _, path = text.partition(" ")
    for route in adapter.routes:
        if route.method == method and route.path == path:
            return route
    raise AssertionError(f"{file} names a route {adapter.name} does not have: {text}")
