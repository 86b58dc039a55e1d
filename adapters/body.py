"""Reading JSON from strangers: bounded in depth, exact about what is wrong."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json

MAX_DEPTH = 200


class _Refused(ValueError):
    pass


def read_json(body: bytes, *, allow_nan: bool = False, allow_duplicates: bool = False, max_depth: int = MAX_DEPTH) -> Json:
    """The value of a JSON body (UTF-8, a byte-order mark allowed).

    Raises `CrosswalkError`: UNREADABLE_BODY for bytes that are no UTF-8 or nest deeper than `max_depth`, INVALID_REQUEST with one issue of type
    `json_invalid` (path `("body", offset)`) for anything else. NaN and Infinity become null when allowed. Duplicate keys: last one wins when allowed.
    """
    text = _text(body)
    pairs = None if allow_duplicates else _unique
    constant: Any = (lambda _: None) if allow_nan else _no_constant
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise _invalid(error.msg, error.pos) from None
    except _Refused as error:
        raise _invalid(str(error), 0) from None
    except (ValueError, RecursionError) as error:
        raise CrosswalkError(Code.UNREADABLE_BODY, f"The body cannot be read: {error}.") from None
    # Counting brackets first spares the walk for the bodies that cannot be deep, which is nearly all of them.
    if text.count("[") + text.count("{") > max_depth and _too_deep(value, max_depth):
        raise CrosswalkError(Code.UNREADABLE_BODY, f"The body is nested deeper than {max_depth} levels.")
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CrosswalkError(Code.UNREADABLE_BODY, f"The body is not UTF-8 (byte {error.start}).") from None


def _too_deep(value: Json, limit: int) -> bool:
    """True when containers nest deeper than `limit`; walks level by level, so it cannot itself run out of stack."""
    level = [value]
    for _ in range(limit + 1):
        level = [item for container in level for item in _children(container) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _children(container: Json) -> Iterable[Json]:
    return container.values() if isinstance(container, dict) else container if isinstance(container, list) else ()


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _Refused(f"duplicate key {twice[:100]!r}")
    return found


def _no_constant(word: str) -> NoReturn:
    raise _Refused(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused(f"the number {text[:40]} is out of range")
    return number


def _invalid(message: str, offset: int) -> CrosswalkError:
    issue = Issue(("body", offset), "JSON decode error", "json_invalid", {}, {"error": message})
    return CrosswalkError(
        Code.INVALID_REQUEST, f"The body is not JSON: {message} (character {offset}).", Reason.VALIDATION, issues=(issue,)
    )
