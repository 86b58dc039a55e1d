"""What a run or a score says in figures, and a running tally of such figures.

Runs and scores are documents shaped like `schemas.run.Run` and `Score`: what a list gives is not validated again, and an absent field is null.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Iterable
from fractions import Fraction

from gateway.statistics import mean
from schemas.json import Json, JsonObject

_CHUNK = 1024
_NAMES = ("evaluator", "evaluator_id", "evaluator_name")


class Tally:
    """Count, sum, mean, minimum and maximum of numbers that come one by one.

    Sum and mean are as good as exact and never overflow: chunks are summed with one rounding each and added as fractions.
    """

    __slots__ = ("_pending", "_total", "count", "maximum", "minimum")

    def __init__(self) -> None:
        self.count = 0
        self.minimum: float | None = None
        self.maximum: float | None = None
        self._pending: list[float] = []
        self._total = Fraction(0)

    def add(self, value: float) -> None:
        """Counts one finite number in."""
        self.count += 1
        self.minimum = value if self.minimum is None or value < self.minimum else self.minimum
        self.maximum = value if self.maximum is None or value > self.maximum else self.maximum
        self._pending.append(value)
        if len(self._pending) >= _CHUNK:
            self._fold()

    @property
    def total(self) -> float:
        """The sum, 0 without numbers; a sum beyond the largest float is that float."""
        self._fold()
        limit = Fraction(sys.float_info.max)
        return float(min(max(self._total, -limit), limit))

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, within minimum and maximum; None without numbers."""
        if self.minimum is None or self.maximum is None:
            return None
        self._fold()
        return min(max(float(self._total / self.count), self.minimum), self.maximum)

    def _fold(self) -> None:
        try:
            self._total += Fraction(math.fsum(self._pending))
        except OverflowError:
            self._total += sum(map(Fraction, self._pending), Fraction(0))
        self._pending.clear()


def number(value: Json) -> float | None:
    """A JSON value as a figure: numbers as they are, booleans as 0 and 1, anything else None."""
    if not isinstance(value, (bool, int, float)):
        return None
    try:
        figure = float(value)
    except OverflowError:
        return None
    return figure if math.isfinite(figure) else None


def figure(score: JsonObject) -> float | None:
    """A score as a figure; None when it failed or is no number."""
    return None if score.get("error") is not None else number(score.get("value"))


def verdict(score: JsonObject) -> bool | None:
    """Whether a score passed: what was said, else a boolean's own value, else unknown."""
    if score.get("error") is not None:
        return None
    passed = score.get("passed")
    said = score.get("value") if passed is None else passed
    return said if isinstance(said, bool) else None


def passed(run: JsonObject) -> bool | None:
    """Whether a run passed: what was said about it, else that every verdict of its scores is yes; None when there is none."""
    said = run.get("passed")
    if isinstance(said, bool):
        return said
    verdicts = [found for found in map(verdict, run.get("scores") or ()) if found is not None]
    return all(verdicts) if verdicts else None


def by_evaluator(scores: Iterable[JsonObject], wanted: Collection[str]) -> JsonObject | None:
    """The score whose evaluator's key, id or name is one of `wanted`; None when there is none."""
    return next((score for score in scores if any(score.get(name) in wanted for name in _NAMES)), None)


def overall(run: JsonObject) -> float | None:
    """A run in one figure: its own score, else the mean of its scores, else passed as 1 and failed as 0."""
    if run.get("score") is not None:
        return number(run["score"])
    values = [value for score in run.get("scores", ()) if (value := figure(score)) is not None]
    return mean(values) if values else number(run.get("passed"))


def latency(run: JsonObject) -> float | None:
    """How long a run took, in milliseconds; None when it is not known."""
    if run.get("latency_ms") is not None:
        return number(run["latency_ms"])
    start, end = run.get("started_at"), run.get("ended_at")
    return None if start is None or end is None else float((end - start).total_seconds() * 1000)
