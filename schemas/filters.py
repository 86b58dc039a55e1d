"""The operators of list filters and conditions, as pure functions over JSON values.

The words are those filter maps use on the wire: `{"operator": "icontains", "value": ["haiku"]}`. A list as the
expected value means "any of these" (for a negative operator "none of these"). A missing value is None: it satisfies
negative operators, `isnull` and `empty`, and nothing else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from schemas.json_values import compact, is_list, same
from schemas.patterns import compile_pattern, found

Operator = Callable[[Any, Any], bool]
_Order = Callable[[int], bool]

_TRUE_WORDS = frozenset({"true", "1", "yes"})
_FALSE_WORDS = frozenset({"false", "0", "no"})
_WILDCARDS = {"%": ".*", "_": "."}


def matches(operator: str, actual: object, expected: object) -> bool:
    """Does `actual` satisfy `operator` against `expected`?

    Raises ValueError for an unknown operator, and for an invalid pattern of `regex` or `ilike`.
    """
    function = OPERATORS.get(operator)
    if function is None:
        raise ValueError(f"unknown operator {operator[:40]!r}; known: {', '.join(filter(None, OPERATORS))}")
    return function(actual, expected)


def _alternatives(expected: object) -> Sequence[object]:
    return expected if is_list(expected) else (expected,)


def _text(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return compact(value)


def _number(value: object) -> float | int | None:
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return None if value != value else value  # NaN has no place in any order


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = _text(value).casefold()
    return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str) and value[4:5] == "-" and len(value) <= 40:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


def _one_equal(actual: object, wanted: object) -> bool:
    """Equality with the leniency query strings need: "3" is 3, "true" is true, a moment is its ISO text."""
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is not None and wanted is not None and _boolean(actual) is _boolean(wanted)
    if isinstance(actual, (int, float)) or isinstance(wanted, (int, float)):
        number, other = _number(actual), _number(wanted)
        return number is not None and number == other
    if isinstance(actual, (date, datetime)) or isinstance(wanted, (date, datetime)):
        moment = _moment(actual)
        return moment is not None and moment == _moment(wanted)
    return same(actual, wanted)


def _equal(actual: object, expected: object) -> bool:
    if is_list(actual):
        whole = any(same(actual, wanted) for wanted in (expected, *_alternatives(expected)))
        return whole or _overlaps(actual, expected)
    return any(_one_equal(actual, wanted) for wanted in _alternatives(expected))


def _compare(actual: object, wanted: object) -> int | None:
    """-1, 0 or 1 as `actual` is below, at or above `wanted`; None where the two have no common order."""
    for read in _readings(actual, wanted):
        left, right = read(actual), read(wanted)
        if left is not None and right is not None:
            return int(left > right) - int(left < right)
    return None


def _readings(actual: object, wanted: object) -> tuple[Callable[[Any], Any], ...]:
    if isinstance(actual, (int, float)) or isinstance(wanted, (int, float)):
        return (_number,)
    if isinstance(actual, str) and isinstance(wanted, str):
        return (_moment, lambda value: value)
    return (_moment,)


def _ordered(accepts: _Order) -> Operator:
    def operator(actual: object, expected: object) -> bool:
        orders = (_compare(actual, wanted) for wanted in _alternatives(expected))
        return any(order is not None and accepts(order) for order in orders)

    return operator


def _textual(test: Callable[[str, str], bool]) -> Operator:
    def operator(actual: object, expected: object) -> bool:
        if actual is None:
            return False
        text = _text(actual)
        return any(test(text, _text(wanted)) for wanted in _alternatives(expected) if wanted is not None)

    return operator


def _containing(fold: Callable[[str], str]) -> Operator:
    """Substring of a text; of a list: one of its items contains it."""
    within = _textual(lambda text, part: fold(part) in fold(text))

    def operator(actual: object, expected: object) -> bool:
        if is_list(actual):
            return any(within(item, expected) for item in actual)
        return within(actual, expected)

    return operator


def _negated(operator: Operator) -> Operator:
    return lambda actual, expected: not operator(actual, expected)


def _is_null(actual: object, expected: object) -> bool:
    wanted = next(iter(_alternatives(expected)), True)
    return (actual is None) is (_boolean(wanted) is not False)


def _is_empty(actual: object, expected: object) -> bool:
    """Null, blank text, a list or object without entries. An expected false turns the question round."""
    empty = actual is None or (isinstance(actual, str) and not actual.strip()) or actual in ([], {}, ())
    return empty is not any(_boolean(wanted) is False for wanted in _alternatives(expected))


def _overlaps(actual: object, expected: object) -> bool:
    return actual is not None and any(_one_equal(item, wanted) for item in _alternatives(actual) for wanted in _alternatives(expected))


def _has_key(actual: object, expected: object) -> bool:
    return isinstance(actual, dict) and any(wanted in actual for wanted in _alternatives(expected) if isinstance(wanted, str))


def _like(text: str, pattern: str) -> bool:
    """SQL's ILIKE: `%` any run of characters, `_` one character, backslash takes the next one literally."""
    regex, characters = [], iter(pattern)
    for character in characters:
        literal = next(characters, "\\") if character == "\\" else character
        wild = _WILDCARDS.get(character)
        regex.append(wild or re.escape(literal))
    return compile_pattern("".join(regex), ignore_case=True, dot_all=True).fullmatch(text) is not None


_CONTAINS = _containing(str)
_ICONTAINS = _containing(str.casefold)
_STARTS = _textual(str.startswith)
_ENDS = _textual(str.endswith)
_DIFFERS = _negated(_equal)
_BELOW, _AT_MOST = _ordered(lambda order: order < 0), _ordered(lambda order: order <= 0)
_ABOVE, _AT_LEAST = _ordered(lambda order: order > 0), _ordered(lambda order: order >= 0)

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        **dict.fromkeys(("", "eq", "=", "==", "equals", "in"), _equal),
        **dict.fromkeys(("not", "!=", "ne", "not_equals", "notEquals", "not_in", "notIn"), _DIFFERS),
        "iexact": _textual(lambda text, wanted: text.casefold() == wanted.casefold()),
        **dict.fromkeys(("lt", "<"), _BELOW),
        **dict.fromkeys(("lte", "<="), _AT_MOST),
        **dict.fromkeys(("gt", ">"), _ABOVE),
        **dict.fromkeys(("gte", ">="), _AT_LEAST),
        "contains": _CONTAINS,
        "icontains": _ICONTAINS,
        **dict.fromkeys(("startswith", "startsWith"), _STARTS),
        **dict.fromkeys(("endswith", "endsWith"), _ENDS),
        **dict.fromkeys(("not_contains", "notContains"), _negated(_CONTAINS)),
        **dict.fromkeys(("not_startswith", "notStartsWith"), _negated(_STARTS)),
        **dict.fromkeys(("not_endswith", "notEndsWith"), _negated(_ENDS)),
        "regex": _textual(lambda text, pattern: found(compile_pattern(pattern), text)),
        "ilike": _textual(_like),
        **dict.fromkeys(("isnull", "isNull"), _is_null),
        "empty": _is_empty,
        **dict.fromkeys(("not_empty", "notEmpty"), _negated(_is_empty)),
        "overlap": _overlaps,
        **dict.fromkeys(("not_overlap", "notOverlap"), _negated(_overlaps)),
        **dict.fromkeys(("has_key", "hasKey"), _has_key),
    }
)
