"""Two questions about any JSON value: are two the same, and how is one written."""

import json
from collections.abc import Sequence
from typing import TypeGuard


def same(left: object, right: object) -> bool:
    """Deep equality of JSON values: 1 equals 1.0, but true is not 1 (plain Python says it is)."""
    stack = [(left, right)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            stack.extend((value, other[key]) for key, value in one.items())
        elif is_list(one) and is_list(other):
            if len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            return False
    return True


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """A JSON array: a list or a tuple, never a text."""
    return isinstance(value, (list, tuple))


def compact(value: object) -> str:
    """A text as it is; anything else as JSON without white space, what JSON does not know as its own text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
