"""A dialect as an older server of its vendor speaks it: without the routes and fields that came later, and with what they took the place of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from adapters.base import Adapter, Route
from adapters.mapping import Shape

_CODECS = ("args", "request", "body_args", "reply", "wrap", "taken")
_NUMBERS = re.compile(r"\d+")


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers to compare by: `11.38` and `11.38.0` are the same."""
    found = [int(part) for part in _NUMBERS.findall(version)]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def spoken(adapter: Adapter, version: str) -> Adapter:
    """The dialect of a server of that version (`"11.38"`); an empty one stands for the newest that is known."""
    if not version:
        return adapter
    at = numbers(version)
    dialect = replace(adapter, **_earlier(adapter.before, at))
    return replace(
        dialect,
        routes=tuple(_route(route, at) for route in dialect.routes if numbers(route.since) <= at),
        outgoing=tuple(_route(route, at) for route in dialect.outgoing if numbers(route.since) <= at),
    )


def came(adapter: Adapter) -> dict[str, list[str]]:
    """The operations, and the fields of others by their wire names, that came with each version, newest first."""
    found: dict[str, dict[str, None]] = {}
    for route in adapter.routes:
        if route.since:
            found.setdefault(route.since, {})[route.op.replace("_", " ")] = None
        for version, names in _fields(tuple(getattr(route, name) for name in _CODECS)):
            found.setdefault(version, {}).update({f"`{name}`": None for name in names})
    return {version: list(found[version]) for version in sorted(found, key=numbers, reverse=True)}


def _fields(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields in a codec that came with a version."""
    if isinstance(value, Shape):
        yield from value.since.items()
    if isinstance(value, tuple):
        parts = value
    else:
        parts = tuple(getattr(value, item.name) for item in fields(value)) if is_dataclass(value) and not isinstance(value, type) else ()
    for part in parts:
        yield from _fields(part)


def _route(route: Route, at: tuple[int, ...]) -> Route:
    earlier = replace(route, **_earlier(route.before, at))
    return replace(earlier, **{name: _resolved(getattr(earlier, name), at) for name in _CODECS})


def _earlier(before: Mapping[str, Mapping[str, Any]], at: tuple[int, ...]) -> dict[str, Any]:
    """What was otherwise at that version: of several changes to one thing the earliest that was still to come tells how it was."""
    found: dict[str, Any] = {}
    for version in sorted(before, key=numbers, reverse=True):
        if at < numbers(version):
            found.update(before[version])
    return found


def _resolved(value: Any, at: tuple[int, ...]) -> Any:
    """A codec with every shape in it as it was."""
    if isinstance(value, Shape):
        value = value.without(frozenset(name for version, names in value.since.items() if at < numbers(version) for name in names))
    if isinstance(value, tuple):
        parts = tuple(_resolved(part, at) for part in value)
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for item in fields(value):
        old = getattr(value, item.name)
        new = _resolved(old, at)
        if new is not old:
            changed[item.name] = new
    return replace(value, **changed) if changed else value
