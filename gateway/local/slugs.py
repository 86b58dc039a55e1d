"""Slugs: names made fit for addresses."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import count

MAX_LENGTH = 100
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """A name in lower-case letters, digits and `_`, at most 100 characters: `Response quality` is `response_quality`. Letters outside ASCII that have no
    plain form are left out; a name that leaves nothing is `unnamed`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("_", plain).strip("_")[:MAX_LENGTH] or "unnamed"


def free(name: str, taken: Callable[[str], bool]) -> str:
    """The slug of `name`, with the first number from 2 on behind it that makes it one which is not `taken`."""
    base = slug(name)
    return next(choice for choice in _choices(base) if not taken(choice))


def _choices(base: str) -> Iterator[str]:
    yield base
    yield from (f"{base}_{number}" for number in count(2))
