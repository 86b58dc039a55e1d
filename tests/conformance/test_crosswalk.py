"""From one dialect into every other one and back into the canonical model: equal, minus exactly what the notes name."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.base import Adapter, Route, split
from adapters.mapping import SAME, Codec
from adapters.notes import Fate
from adapters.registry import discover
from schemas.ids import Ids, Kind
from schemas.references import kind_of, renamed
from tests.conformance.examples import Example, examples, partial, scope_of

_NOT_COMPARED = frozenset({"extensions"})
_NOTHING: tuple[Any, ...] = (None, "", {}, [])


def _pairs(part: str) -> Iterator[Any]:
    for example in examples(part):
        for adapter in discover().values():
            routes = adapter.by_operation.get(example.route.op, ())
            route = next((r for r in routes if _reversible(r, part) and _of_one_kind(r, example.route)), None)
            if adapter.name != example.adapter.name and route is not None and not example.one_way:
                yield pytest.param(example, adapter, route, id=f"{example}-{adapter.name}")


def _of_one_kind(route: Route, other: Route) -> bool:
    """Whether two routes may be about the same record: documents of different kinds have nothing in common."""
    return "kind" not in route.fixed or "kind" not in other.fixed or route.fixed["kind"] == other.fixed["kind"]


def _reversible(route: Route, part: str) -> bool:
    return route.request is not None if part == "request" else route.present is None and route.ok != 204 and not partial(route.reply)


@pytest.mark.parametrize(("example", "adapter", "route"), list(_pairs("request")))
def test_a_request_survives_the_other_dialect(example: Example, adapter: Adapter, route: Route) -> None:
    source = example.route.request or SAME
    body = split(example.body, example.route.body_args or SAME)[1]
    _survives(source.decode(body, scope_of(example.adapter)), adapter, route.request or SAME, kind_of(example.route.op))


@pytest.mark.parametrize(("example", "adapter", "route"), list(_pairs("reply")))
def test_a_reply_survives_the_other_dialect(example: Example, adapter: Adapter, route: Route) -> None:
    scope = scope_of(example.adapter)
    canonical = example.route.reply.decode(example.route.wrap.decode(example.body, scope), scope)
    _survives(canonical, adapter, route.reply, kind_of(example.route.op))


def _survives(canonical: Any, adapter: Adapter, codec: Codec, own: Kind | None) -> None:
    scope = scope_of(adapter)
    canonical = _numbered(canonical, own)
    back = codec.decode(codec.encode(canonical, scope), scope_of(adapter))
    excused = {note.canonical for note in scope.notes.all() if note.fate in (Fate.LOST, Fate.COERCED, Fate.DEFAULTED)}
    assert _differences(canonical, back, "", excused) == []


def _numbered(canonical: Any, own: Kind | None) -> Any:
    """The document with canonical ids for the examples' own, as a gateway with a store gives them."""
    ids, given = Ids(), dict[tuple[Kind, str], str]()

    def number(kind: Kind, text: str) -> str:
        if ids.parse(text) is None and (kind, text) not in given:
            given[kind, text] = ids.make(kind, 1 + len(given))
        return given.get((kind, text), text)

    return renamed(canonical, number, own)


def _differences(before: Any, after: Any, pointer: str, excused: set[str]) -> list[str]:
    if pointer in excused or before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in before if name not in _NOT_COMPARED]
        return [d for name in names for d in _differences(before[name], after.get(name), f"{pointer}/{name}", excused)]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [d for one, other in zip(before, after, strict=True) for d in _differences(one, other, f"{pointer}/*", excused)]
    return [] if before in _NOTHING and after in _NOTHING else [f"{pointer or '/'}: {before!r} became {after!r}"]
