"""Ids that answers showed, by the collection they belong to: a random one leads nowhere."""

import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

_ID = re.compile(r"(?:\w*_)?id|\w+Id")
_VERBS = frozenset({"list", "bulk", "batch", "upload", "create", "summary", "import", "current"})


class Pools:
    """The newest ids of each collection, and of each field that names another record."""

    def __init__(self, newest: int = 12) -> None:
        self._newest = newest
        self._ids: dict[str, list[str]] = {}
        self._trails: dict[str, list[str]] = {}

    def harvest(self, value: Any, template: str, path: str = "") -> None:
        """Remember the ids in an answer to a request for a path template; `path` is where it really went, the beginning of paths to what it told of."""
        self._walk(value, collection(template))
        if path:
            shape, trail = _bare(template), _bare(path)
            for identifier in _items(value):
                _newest(self._trails.setdefault(_shape(shape) + "/{}", []), f"{trail}/{quote(identifier, safe='')}", self._newest)

    def trails(self, template: str) -> list[str]:
        """Real paths to records, for a template that ends in a placeholder."""
        return self._trails.get(_shape(template), [])

    def named(self, name: str, before: str = "") -> list[str]:
        """Ids for a field or placeholder of this name; `before` is the part of the path that leads to the placeholder."""
        stem = re.sub(r"(?:_id|Id|_ids)$", "", name)
        return [*self._ids.get(collection(before), ()), *self._ids.get(name, ()), *self._ids.get(stem + "s", ())]

    def any(self, random: random.Random) -> str | None:
        """An id of whatever kind."""
        kinds = [ids for ids in self._ids.values() if ids]
        return random.choice(random.choice(kinds)) if kinds else None

    def _walk(self, value: Any, place: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str) and inner and _ID.fullmatch(name):
                    self._add(place if name == "id" else name, inner)
                self._walk(inner, place)
        elif isinstance(value, list):
            for inner in value[:20]:
                self._walk(inner, place)

    def _add(self, key: str, identifier: str) -> None:
        _newest(self._ids.setdefault(key, []), identifier, self._newest)


def _newest(pool: list[str], one: str, most: int) -> None:
    pool.append(one)
    del pool[:-most]


def _shape(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", template)


def _bare(path: str) -> str:
    """A path without the verbs it ends in: that of the collection it asks about."""
    parts = path.rstrip("/").split("/")
    while parts and parts[-1] in _VERBS:
        parts.pop()
    return "/".join(parts)


def _items(value: Any, depth: int = 0) -> Iterator[str]:
    """The ids of the records an answer tells of: of the outermost objects that have one."""
    if isinstance(value, list):
        for item in value[:20]:
            yield from _items(item, depth + 1)
    elif isinstance(value, dict):
        own = [inner for name, inner in value.items() if isinstance(inner, str) and inner and _ID.fullmatch(name)]
        if own:
            yield value["id"] if isinstance(value.get("id"), str) else own[0]
        elif depth < 4:
            for inner in value.values():
                yield from _items(inner, depth + 1)


def collection(path: str) -> str:
    """The collection a path ends in: its last segment that is neither a placeholder nor a verb."""
    named = [part for part in path.split("/") if part and not part.startswith("{") and part not in _VERBS]
    return named[-1] if named else ""
