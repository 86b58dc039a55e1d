"""Which rows of two experiments are the same row."""

from __future__ import annotations

import hashlib
from collections import Counter

import orjson

from schemas.json import Json, JsonObject

Key = str | tuple[bytes, int]


class Pairing:
    """Gives each run of one experiment the key of its row.

    Within one dataset (`by_example`) that is the example's id. Across datasets it is the input, and the k-th example of an input meets the k-th
    elsewhere; for that the runs must come by example position.
    """

    def __init__(self, by_example: bool) -> None:
        self._by_example = by_example
        self._seen: Counter[bytes] = Counter()
        self._keys: dict[str, Key] = {}

    def key(self, run: JsonObject) -> Key:
        """The same key for equal rows, whatever experiment they come from."""
        example: str = run["example_id"]
        if self._by_example:
            return example
        if example not in self._keys:
            self._keys[example] = self._next(run.get("input"))
        return self._keys[example]

    def _next(self, value: Json) -> Key:
        digest = fingerprint(value)
        self._seen[digest] += 1
        return digest, self._seen[digest]


def fingerprint(value: Json) -> bytes:
    """16 bytes, equal for inputs that mean the same: key order, 1 or 1.0, and a text or the same text as `{"input": text}` make no difference."""
    if isinstance(value, dict) and value.keys() == {"input"}:
        value = value["input"]
    return hashlib.blake2b(orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _plain(value: Json) -> Json:
    """The value with whole floats as integers, as far as orjson writes them (64 bits); larger ones as text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return f"{value}"
    return value
