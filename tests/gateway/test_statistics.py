"""Statistics against published values, 40-digit reference values and the properties they must have."""

import math
import statistics as standard
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.statistics import (
    Bin,
    Description,
    compare_groups,
    describe,
    histogram,
    holm,
    mean,
    student_t_two_sided,
    two_proportion_z,
    variance,
    welch,
)

HIGH = [0.90, 0.80, 0.85, 0.95, 0.70]
LOW = [0.60, 0.65, 0.55, 0.70, 0.50]
finite = st.floats(allow_nan=False, allow_infinity=False)
scores = st.floats(0, 1)
samples = st.lists(scores, min_size=2, max_size=30)


def test_welch_on_the_published_vector() -> None:
    test = welch(HIGH, LOW)
    assert test.name == "welch"
    assert test.statistic == pytest.approx(4.310527, abs=5e-7)
    assert test.df == pytest.approx(7.711133, abs=5e-7)
    assert test.p_value == pytest.approx(0.00280981, abs=5e-9)


def test_two_proportions_on_the_published_vector() -> None:
    test = two_proportion_z(45, 50, 36, 50)
    assert test.statistic == pytest.approx(2.294157, abs=5e-7)
    assert test.p_value == pytest.approx(0.02178146, abs=5e-9)


@pytest.mark.parametrize(
    ("statistic", "df", "p_value"),
    [  # computed with 40 digits
        (0.5, 1.0, 0.7048327646991335),
        (2.0, 1.0, 0.2951672353008665),
        (2.5, 3.7, 0.07182202291182677),
        (0.001, 5.0, 0.9992407867721976),
        (1.96, 1000.0, 0.05027318495574872),
        (3.0, 1e6, 0.002699862541421797),
        (6.0, 1e8, 1.9731820343152873e-09),
        (10.0, 250.5, 4.997269090410299e-20),
        (30.0, 12.0, 1.1773181907018948e-12),
        (40.0, 500.0, 6.29064291825824e-158),
    ],
)
def test_student_t_tail(statistic: float, df: float, p_value: float) -> None:
    assert student_t_two_sided(statistic, df) == pytest.approx(p_value, rel=2e-11)
    assert student_t_two_sided(-statistic, df) == student_t_two_sided(statistic, df)


@pytest.mark.parametrize("statistic", [0.0, 0.3, 1.0, 4.0, 50.0])
def test_student_t_with_one_degree_of_freedom_is_cauchy(statistic: float) -> None:
    assert student_t_two_sided(statistic, 1) == pytest.approx(1 - 2 * math.atan(statistic) / math.pi, rel=1e-11)


def test_no_pooled_variance_means_no_evidence() -> None:
    assert two_proportion_z(5, 5, 9, 9).p_value == 1.0
    assert two_proportion_z(0, 5, 0, 9).p_value == 1.0


@pytest.mark.parametrize("counts", [(1, 0, 1, 2), (3, 2, 1, 2), (-1, 2, 1, 2)])
def test_impossible_proportions_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="successes"):
        two_proportion_z(*counts)


def test_constant_samples() -> None:
    assert welch([0.1] * 3, [0.1] * 4).p_value == 1.0
    apart = welch([1.0] * 5, [0.5] * 5)
    assert (apart.name, apart.statistic, apart.p_value) == ("permutation", None, 2 / 252)
    assert welch([1.0] * 2, [0.5] * 3).p_value == 1 / 10


@given(samples, samples)
def test_welch_is_symmetric_and_bounded(first: list[float], second: list[float]) -> None:
    forth, back = welch(first, second), welch(second, first)
    assert 0 <= forth.p_value <= 1
    assert forth.p_value == pytest.approx(back.p_value, rel=1e-9, abs=1e-300)
    if forth.df is not None:
        assert min(len(first), len(second)) - 1 <= forth.df * (1 + 1e-9)
        assert forth.df <= (len(first) + len(second) - 2) * (1 + 1e-9)


@given(samples)
def test_mean_and_variance_agree_with_the_standard_library(values: list[float]) -> None:
    assert mean(values) == pytest.approx(standard.fmean(values), rel=1e-12)
    exact = standard.variance([Fraction(value) for value in values])
    assert variance(values) == pytest.approx(float(exact), rel=1e-9, abs=1e-30)


@given(st.lists(finite, min_size=1, max_size=20))
def test_mean_stays_between_the_extremes(values: list[float]) -> None:
    assert min(values) <= mean(values) <= max(values)


def test_describe_never_gives_nan() -> None:
    assert describe([]) == Description(0, 0.0, 0.0, 0.0)
    assert describe([1.0, 3.0, 3.5, 2.3]) == Description(4, 1.0, 3.5, 2.45)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, 1.0]])
def test_values_without_a_mean_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"needed|finite"):
        mean(values)


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(raw <= corrected <= 1 for raw, corrected in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == pytest.approx(min(1.0, len(p_values) * min(p_values)))
    ranked = [corrected for _, corrected in sorted(zip(p_values, adjusted, strict=True))]
    assert ranked == sorted(ranked)


def test_a_clear_winner() -> None:
    decision = compare_groups({"low": LOW, "high": HIGH})
    assert decision is not None
    assert (decision.best, decision.winner) == ("high", "high")
    (pair,) = decision.pairs
    assert (pair.other, pair.significant) == ("low", True)
    assert pair.effect == pytest.approx(0.24)
    assert pair.adjusted_p == pytest.approx(0.00280981, abs=5e-9)


def test_proportions_decide_like_the_z_test() -> None:
    decision = compare_groups({"polite": [1.0] * 36 + [0.0] * 14, "terse": [1.0] * 45 + [0.0] * 5}, kind="two_proportion_z")
    assert decision is not None
    assert decision.winner == "terse"
    assert decision.pairs[0].effect == pytest.approx(0.18)
    assert decision.pairs[0].adjusted_p == pytest.approx(0.02178146, abs=5e-9)


def test_a_third_group_raises_the_bar() -> None:
    groups = {"terse": [1.0] * 45 + [0.0] * 5, "polite": [1.0] * 36 + [0.0] * 14, "long": [1.0] * 38 + [0.0] * 12}
    decision = compare_groups(groups, kind="two_proportion_z")
    assert decision is not None
    assert decision.winner is None
    assert [pair.other for pair in decision.pairs] == ["long", "polite"]
    assert decision.pairs[1].adjusted_p == pytest.approx(2 * 0.02178146, abs=1e-7)


def test_one_value_decides_nothing() -> None:
    decision = compare_groups({"a": [1.0], "b": [0.0] * 50})
    assert decision is not None
    assert decision.winner is None
    assert decision.pairs[0].test is None
    assert compare_groups({"a": [1.0], "b": []}) is None


def test_lower_may_be_better() -> None:
    decision = compare_groups({"low": LOW, "high": HIGH}, direction="minimize")
    assert decision is not None
    assert decision.winner == "low"


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="0 and 1"):
        compare_groups({"a": [0.5, 1.0], "b": [0.0, 1.0]}, kind="two_proportion_z")
    with pytest.raises(ValueError, match="alpha"):
        compare_groups({"a": [0.5, 1.0], "b": [0.0, 1.0]}, alpha=1.0)


@given(st.dictionaries(st.text(max_size=3), samples, min_size=2, max_size=5), st.floats(0.001, 0.5))
def test_a_winner_beats_everybody(groups: dict[str, list[float]], alpha: float) -> None:
    decision = compare_groups(groups, alpha)
    assert decision is not None
    assert all(pair.effect >= 0 for pair in decision.pairs)
    if decision.winner is not None:
        assert all(pair.adjusted_p is not None and pair.adjusted_p < alpha for pair in decision.pairs)


@given(samples)
def test_identical_groups_have_no_winner(values: list[float]) -> None:
    decision = compare_groups({"a": values, "b": list(values)})
    assert decision is not None
    assert decision.winner is None


def test_histogram_by_hand() -> None:
    assert histogram([1.0, 1.5, 2.0, 3.0], bins=2) == (Bin(1.0, 2.0, 2), Bin(2.0, 3.0, 2))
    assert histogram([2.0, 2.0]) == (Bin(2.0, 2.0, 2),)
    assert histogram([]) == ()


@pytest.mark.parametrize("bins", [0, 51, -1])
def test_histogram_bounds(bins: int) -> None:
    with pytest.raises(ValueError, match="bins"):
        histogram([1.0, 2.0], bins)


@given(st.lists(finite, min_size=1, max_size=50), st.integers(1, 50))
def test_histogram_counts_each_value_once_inside_its_bin(values: list[float], bins: int) -> None:
    assume(min(values) != max(values))
    bars = histogram(values, bins)
    assert len(bars) == bins
    assert (bars[0].lower, bars[-1].upper) == (min(values), max(values))
    assert all(left.upper == right.lower for left, right in pairwise(bars))
    for bar in bars[:-1]:
        assert bar.count == sum(bar.lower <= value < bar.upper for value in values)
    assert bars[-1].count == sum(bars[-1].lower <= value for value in values)
