"""Where a page of a sorted list begins: what its first record is sorted by, so that nothing made or deleted meanwhile moves it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from gateway.local.conditions import Ascending, Descending, value
from schemas.errors import Code, CrosswalkError, Reason

Document = Mapping[str, Any]
Key = tuple[Ascending, ...]

_MARK = "@"
_LONGEST = 200  # characters of a text that count: a cursor travels in URLs
_MOMENT = 1  # the rank of times in `gateway.local.conditions`


def bad_cursor(cursor: str) -> CrosswalkError:
    """The error for a cursor that no page gave."""
    return CrosswalkError(Code.INVALID_REQUEST, f"Invalid cursor: {cursor[:80]!r}.", Reason.BAD_CURSOR, reference=cursor)


def identity(document: Document) -> str:
    """What tells a record of a list from the others."""
    found = document.get("id") or next((part["id"] for name in ("run", "example") if (part := document.get(name))), "")
    return str(found)


class Keyset:
    """The order that `sort` names (`-` in front for descending); records equal by that stand newest first, or oldest first."""

    def __init__(self, sort: Sequence[str], *, newest_first: bool = True) -> None:
        last = Descending if newest_first else Ascending
        named = [(_reader(name.removeprefix("-")), Descending if name.startswith("-") else Ascending) for name in sort]
        self._parts: list[tuple[Callable[[Document], Any], type[Ascending]]] = [*named, (_reader("created_at"), last), (identity, last)]

    def key(self, document: Document) -> Key:
        """The document's place in the order."""
        return tuple(_bounded(direction(read(document))) for read, direction in self._parts)

    def cursor(self, document: Document) -> str:
        """The cursor of the page that begins with this document."""
        return _MARK + urlsafe_b64encode(orjson.dumps([part.key for part in self.key(document)])).decode().rstrip("=")

    def start(self, cursor: str) -> Key:
        """The place that a cursor names. Raises CrosswalkError (bad_cursor)."""
        try:
            content = orjson.loads(urlsafe_b64decode(cursor.removeprefix(_MARK) + "=="))
            places = list(self._places(content)) if cursor.startswith(_MARK) else []
        except (ValueError, TypeError):
            places = []
        if len(places) != len(self._parts):
            raise bad_cursor(cursor)
        return tuple(places)

    def _places(self, content: Any) -> Iterator[Ascending]:
        for (_, direction), (rank, item) in zip(self._parts, content, strict=True):
            place = direction(None)
            place.key = (int(rank), datetime.fromisoformat(item) if rank == _MOMENT else _comparable(int(rank), item))
            yield place


def _reader(field: str) -> Callable[[Document], Any]:
    return lambda document: value(document, field)


def _bounded(place: Ascending) -> Ascending:
    rank, item = place.key
    if isinstance(item, str) and len(item) > _LONGEST:
        place.key = (rank, item[:_LONGEST])
    return place


def _comparable(rank: int, item: Any) -> Any:
    """The value of a rank, which compares with others of it. Raises ValueError."""
    if isinstance(item, str if rank in (2, 3) else bool | int | float):
        return item
    raise ValueError(rank)
