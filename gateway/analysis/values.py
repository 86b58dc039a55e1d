"""What a run or a score says in figures, and a running tally of such figures."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Iterable
from fractions import Fraction

from schemas.json import Json
from schemas.run import Run, Score

_CHUNK = 1024


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


def figure(score: Score) -> float | None:
    """A score as a figure; None when it failed or is no number."""
    return None if score.error is not None else number(score.value)


def verdict(score: Score) -> bool | None:
    """Whether a score passed: what was said, else a boolean's own value, else unknown."""
    if score.error is not None:
        return None
    if score.passed is not None:
        return score.passed
    return score.value if isinstance(score.value, bool) else None


def names(score: Score) -> tuple[str | None, str | None, str | None]:
    """Everything a score's evaluator may be called by."""
    return (score.evaluator, score.evaluator_id, score.evaluator_name)


def by_evaluator(scores: Iterable[Score], wanted: Collection[str]) -> Score | None:
    """The score whose evaluator has one of the `wanted` names; None when there is none."""
    return next((score for score in scores if any(name in wanted for name in names(score))), None)


def overall(run: Run) -> float | None:
    """A run in one figure: its own score, else the mean of its scores, else passed as 1 and failed as 0."""
    if run.score is not None:
        return run.score
    tally = Tally()
    for score in run.scores:
        value = figure(score)
        if value is not None:
            tally.add(value)
    return tally.mean if tally.count else number(run.passed)


def latency(run: Run) -> float | None:
    """How long a run took, in milliseconds; None when it is not known."""
    if run.latency_ms is not None:
        return run.latency_ms
    if run.started_at is None or run.ended_at is None:
        return None
    return (run.ended_at - run.started_at).total_seconds() * 1000
