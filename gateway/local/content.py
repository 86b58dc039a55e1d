"""What an example says, as a hash: equal for equal content, whatever the order of keys."""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from gateway.store.types import dump

EMPTY = "0" * 64
_MODULUS = 1 << 256


def content_hash(input: Any, reference: Any, output: Any, metadata: Any) -> str:
    """64 hex digits. Raises CrosswalkError (invalid_request) for values that JSON cannot hold."""
    try:
        text = orjson.dumps([input, reference, output, metadata], option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = dump([input, reference, output, metadata]).encode()  # says what is wrong
    return hashlib.blake2b(text, digest_size=32).hexdigest()


def combine(whole: str, added: Iterable[str] = (), removed: Iterable[str] = ()) -> str:
    """The hash of a set of examples after some came and some went: a sum, so that one change costs one addition, however large the set is."""
    total = int(whole, 16) + sum(int(one, 16) for one in added) - sum(int(one, 16) for one in removed)
    return f"{total % _MODULUS:064x}"
