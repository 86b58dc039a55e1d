"""Statistics of scores: means, two-sample tests, A/B decisions, histograms. Pure functions over finite floats."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

Kind = Literal["welch", "two_proportion_z"]
Direction = Literal["maximize", "minimize"]

MIN_BINS, MAX_BINS = 1, 50
_EPSILON = 1e-15
_TINY = 1e-300
_MAX_ITERATIONS = 200_000


@dataclass(frozen=True, slots=True)
class Test:
    """Outcome of one two-sample test.

    `statistic` is None where none is finite; `df` (degrees of freedom) only belongs to Welch's t.
    `p_value` is two-sided, 0..1.
    """

    __test__ = False

    name: Literal["welch", "two_proportion_z", "permutation"]
    statistic: float | None
    df: float | None
    p_value: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: `lower <= value < upper`; in the last bar `upper` belongs to it."""

    lower: float
    upper: float
    count: int


@dataclass(frozen=True, slots=True)
class Description:
    """Size and spread of some values; all numbers are 0 when there are none."""

    count: int
    min: float
    max: float
    mean: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The best group against one other. `test` is None where a side has fewer than two values.

    `effect` is mean(best) - mean(other); `adjusted_p` is the p-value after Holm's correction over all tested pairs.
    """

    best: str
    other: str
    effect: float
    test: Test | None
    adjusted_p: float | None
    significant: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """An A/B decision. `winner` is None unless the best group beats every other one significantly.

    `pairs` runs from the strongest other group to the weakest: its first entry is best against runner-up.
    """

    kind: Kind
    alpha: float
    best: str
    winner: str | None
    pairs: tuple[Pair, ...]


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean. Raises ValueError for no values or a value that is not finite."""
    _check(values, at_least=1)
    return _fold(values)


def variance(values: Sequence[float]) -> float:
    """Sample variance (divisor n - 1). Raises ValueError for fewer than two values, or ones too large to square."""
    _check(values, at_least=2)
    centre = _fold(values)
    try:
        return math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)
    except OverflowError as error:
        raise ValueError("values are too far apart for a variance") from error


def describe(values: Sequence[float]) -> Description:
    """Count, minimum, maximum and mean; zeros without values, never NaN."""
    if not values:
        return Description(0, 0.0, 0.0, 0.0)
    return Description(len(values), float(min(values)), float(max(values)), mean(values))


def welch(first: Sequence[float], second: Sequence[float]) -> Test:
    """Welch's t-test for unequal variances, two-sided, degrees of freedom after Welch and Satterthwaite.

    Where both samples are constant the statistic does not exist: equal constants give p = 1, different ones the exact
    permutation p-value (the share of relabellings that separate the samples as completely).
    Raises ValueError for a sample of fewer than two values.
    """
    share1, share2 = variance(first) / len(first), variance(second) / len(second)
    difference = mean(first) - mean(second)
    if share1 + share2 == 0:
        return _constant_samples(difference, len(first), len(second))
    error = share1 + share2
    statistic = difference / math.sqrt(error)
    # Ratios, not squares of the shares: these may be too small to be squared.
    r1, r2 = share1 / error, share2 / error
    df = 1 / (r1 * r1 / (len(first) - 1) + r2 * r2 / (len(second) - 1))
    return Test("welch", statistic, df, student_t_two_sided(statistic, df))


def two_proportion_z(successes1: int, n1: int, successes2: int, n2: int) -> Test:
    """z-test of two proportions with pooled variance, two-sided. No pooled variance (all passed, or none): p = 1.

    Raises ValueError for an empty group or more successes than trials.
    """
    if n1 < 1 or n2 < 1 or not 0 <= successes1 <= n1 or not 0 <= successes2 <= n2:
        raise ValueError("each group needs at least one trial, and 0 to n successes")
    pooled = (successes1 + successes2) / (n1 + n2)
    if pooled in (0.0, 1.0):
        return Test("two_proportion_z", 0.0, None, 1.0)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    statistic = (successes1 / n1 - successes2 / n2) / error
    return Test("two_proportion_z", statistic, None, math.erfc(abs(statistic) / math.sqrt(2)))


def student_t_two_sided(statistic: float, df: float) -> float:
    """P(|T| >= |statistic|) for Student's t with `df` > 0 degrees of freedom."""
    if math.isinf(statistic):
        return 0.0
    square = statistic * statistic
    return regularised_incomplete_beta(df / 2, 0.5, df / (df + square), square / (df + square))


def regularised_incomplete_beta(a: float, b: float, x: float, complement: float | None = None) -> float:
    """I_x(a, b) for a, b > 0 and 0 <= x <= 1, by Lentz's continued fraction.

    `complement` is 1 - x where the caller knows it more exactly than the subtraction gives it.
    """
    rest = 1 - x if complement is None else complement
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast only on the near side
        return 1 - _beta_tail(b, a, rest, x)
    return _beta_tail(a, b, x, rest)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p-values in the order given, each at most 1."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    stepped = (min(1.0, (len(order) - rank) * p_values[index]) for rank, index in enumerate(order))
    adjusted = [0.0] * len(order)
    for index, value in zip(order, accumulate(stepped, max), strict=True):
        adjusted[index] = value
    return adjusted


def compare_groups(
    groups: Mapping[str, Sequence[float]],
    alpha: float = 0.05,
    kind: Kind = "welch",
    direction: Direction = "maximize",
) -> Comparison | None:
    """Decide between named groups of scores: the one with the best mean against each other one.

    `kind` is `welch` for numbers, `two_proportion_z` for passed / failed as 1 and 0. p-values are corrected after Holm
    for the number of tests. A winner must be significant (adjusted p < alpha) against every other group, and all
    groups need two values or more. The best group is picked by the same data it is tested on, as in any such report.
    Groups without values are left out; None when fewer than two remain.
    Raises ValueError for alpha outside 0..1, a value that is not finite, or (z) one that is neither 0 nor 1.
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha must lie between 0 and 1")
    means = {name: mean(values) for name, values in groups.items() if values}
    if len(means) < 2:
        return None
    ranked = sorted(means, key=means.__getitem__, reverse=direction == "maximize")
    best, others = ranked[0], ranked[1:]
    tests = [_test(kind, groups[best], groups[other]) for other in others]
    pairs = [Pair(best, other, means[best] - means[other], None, None, significant=False) for other in others]
    pairs = _decide(pairs, tests, alpha)
    winner = best if all(pair.significant for pair in pairs) else None
    return Comparison(kind, alpha, best, winner, tuple(pairs))


def histogram(values: Sequence[float], bins: int = 20) -> tuple[Bin, ...]:
    """Bars of equal width from the smallest to the largest value; every value is counted exactly once.

    No values give no bars, equal values one bar with `lower == upper`. Raises ValueError for `bins` outside 1..50 or a
    value that is not finite.
    """
    if not MIN_BINS <= bins <= MAX_BINS:
        raise ValueError(f"bins must lie between {MIN_BINS} and {MAX_BINS}")
    if not values:
        return ()
    _check(values, at_least=1)
    low, high = float(min(values)), float(max(values))
    if low == high:
        return (Bin(low, high, len(values)),)
    edges = _edges(low, high, bins)
    counts = [0] * bins
    for value in values:
        counts[min(bisect_right(edges, value), bins) - 1] += 1
    return tuple(Bin(edges[index], edges[index + 1], count) for index, count in enumerate(counts))


def _check(values: Sequence[float], at_least: int) -> None:
    if len(values) < at_least:
        raise ValueError(f"at least {at_least} value(s) needed, got {len(values)}")
    if not all(map(math.isfinite, values)):
        raise ValueError("values must be finite numbers")


def _fold(values: Sequence[float]) -> float:
    # Dividing first keeps huge values from overflowing; clamping keeps rounding inside the values' range.
    size = len(values)
    try:
        centre = math.fsum(values) / size
    except OverflowError:
        centre = 2 * math.fsum(value / size / 2 for value in values)
    return min(max(centre, min(values)), max(values))


def _constant_samples(difference: float, n1: int, n2: int) -> Test:
    if difference == 0:
        return Test("welch", 0.0, None, 1.0)
    separating = 2 if n1 == n2 else 1
    return Test("permutation", None, None, separating / math.comb(n1 + n2, n1))


def _beta_tail(a: float, b: float, x: float, rest: float) -> float:
    front = math.exp(a * math.log(x) + b * math.log(rest) - _log_beta(a, b)) / a
    return min(1.0, front * _beta_fraction(a, b, x))


def _log_beta(a: float, b: float) -> float:
    large, small = max(a, b), min(a, b)
    if small == 0.5 and large > 100:
        # lgamma(large) loses its digits here; Stirling's series for the ratio of the two gammas does not.
        ratio = 0.5 * math.log(large) - 1 / (8 * large) + 1 / (192 * large**3)
        return math.lgamma(0.5) - ratio
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _MAX_ITERATIONS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _nonzero(1 + step * d)
            c = _nonzero(1 + step / c)
            result *= c * d
        if abs(c * d - 1) < _EPSILON:
            break
    return result


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _test(kind: Kind, first: Sequence[float], second: Sequence[float]) -> Test | None:
    if kind == "two_proportion_z" and not {*first, *second} <= {0.0, 1.0}:
        raise ValueError("a proportion test takes only 0 and 1")
    if min(len(first), len(second)) < 2:
        return None
    if kind == "welch":
        return welch(first, second)
    return two_proportion_z(round(math.fsum(first)), len(first), round(math.fsum(second)), len(second))


def _decide(pairs: list[Pair], tests: list[Test | None], alpha: float) -> list[Pair]:
    adjusted = iter(holm([test.p_value for test in tests if test]))
    decided = []
    for pair, test in zip(pairs, tests, strict=True):
        p_value = next(adjusted) if test else None
        significant = p_value is not None and p_value < alpha
        decided.append(replace(pair, test=test, adjusted_p=p_value, significant=significant))
    return decided


def _edges(low: float, high: float, bins: int) -> list[float]:
    # Weighted ends instead of `low + i * width`: the width itself may be beyond the largest float.
    inner = (low * (1 - index / bins) + high * (index / bins) for index in range(1, bins))
    rising = accumulate((min(max(edge, low), high) for edge in inner), max)
    return [low, *rising, high]
