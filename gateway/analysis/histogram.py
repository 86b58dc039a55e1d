"""One evaluator's scores folded into bars."""

from __future__ import annotations

from array import array
from collections.abc import Collection

from gateway import statistics
from gateway.analysis.values import by_evaluator, figure
from schemas.analysis import Bin, Histogram
from schemas.json import JsonObject
from schemas.run import ValueType


class HistogramFold:
    """Folds runs, in any order, into the `Histogram` of the evaluator that has one of `names`; 8 bytes a score are held.

    Booleans give two bars, `false` from 0 to 0.5 and `true` from 0.5 to 1; numbers `bins` (1 … 50) bars of equal width from the smallest to the
    largest, one bar when all are equal, none when there are none. Scores that failed or are no numbers are left out.
    """

    def __init__(self, evaluator: str, names: Collection[str], bins: int) -> None:
        self._evaluator = evaluator
        self._names = names
        self._bins = bins
        self._values = array("d")
        self._boolean = True
        self._about: JsonObject = {}

    def add(self, run: JsonObject) -> None:
        """Counts one run's score in."""
        score = by_evaluator(run.get("scores", ()), self._names)
        value = figure(score) if score else None
        if score is None or value is None:
            return
        self._about = self._about or score
        self._boolean = self._boolean and isinstance(score["value"], bool)
        self._values.append(value)

    def result(self) -> Histogram:
        """The bars of everything counted so far."""
        known = statistics.describe(self._values)
        some = known.count > 0
        return Histogram(
            evaluator=self._about.get("evaluator", self._evaluator),
            evaluator_id=self._about.get("evaluator_id"),
            evaluator_name=self._about.get("evaluator_name"),
            value_type=(ValueType.BOOLEAN if self._boolean else ValueType.NUMBER) if some else None,
            bins=self._bars() if some else [],
            count=known.count,
            mean=known.mean if some else None,
            minimum=known.min if some else None,
            maximum=known.max if some else None,
        )

    def _bars(self) -> list[Bin]:
        if self._boolean:
            true = self._values.count(1.0)
            return [
                Bin(lower=0, upper=0.5, count=len(self._values) - true, label="false"),
                Bin(lower=0.5, upper=1, count=true, label="true"),
            ]
        return [Bin(lower=bar.lower, upper=bar.upper, count=bar.count) for bar in statistics.histogram(self._values, self._bins)]
