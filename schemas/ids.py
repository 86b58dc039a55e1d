"""Canonical ids: a UUID (version 8, RFC 9562 section 5.8) that carries its kind and its number.

A dialect that needs integers (`Experiment:7`), dashed UUIDs or bare hex gets each from the same id by arithmetic, in both directions, without
a look-up and without state: stable across restarts and replicas, and growing with the record's number.

    48 bits salt of the store | 4 bits version 8 | 12 bits kind | 2 bits variant | 14 bits space | 48 bits number
"""

import re
from enum import IntEnum
from typing import NamedTuple

_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

SALT_BITS = 48
NUMBER_BITS = 48
MAX_NUMBER = (1 << NUMBER_BITS) - 1


class Kind(IntEnum):
    """What an id names. The numbers are part of every id ever given out: never change one."""

    DATASET = 1
    DATASET_VERSION = 2
    EXAMPLE = 3
    EXPERIMENT = 4
    RUN = 5
    SCORE = 6
    EVALUATOR = 7
    PROMPT = 8
    SPLIT = 9
    TAG = 10
    PROJECT = 11
    DOCUMENT = 12
    LABEL = 13
    SPAN = 14
    RECEIPT = 15

    @property
    def title(self) -> str:
        """The kind in words: `dataset version`."""
        return self.name.lower().replace("_", " ")


class Identity(NamedTuple):
    """What an id says: the kind of record, its number (≥ 1) and the space (target) it is counted in."""

    kind: Kind
    number: int
    space: int


class Ids:
    """Makes and reads the ids of one store.

    `salt` (0 … 2^48 − 1) is drawn once per store, so that two stores never give the same id to different records.
    """

    def __init__(self, salt: int = 0, space: int = 0) -> None:
        self._salt = salt & ((1 << SALT_BITS) - 1)
        self._space = space

    @property
    def salt(self) -> int:
        """What tells this store's ids from every other's."""
        return self._salt

    def make(self, kind: Kind, number: int) -> str:
        """The id of record `number` of `kind`: 32 lower-case hex digits."""
        high = (self._salt << 16) | (8 << 12) | kind
        low = (0b10 << 62) | (self._space << NUMBER_BITS) | number
        return f"{high:016x}{low:016x}"

    def parse(self, text: str) -> Identity | None:
        """What `text` says when it is an id of this store (dashes and upper case allowed), else None."""
        if not _HEX.fullmatch(text):
            return None
        value = int(text.replace("-", ""), 16)
        high, low = value >> 64, value & ((1 << 64) - 1)
        if high >> 16 != self._salt or (high >> 12) & 0xF != 8 or low >> 62 != 0b10:
            return None
        number = low & MAX_NUMBER
        if (high & 0xFFF) not in _KINDS or number == 0:
            return None
        return Identity(_KINDS[high & 0xFFF], number, (low >> NUMBER_BITS) & 0x3FFF)

    def number(self, text: str, kind: Kind) -> int | None:
        """The number in `text` when it is an id of this kind, store and space, else None."""
        identity = self.parse(text)
        if identity is None or identity.kind is not kind or identity.space != self._space:
            return None
        return identity.number


_KINDS = {int(kind): kind for kind in Kind}


def dashed(text: str) -> str:
    """The usual UUID spelling of a 32-digit id; anything else is returned as it is."""
    if len(text) != 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
