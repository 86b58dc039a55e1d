"""A comparison's outcome as a sentence in plain English, with its figures and its limits."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import statistics
from gateway.analysis.decision import title
from schemas.analysis import ComparisonSide

FEW = 10
_TESTS = {"welch": "Welch's t-test", "two_proportion_z": "two-proportion z-test", "permutation": "permutation test"}
_SYMBOLS = {"welch": "t", "two_proportion_z": "z"}


def state(metric: str, sides: Sequence[ComparisonSide], decision: statistics.Comparison | None, direction: statistics.Direction) -> str:
    """What the figures of `sides` on `metric` allow to say, in one to three sentences."""
    if decision is None:
        return _nothing_to_compare(metric, sides)
    parts = [_ranking(metric, sides, decision, direction), _significance(decision), _caution(sides, decision)]
    return " ".join(filter(None, parts))


def _nothing_to_compare(metric: str, sides: Sequence[ComparisonSide]) -> str:
    scored = [side for side in sides if side.scored]
    if not scored:
        return f"No side has a score for {metric}, so there is nothing to compare."
    return f"Only {_name(scored[0])} has scores for {metric} ({_figures(scored[0])}), so there is nothing to compare."


def _ranking(metric: str, sides: Sequence[ComparisonSide], decision: statistics.Comparison, direction: statistics.Direction) -> str:
    best, others = sides[int(decision.best)], [sides[int(pair.other)] for pair in decision.pairs]
    against = "; ".join(f"{_name(side)} has {_figures(side)}" for side in others)
    if decision.pairs[0].effect == 0:
        return f"On {metric} there is no best side: {_name(best)} has {_figures(best)}; {against}."
    word = "lowest" if direction == "minimize" else "highest"
    return f"{_name(best)} has the {word} {metric}: {_figures(best)}; {against}."


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


def _caution(sides: Sequence[ComparisonSide], decision: statistics.Comparison) -> str:
    rows = [sides[int(name)].scored for pair in decision.pairs for name in (pair.best, pair.other)]
    parts = []
    unscored = [side for side in sides if not side.scored]
    if unscored:
        parts.append(f"Without scores, and so left out: {', '.join(map(_name, unscored))}.")
    if 2 <= min(rows) < FEW:
        parts.append(f"With only {min(rows)} scored rows on a side, take this as a hint, not as proof.")
    return " ".join(parts)


def _name(side: ComparisonSide) -> str:
    name = title(side)
    return f"“{name if len(name) <= 60 else name[:59] + '…'}”"


def _figures(side: ComparisonSide) -> str:
    return f"{_number(side.mean or 0.0)} over {side.scored} {'row' if side.scored == 1 else 'rows'}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _probability(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
