"""A comparison's outcome as a sentence in plain English, with its figures and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway import statistics
from gateway.analysis.decision import titles
from schemas.analysis import ComparisonSide

FEW = 10
_TESTS = {"welch": "Welch's t-test", "two_proportion_z": "two-proportion z-test", "permutation": "permutation test"}
_SYMBOLS = {"welch": "t", "two_proportion_z": "z"}


def state(metric: str, sides: Sequence[ComparisonSide], decision: statistics.Comparison | None, direction: statistics.Direction) -> str:
    """What the figures of `sides` on `metric` allow to say, in one to three sentences."""
    said = [_Said(_quoted(name), side) for name, side in zip(titles(sides), sides, strict=True)]
    if decision is None:
        return _nothing_to_compare(metric, said)
    parts = [_ranking(metric, said, decision, direction), _significance(decision), _caution(said, decision)]
    return " ".join(filter(None, parts))


class _Said(NamedTuple):
    """A side and what to call it."""

    name: str
    side: ComparisonSide

    @property
    def figures(self) -> str:
        rows = "row" if self.side.scored == 1 else "rows"
        return f"a mean of {_number(self.side.mean or 0.0)} over {self.side.scored} {rows}"


def _nothing_to_compare(metric: str, said: Sequence[_Said]) -> str:
    scored = [one for one in said if one.side.scored]
    if not scored:
        return f"No side has a score for {metric}, so there is nothing to compare."
    return f"Only {scored[0].name} has scores for {metric} ({scored[0].figures}), so there is nothing to compare."


def _ranking(metric: str, said: Sequence[_Said], decision: statistics.Comparison, direction: statistics.Direction) -> str:
    best, others = said[int(decision.best)], [said[int(pair.other)] for pair in decision.pairs]
    against = "; ".join(f"{other.name} has {other.figures}" for other in others)
    if decision.pairs[0].effect == 0:
        return f"On {metric} there is no best side: {best.name} has {best.figures}; {against}."
    word = "lowest" if direction == "minimize" else "highest"
    return f"{best.name} has the {word} {metric}: {best.figures}; {against}."


def _significance(decision: statistics.Comparison) -> str:
    first, several = decision.pairs[0], len(decision.pairs) > 1
    if any(pair.test is None for pair in decision.pairs):
        return "That is too few rows for a significance test, which needs at least two scored rows on every side."
    if decision.winner is None and first.significant:
        return f"It does not beat every other side by more than chance ({_evidence(_weakest(decision), decision.alpha)})."
    if decision.winner is None:
        return f"The difference of {_number(abs(first.effect))} may well be chance ({_evidence(first, decision.alpha)})."
    over = " to the runner-up" if several else ""
    return f"The difference of {_number(abs(first.effect))}{over} is statistically significant ({_evidence(_weakest(decision), decision.alpha)})."


def _weakest(decision: statistics.Comparison) -> statistics.Pair:
    return max(decision.pairs, key=lambda pair: pair.adjusted_p or 0.0)


def _evidence(pair: statistics.Pair, alpha: float) -> str:
    assert pair.test is not None
    assert pair.adjusted_p is not None
    statistic = "" if pair.test.statistic is None else f"{_SYMBOLS[pair.test.name]} = {_number(pair.test.statistic)}, "
    adjusted = " after Holm's correction" if pair.adjusted_p != pair.test.p_value else ""
    verdict = "below" if pair.adjusted_p < alpha else "not below"
    return f"{_TESTS[pair.test.name]}, {statistic}p {_probability(pair.adjusted_p)}{adjusted}, {verdict} {alpha:g}"


def _caution(said: Sequence[_Said], decision: statistics.Comparison) -> str:
    fewest = min(said[int(name)].side.scored for pair in decision.pairs for name in (pair.best, pair.other))
    parts = []
    unscored = [one.name for one in said if not one.side.scored]
    if unscored:
        parts.append(f"Without scores, and so left out: {', '.join(unscored)}.")
    if 2 <= fewest < FEW:
        parts.append(f"With only {fewest} scored rows on a side, take this as a hint, not as proof.")
    return " ".join(parts)


def _quoted(name: str) -> str:
    return f"“{name if len(name) <= 60 else name[:59] + '…'}”"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _probability(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
