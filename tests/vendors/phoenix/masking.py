"""Takes out of returned values what a server or a clock made up, and nothing else.

Equal names stay equal: the third dataset id that appears becomes `<Dataset 3>` wherever it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.replay.names import PROJECT, TOKEN, kind

# The forms that the server writes and that the client gives its parsed times; any other form stays and shows.
CLOCK = re.compile(r"2\d{3}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
DATE = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")  # a time that the TypeScript client has parsed
FIXED = "2026-01-02"  # the day of the times that the scenario gives itself
DURATION = "latency_ms"
TRACE = re.compile(r"[0-9a-f]{32}")
GENERATED = re.compile(r"capitals-[0-9a-f]{8}")
LABEL = re.compile(r"<(?P<group>\w+) \d+>")
MADE_BY_THE_CLIENT = re.compile(r"DRY_RUN_[0-9a-f]{6}|ExperimentEvaluation:\d+")


def masked(value: Any, suffix: str) -> Any:
    """`value` with ids, clock times and generated names replaced, and `suffix` by a fixed word."""
    return _Masks(suffix).of(value)


def renumbered(value: Any) -> Any:
    """A masked value whose labels count from 1 anew.

    Between the steps of a scenario the real server gives a deleted record's id to the next one, so that its count falls behind.
    """
    labels: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def label(found: re.Match[str]) -> str:
        if found[0] not in labels:
            counts[found["group"]] += 1
            labels[found[0]] = f"<{found['group']} {counts[found['group']]}>"
        return labels[found[0]]

    def of(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: of(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [of(inner) for inner in item]
        return LABEL.sub(label, item) if isinstance(item, str) else item

    return of(value)


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
