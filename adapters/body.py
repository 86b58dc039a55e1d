"""Reading JSON from strangers: bounded in depth, exact about what is wrong."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import orjson

from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json

MAX_DEPTH = 200
_LONG = re.compile(rb"[0-9]{16}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused(ValueError):
    pass


def read_json(
    body: bytes,
    *,
    allow_nan: bool = False,
    allow_duplicates: bool = False,
    max_depth: int = MAX_DEPTH,
    non_finite: Callable[[str], Json] | None = None,
) -> Json:
    """The value of a JSON body (UTF-8, a byte-order mark allowed).

    Raises `CrosswalkError`: UNREADABLE_BODY for bytes that are no UTF-8 or nest deeper than `max_depth`, INVALID_REQUEST with one issue of type
    `json_invalid` (path `("body", offset)`) for anything else. NaN, Infinity and numbers out of range become null when
    allowed, or what `non_finite` makes of their text. Duplicate keys: last one wins when allowed. Half of a surrogate pair is refused: no UTF-8 can hold it.
    """
    if allow_duplicates and non_finite is None and not _LONG.search(body) and body.count(b"[") + body.count(b"{") <= max_depth:
        # The fast parser takes the last of duplicate keys, and reads long integers inexactly: those are not for it.
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            # What exactly is wrong, or whether anything is, the slow parser knows.
            pass
    text = _text(body)
    pairs = None if allow_duplicates else _unique
    constant: Any = non_finite or (_null if allow_nan else _no_constant)
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=_number(constant))
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _invalid(error.msg, error.pos) from None
    except _Refused as error:
        raise _invalid(str(error), 0) from None
    except UnicodeEncodeError:
        raise _invalid("a string holds half of a surrogate pair", 0) from None
    except RecursionError:
        raise CrosswalkError(Code.UNREADABLE_BODY, f"The body is nested deeper than {max_depth} levels.") from None
    except ValueError as error:
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
    raise _Refused(f"the number {word[:40]} is out of range" if word[-1].isdigit() else f"{word} is not JSON")


def _null(word: str) -> None:
    return None


def _number(out_of_range: Callable[[str], Json]) -> Callable[[str], Json]:
    def number(text: str) -> Json:
        value = float(text)
        return out_of_range(text) if value in (float("inf"), float("-inf")) else value

    return number


def _invalid(message: str, offset: int) -> CrosswalkError:
    issue = Issue(("body", offset), "JSON decode error", "json_invalid", {}, {"error": message})
    return CrosswalkError(
        Code.INVALID_REQUEST, f"The body is not JSON: {message} (character {offset}).", Reason.VALIDATION, issues=(issue,)
    )
