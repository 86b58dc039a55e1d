"""Questions about any JSON value: are two the same, how is one written, by which key are equal ones found."""

import hashlib
import json
from collections.abc import Sequence
from typing import TypeGuard

from schemas.json import Json


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


def patched(value: Json, patch: Json) -> Json:
    """A value changed by a JSON merge patch (RFC 7396): objects are joined, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), change)
    return result


def fingerprint(value: object) -> str:
    """A key that is equal for equal values (64 hex digits): SHA-256 of the JSON text with sorted keys, no white space and whole numbers without a fraction."""
    text = json.dumps(_normal(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _normal(value: object) -> object:
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if is_list(value):
        return [_normal(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
