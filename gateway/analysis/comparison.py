"""Experiments or variants side by side, row by row, on one metric."""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gateway import statistics
from gateway.analysis.decision import decide, tests, winner
from gateway.analysis.pairing import Key, Pairing
from gateway.analysis.statement import state
from gateway.analysis.values import by_evaluator, figure, overall, verdict
from schemas.analysis import Comparison, ComparisonCell, ComparisonRow, ComparisonSide
from schemas.json import JsonObject

OVERALL = "overall score"
_LARGEST = sys.float_info.max  # a sum beyond it would be infinite, which JSON cannot say


@dataclass(frozen=True)
class Metric:
    """What is compared: the evaluator that has one of `names`, shown as `label`; without names a run's overall score."""

    label: str | None = None
    names: Collection[str] = ()

    def read(self, run: JsonObject) -> tuple[float | None, bool | None]:
        """A run's figure on this metric, and whether it passed."""
        if not self.names:
            return overall(run), run.get("passed")
        score = by_evaluator(run.get("scores", ()), self.names)
        return (figure(score), verdict(score)) if score else (None, None)


@dataclass(slots=True)
class _Cell:
    """One side's figures for one row, over its repetitions; `shown` is there when the row is on the page."""

    total: float = 0.0
    count: int = 0
    verdict: bool | None = None
    shown: ComparisonCell | None = None

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def add(self, score: float | None, passed: bool | None) -> None:
        if score is not None:
            self.total = min(max(self.total + score, -_LARGEST), _LARGEST)
            self.count += 1
        if passed is not None:
            self.verdict = passed and self.verdict is not False

    def show(self, run: JsonObject, experiment_id: str) -> None:
        """Shows the first repetition, or the first that did not fail."""
        error = run.get("error")
        if self.shown is None or (self.shown.error is not None and error is None):
            self.shown = ComparisonCell(experiment_id=experiment_id, run_id=run["id"], output=run.get("output"), error=error)

    def result(self) -> ComparisonCell | None:
        return self.shown and self.shown.model_copy(update={"score": self.mean, "passed": self.verdict})


@dataclass
class _Side:
    """One thing compared, with its cells by row."""

    about: ComparisonSide
    pairing: Pairing
    cells: dict[Key, _Cell] = field(default_factory=dict)
    runs: int = 0
    model: str | None = None
    verdicts: Counter[bool] = field(default_factory=Counter)

    def add(self, key: Key, run: JsonObject, metric: Metric) -> _Cell:
        cell = self.cells.setdefault(key, _Cell())
        score, passed = metric.read(run)
        cell.add(score, passed)
        self.runs += 1
        self.model = self.model or run.get("model")
        if passed is not None:
            self.verdicts[passed] += 1
        return cell

    def cell(self, key: Key) -> ComparisonCell:
        found = self.cells[key].result() if key in self.cells else None
        return found or ComparisonCell(experiment_id=self.about.experiment_id)

    def figures(self) -> array[float]:
        return array("d", (cell.mean for cell in self.cells.values() if cell.mean is not None))

    def result(self, figures: Sequence[float]) -> ComparisonSide:
        judged = self.verdicts.total()
        return self.about.model_copy(
            update={
                "model": self.about.model or self.model,
                "runs": self.runs,
                "scored": len(figures),
                "mean": statistics.mean(figures) if figures else None,
                "pass_rate": self.verdicts[True] / judged if judged else None,
            }
        )


class ComparisonFold:
    """Folds the runs of each side, one side after the other and each by example position, into a `Comparison`.

    Rows meet by example when all sides use one dataset, else by equal input; they come in the order of the first side, then those only later sides
    have. Of each row a few figures are held, inputs and outputs only of the rows from `offset` up to `offset + limit` (None: all). A side's `mean` and the
    tests take one figure a row, the mean over its repetitions; `pass_rate` counts every run. Less is better when the metric's scale says so.
    """

    def __init__(self, sides: Sequence[ComparisonSide], metric: Metric, alpha: float, offset: int = 0, limit: int | None = None) -> None:
        by_example = len({side.dataset_id for side in sides}) == 1 and sides[0].dataset_id is not None
        self._sides = [_Side(side, Pairing(by_example)) for side in sides]
        self._metric = metric
        self._alpha = alpha
        self._offset = offset
        self._end = None if limit is None else offset + limit
        self._places: dict[Key, int] = {}
        self._rows: dict[Key, ComparisonRow] = {}
        self._direction: statistics.Direction | None = None

    def add(self, index: int, run: JsonObject) -> None:
        """Counts one run of side `index` in."""
        side = self._sides[index]
        key = side.pairing.key(run)
        cell = side.add(key, run, self._metric)
        self._direction = self._direction or self._read_direction(run)
        if self._on_page(self._places.setdefault(key, len(self._places))):
            self._rows.setdefault(key, _row(run))
            cell.show(run, side.about.experiment_id)

    @property
    def more(self) -> bool:
        """True when there are rows after this page."""
        return self._end is not None and self._end < len(self._places)

    def result(self) -> Comparison:
        """The comparison of everything counted so far. Raises ValueError when scores are too far apart for a variance (about 1e154)."""
        groups = [side.figures() for side in self._sides]
        sides = [side.result(group) for side, group in zip(self._sides, groups, strict=True)]
        direction = self._direction or "maximize"
        decision = decide(groups, self._alpha, direction)
        label = self._metric.label or OVERALL
        return Comparison(
            metric=self._metric.label,
            alpha=self._alpha,
            sides=sides,
            rows=list(self._page()),
            tests=tests(decision, sides) if decision else [],
            winner=winner(decision, sides, label) if decision else None,
            statement=state(label, sides, decision, direction),
        )

    def _on_page(self, place: int) -> bool:
        return place >= self._offset and (self._end is None or place < self._end)

    def _page(self) -> Iterator[ComparisonRow]:
        for key, row in self._rows.items():
            yield row.model_copy(update={"cells": [side.cell(key) for side in self._sides]})

    def _read_direction(self, run: JsonObject) -> statistics.Direction | None:
        score = by_evaluator(run.get("scores", ()), self._metric.names)
        scale = score.get("scale") if score else None
        if scale is None:
            return None
        return "minimize" if scale.get("direction") == "minimize" else "maximize"


def _row(run: JsonObject) -> ComparisonRow:
    return ComparisonRow(
        example_id=run["example_id"], position=run["example_position"], input=run.get("input"), reference=run.get("reference")
    )
