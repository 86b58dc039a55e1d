"""Regular expressions from outside: a linear-time engine, bounded patterns."""

from functools import lru_cache
from typing import Protocol, cast

MAX_PATTERN = 1_000
_MAX_MEMORY = 4 << 20


class Pattern(Protocol):
    """A compiled pattern; both methods return None for no match and anything else for a match."""

    def search(self, text: str) -> object | None: ...
    def fullmatch(self, text: str) -> object | None: ...


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, *, ignore_case: bool = False, dot_all: bool = False) -> Pattern:
    """Compile an RE2 pattern (no look-around, no back-references); matching time is linear in the text.

    Raises ValueError for a pattern of more than 1,000 characters or one that RE2 does not take.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"pattern is longer than {MAX_PATTERN} characters")
    import re2  # only here: most processes never see a pattern, and the engine costs memory

    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except (re2.error, UnicodeError) as error:
        raise ValueError(f"invalid pattern: {_reason(error)}") from error


def found(pattern: Pattern, text: str) -> bool:
    """Does the pattern occur anywhere in the text? Lone surrogates, which UTF-8 cannot hold, count as `?`."""
    return pattern.search(text.encode("utf-8", "replace").decode()) is not None


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
