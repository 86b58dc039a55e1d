"""Runs folded into a summary and a histogram."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.analysis.histogram import HistogramFold
from gateway.analysis.summary import SummaryFold
from gateway.analysis.values import Tally, overall
from schemas.run import ValueType
from schemas.status import RunStatus
from tests.local.runs import run, score

START = datetime(2026, 1, 1, tzinfo=UTC)


def fold(runs, arms=()):
    folding = SummaryFold("e1", arms)
    for item in runs:
        folding.add(item)
    return folding.result()


def bars(values, bins=4, names=("q",), runs=None):
    folding = HistogramFold("asked", names, bins)
    for item in runs or [run(index, scores={"q": value}) for index, value in enumerate(values)]:
        folding.add(item)
    return folding.result()


def test_nothing_gives_zeros_and_no_means():
    summary = fold([])
    assert (summary.runs, summary.total_cost, summary.total_tokens, summary.evaluators) == (0, 0.0, 0, [])
    assert summary.average_latency_ms is None
    assert summary.mean_score is None
    assert summary.tokens_per_second is None


def test_totals_are_of_every_run():
    summary = fold(
        [
            run(0, cost=0.5, prompt_tokens=10, completion_tokens=20, latency_ms=1000, passed=True),
            run(1, cost=0.25, total_tokens=7, started_at=START, ended_at=START + timedelta(seconds=3), status=RunStatus.FAILED, error="x"),
            run(2, status=RunStatus.WAITING),
            run(3, status=RunStatus.PENDING),
            run(4, status=RunStatus.UNKNOWN),
        ]
    )
    assert (summary.runs, summary.succeeded, summary.failed, summary.waiting, summary.passed) == (5, 1, 1, 2, 1)
    assert (summary.total_cost, summary.prompt_tokens, summary.completion_tokens, summary.total_tokens) == (0.75, 10, 20, 37)
    assert (summary.total_latency_ms, summary.average_latency_ms) == (4000, 2000)
    assert summary.tokens_per_second == 20


def test_a_run_has_passed_when_it_was_said_or_no_verdict_failed_it():
    runs = [
        run(0, scores={"exact": True, "quality": 0.1}),
        run(1, scores={"exact": True, "same": False}),
        run(2, scores={"quality": 1.0}),
        run(3, scores=[score("exact", True), score("other", error="broke")]),
        run(4, scores={"exact": False}, passed=True),
        run(5, scores={"exact": True}, passed=False),
        run(6, scores=[score("quality", 0.9, passed=True)]),
    ]
    assert fold(runs).passed == 4


def test_each_evaluator_is_counted_by_its_kind_of_value():
    runs = [
        run(0, scores={"exact": True, "quality": 2, "tone": "kind"}),
        run(1, scores={"exact": False, "quality": 4.0, "tone": "rude"}),
        run(2, scores={"exact": True}, id="r"),
        run(3, scores=[score("exact", error="broke"), score("quality", 3, passed=False)]),
    ]
    exact, quality, tone = fold(runs).evaluators
    assert (exact.evaluator, exact.value_type, exact.count, exact.errors) == ("exact", ValueType.BOOLEAN, 3, 1)
    assert (exact.true_count, exact.false_count, exact.passed, exact.failed) == (2, 1, 2, 1)
    assert exact.mean == 2 / 3
    assert (quality.mean, quality.minimum, quality.maximum, quality.failed) == (3.0, 2.0, 4.0, 1)
    assert (tone.value_type, tone.count, tone.mean) == (ValueType.LABEL, 2, None)


def test_an_evaluator_with_values_of_two_kinds_has_no_one_kind():
    [mixed] = fold([run(0, scores={"e": True}), run(1, scores={"e": 0.5})]).evaluators
    assert mixed.value_type is None
    assert mixed.mean == 0.75


def test_a_group_gets_figures_of_each_arm_beside_those_of_all():
    runs = [run(0, variant_id="a", scores={"e": 1.0}), run(0, variant_id="b", scores={"e": 0.0})]
    assert [(entry.variant_id, entry.mean) for entry in fold(runs, arms=("b", "a")).evaluators] == [(None, 0.5), ("b", 0.0), ("a", 1.0)]
    assert [entry.variant_id for entry in fold(runs).evaluators] == [None]


def test_a_runs_own_score_goes_before_the_mean_of_its_scores_and_that_before_passed():
    assert overall(run(scores={"e": 1.0}, score=0.25)) == 0.25
    assert overall(run(scores={"e": 1.0, "f": False, "g": "label"})) == 0.5
    assert overall(run(passed=True)) == 1.0
    assert overall(run()) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_a_tally_never_overflows_and_its_mean_lies_within(values):
    tally = Tally()
    for value in values:
        tally.add(value)
    assert math.isfinite(tally.total)
    assert min(values) == tally.minimum <= tally.mean <= tally.maximum == max(values)


def test_a_tally_of_many_equal_numbers_has_exactly_that_mean():
    tally = Tally()
    for _ in range(5000):
        tally.add(0.1)
    assert tally.mean == 0.1
    assert tally.total == 500.0


def test_numbers_fall_into_bars_of_equal_width():
    result = bars([0, 1, 2, 3, 4.0])
    assert [(bar.lower, bar.upper, bar.count, bar.label) for bar in result.bins] == [
        (0, 1, 1, None),
        (1, 2, 1, None),
        (2, 3, 1, None),
        (3, 4, 2, None),
    ]
    assert (result.evaluator, result.count, result.mean, result.minimum, result.maximum) == ("q", 5, 2.0, 0.0, 4.0)
    assert result.value_type is ValueType.NUMBER


def test_booleans_fall_into_two_labelled_bars():
    result = bars([True, False, True])
    assert [bar.model_dump() for bar in result.bins] == [
        {"lower": 0, "upper": 0.5, "count": 1, "label": "false"},
        {"lower": 0.5, "upper": 1, "count": 2, "label": "true"},
    ]
    assert result.value_type is ValueType.BOOLEAN


def test_equal_numbers_are_one_bar_and_none_are_no_bar():
    assert [(bar.lower, bar.upper, bar.count) for bar in bars([2.5, 2.5]).bins] == [(2.5, 2.5, 2)]
    empty = bars([])
    assert (empty.evaluator, empty.bins, empty.count, empty.mean, empty.minimum) == ("asked", [], 0, None, None)


@pytest.mark.parametrize("name", ["q", "id-1", "Quality"])
def test_the_evaluator_is_found_by_each_of_its_names(name):
    entry = score("q", 1.0, evaluator_id="id-1", evaluator_name="Quality")
    result = bars([], names=(name,), runs=[run(scores=[score("other", 9.0), entry])])
    assert (result.count, result.mean, result.evaluator_id, result.evaluator_name) == (1, 1.0, "id-1", "Quality")


def test_labels_errors_and_text_are_no_numbers():
    failed = run(2, scores=[score("q", 1.0, error="x")])
    assert bars([], runs=[run(0, scores={"q": "good"}), run(1, scores={}), failed]).count == 0
