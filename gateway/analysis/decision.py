"""Which of several sides is best on a metric, and whether by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import statistics
from schemas.analysis import ComparisonSide
from schemas.experiment import Winner
from schemas.json import JsonObject


def decide(groups: Sequence[Sequence[float]], alpha: float, direction: statistics.Direction) -> statistics.Comparison | None:
    """Tests the best side against each other one; a side's name in the result is its index as text.

    Figures that are all 0 or 1 are passed or failed: pooled two-proportion z. Others are numbers: Welch. p-values are Holm's. None when fewer than
    two sides have figures.
    """
    binary = all(value in (0.0, 1.0) for group in groups for value in group)
    named = {str(index): group for index, group in enumerate(groups)}
    return statistics.compare_groups(named, alpha, "two_proportion_z" if binary else "welch", direction)


def tests(decision: statistics.Comparison, sides: Sequence[ComparisonSide]) -> list[JsonObject]:
    """Each pairwise test as an object; `p_value` is that of the test, `adjusted_p_value` after Holm's correction."""
    return [_test(pair, sides, titles(sides)) for pair in decision.pairs]


def _test(pair: statistics.Pair, sides: Sequence[ComparisonSide], called: Sequence[str]) -> JsonObject:
    best, other = int(pair.best), int(pair.other)
    return {
        "test": pair.test.name if pair.test else None,
        "statistic": pair.test.statistic if pair.test else None,
        "degrees_of_freedom": pair.test.df if pair.test else None,
        "p_value": pair.test.p_value if pair.test else None,
        "adjusted_p_value": pair.adjusted_p,
        "significant": pair.significant,
        "effect": pair.effect,
        "best": _figures(sides[best], called[best]),
        "other": _figures(sides[other], called[other]),
    }


def _figures(side: ComparisonSide, name: str) -> JsonObject:
    return {"experiment_id": side.experiment_id, "name": name, "n": side.scored, "mean": side.mean}


def winner(decision: statistics.Comparison, sides: Sequence[ComparisonSide], metric: str) -> Winner | None:
    """The side that beats every other one significantly, told against the runner-up; None when there is none."""
    pair = decision.pairs[0]
    if decision.winner is None or pair.test is None:
        return None
    best, called = int(decision.winner), titles(sides)
    return Winner(
        variant_id=sides[best].experiment_id,
        name=called[best],
        metric=metric,
        test=pair.test.name,
        statistic=pair.test.statistic,
        degrees_of_freedom=pair.test.df,
        p_value=pair.adjusted_p,
        alpha=decision.alpha,
        compared_to=called[int(pair.other)],
        effect=pair.effect,
        significant=True,
    )


def titles(sides: Sequence[ComparisonSide]) -> list[str]:
    """What to call each side: by its variant where that tells them apart, else by its name, else by name and place."""
    for names in ([side.variant for side in sides], [side.name for side in sides]):
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{side.name} ({place})" for place, side in enumerate(sides, start=1)]
