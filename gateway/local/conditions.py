"""Conditions of a list, tested on reply documents."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from schemas.errors import CrosswalkError, invalid
from schemas.filters import OPERATORS, matches
from schemas.json_values import fingerprint
from schemas.query import Condition

Document = Mapping[str, Any]
Test = Callable[[Document], bool]

MAX_DEPTH = 20
# Fields that no record holds and every one has: `input_key` is equal for equal inputs.
_DERIVED: Mapping[str, Callable[[Document], Any]] = {"input_key": lambda document: fingerprint(document.get("input"))}
_SCORE_NAMES = ("evaluator", "evaluator_id", "evaluator_name")


def test(condition: Condition | None) -> Test:
    """The condition as a function of a document. Raises CrosswalkError (invalid_request) for an unknown operator, a bad pattern or too deep a bundle."""
    if condition is None:
        return lambda document: True
    return _build(condition, 0)


def _build(condition: Condition, depth: int) -> Test:
    if depth > MAX_DEPTH:
        raise invalid(f"Conditions may be nested {MAX_DEPTH} deep.", "where")
    parts: list[Test] = []
    if condition.all is not None:
        every = [_build(part, depth + 1) for part in condition.all]
        parts.append(lambda document: all(part(document) for part in every))
    if condition.any is not None:
        some = [_build(part, depth + 1) for part in condition.any]
        parts.append(lambda document: any(part(document) for part in some))
    if condition.field is not None:
        parts.append(_leaf(condition.field, condition.operator, condition.value))
    if len(parts) == 1:
        return parts[0]
    return lambda document: all(part(document) for part in parts)


def _leaf(field: str, operator: str, expected: object) -> Test:
    if operator not in OPERATORS:
        raise invalid(f"{operator[:40]!r} is not an operator.", "where", "operator", input=operator)

    def leaf(document: Document) -> bool:
        try:
            return matches(operator, value(document, field), expected)
        except ValueError as error:
            raise _unusable(field, error) from error

    return leaf


def _unusable(field: str, error: ValueError) -> CrosswalkError:
    return invalid(str(error), "where", field)


def value(document: Document, field: str) -> Any:
    """The value a canonical field path names: `status`, `metadata.team`, `scores.accuracy` (an evaluator's key, id or name; its value). None where there is none."""
    if field in _DERIVED:
        return _DERIVED[field](document)
    head, _, rest = field.partition(".")
    found = document.get(head)
    if not rest:
        return found
    if head == "scores" and isinstance(found, list):
        return _score(found, rest)
    return _inside(found, rest)


def _inside(found: Any, path: str) -> Any:
    """A key that itself holds dots wins over a path."""
    if not isinstance(found, Mapping):
        return None
    if path in found:
        return found[path]
    head, dot, rest = path.partition(".")
    return _inside(found.get(head), rest) if dot else None


def _score(scores: list[Any], path: str) -> Any:
    for score in scores:
        if any(score.get(name) == path for name in _SCORE_NAMES):
            return score.get("value")
    name, dot, rest = path.rpartition(".")
    if not dot:
        return None
    return next((score.get(rest) for score in scores if any(score.get(key) == name for key in _SCORE_NAMES)), None)


class Ascending:
    """A value's place in an order over any JSON: numbers, then times, texts, everything else by its text; nothing at the end."""

    __slots__ = ("key",)

    def __init__(self, item: Any) -> None:
        self.key = _rank(item)

    def __lt__(self, other: "Ascending") -> bool:
        return self.key < other.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ascending) and self.key == other.key

    __hash__ = None  # type: ignore[assignment]


class Descending(Ascending):
    """The other way round; nothing is at the end here, too."""

    __slots__ = ()

    def __lt__(self, other: Ascending) -> bool:
        if 9 in (self.key[0], other.key[0]):
            return self.key[0] < other.key[0]
        return other.key < self.key


def _rank(item: Any) -> tuple[int, Any]:
    if item is None:
        return 9, 0
    if isinstance(item, bool | int | float):
        return 0, item
    if isinstance(item, datetime):
        return 1, item
    if isinstance(item, str):
        return 2, item
    return 3, repr(item)


def order(sort: list[str]) -> Callable[[Document], tuple[Ascending, ...]]:
    """A sorting key for documents: each name a canonical field, `-` in front for descending."""
    parts = [(name.removeprefix("-"), Descending if name.startswith("-") else Ascending) for name in sort]
    return lambda document: tuple(direction(value(document, field)) for field, direction in parts)


_EXACT = frozenset({"", "eq", "=", "==", "equals", "in"})


def pinned(condition: Condition | None, fields: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """Which of `fields` (texts) a condition holds to given texts, as far as that can be told without reading: every match satisfies these."""
    if condition is None:
        return []
    found = [one for part in condition.all or [] for one in pinned(part, fields)]
    wanted = condition.value if isinstance(condition.value, list) else [condition.value]
    texts = [item for item in wanted if isinstance(item, str)]
    if condition.field in fields and condition.operator in _EXACT and len(texts) == len(wanted):
        found.append((condition.field, texts))
    return found
