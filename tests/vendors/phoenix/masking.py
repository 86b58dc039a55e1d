"""Takes out of returned values what a server or a clock made up, and nothing else.

Equal names stay equal: the third dataset id that appears becomes `<Dataset 3>` wherever it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.replay.names import PROJECT, TOKEN, kind

# The forms that the server writes and that the client gives its parsed times; any other form stays and shows.
CLOCK = re.compile(r"2\d{3}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
DATE = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")  # a time that the TypeScript client has parsed
FIXED = "2026-01-02"  # the day of the times that the scenario gives itself
DURATION = "latency_ms"
TRACE = re.compile(r"[0-9a-f]{32}")
GENERATED = re.compile(r"capitals-[0-9a-f]{8}")
MADE_BY_THE_CLIENT = re.compile(r"DRY_RUN_[0-9a-f]{6}|ExperimentEvaluation:\d+")


def masked(value: Any, suffix: str) -> Any:
    """`value` with ids, clock times and generated names replaced, and `suffix` by a fixed word."""
    return _Masks(suffix).of(value)


def unlike(here: Any, real: Any, at: str = "") -> Iterator[str]:
    """Where two masked values differ, one line each: pointer, value here, value there."""
    if isinstance(here, dict) and isinstance(real, dict):
        for key in here | real:
            yield from unlike(here.get(key, "(absent)"), real.get(key, "(absent)"), f"{at}/{key}")
    elif isinstance(here, list) and isinstance(real, list) and len(here) == len(real):
        for index, (one, other) in enumerate(zip(here, real, strict=True)):
            yield from unlike(one, other, f"{at}/{index}")
    elif here != real or type(here) is not type(real):
        yield f"{at}: {here!r} here, {real!r} there"


class _Masks:
    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._seen: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "<duration>" if key == DURATION else self.of(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if MADE_BY_THE_CLIENT.fullmatch(text):
            return "<evaluation>"
        if CLOCK.fullmatch(text):
            return text if text.startswith(FIXED) else "<time>"
        if DATE.fullmatch(text):
            return "<date>"
        if TRACE.fullmatch(text):
            return self._name("trace", text)
        text = PROJECT.sub(lambda found: self._name("project", found[0]), text.replace(self._suffix, "SUFFIX"))
        text = GENERATED.sub(lambda found: self._name("generated", found[0]), text)
        return TOKEN.sub(lambda found: self._id(found[0]), text)

    def _id(self, text: str) -> str:
        """An id, as it is or as it stands in a URL; any other text as it is."""
        plain = text.replace("%3D", "=")
        group = kind(plain)
        return self._name(group, plain) if group else text

    def _name(self, group: str, text: str) -> str:
        if text not in self._seen:
            self._counts[group] += 1
            self._seen[text] = f"<{group} {self._counts[group]}>"
        return self._seen[text]
