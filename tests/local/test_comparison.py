"""Sides folded into a comparison: pairing of rows, tests, winner, statement, paging."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.analysis.comparison import ComparisonFold, Metric
from gateway.analysis.pairing import fingerprint
from schemas.analysis import ComparisonSide
from tests.local.runs import MINIMIZE, run, score

EXACT = Metric("exact", ("exact",))
FIRST = [0.90, 0.80, 0.85, 0.95, 0.70]
SECOND = [0.60, 0.65, 0.55, 0.70, 0.50]


def side(name, dataset="d1", **fields):
    return ComparisonSide(experiment_id=f"id-{name}", name=name, dataset_id=dataset, **fields)


def runs_of(values, **fields):
    return [run(index, scores={"exact": value}, **fields) for index, value in enumerate(values)]


def compare(sides, *runs, metric=EXACT, alpha=0.05, offset=0, limit=None):
    fold = ComparisonFold(sides, metric, alpha, offset, limit)
    for index, batch in enumerate(runs):
        for item in batch:
            fold.add(index, item)
    return fold.result()


def test_numbers_are_tested_after_welch():
    result = compare([side("a"), side("b")], runs_of(SECOND), runs_of(FIRST))
    [test] = result.tests
    assert test["test"] == "welch"
    assert test["statistic"] == pytest.approx(4.310527, abs=1e-6)
    assert test["degrees_of_freedom"] == pytest.approx(7.711133, abs=1e-6)
    assert test["p_value"] == pytest.approx(0.00280981, abs=1e-8)
    assert (result.winner.variant_id, result.winner.name, result.winner.compared_to) == ("id-b", "b", "a")
    assert result.winner.effect == pytest.approx(0.24)
    assert result.statement.startswith(
        "“b” has the highest exact: a mean of 0.84 over 5 rows; “a” has a mean of 0.6 over 5 rows. The difference of 0.24 is statistically significant"
    )
    assert "p = 0.0028, below 0.05" in result.statement
    assert "With only 5 scored rows" in result.statement


def test_passed_or_failed_is_tested_as_two_proportions():
    result = compare([side("terse"), side("polite")], runs_of([True] * 45 + [False] * 5), runs_of([True] * 36 + [False] * 14))
    assert result.winner.test == "two_proportion_z"
    assert result.winner.statistic == pytest.approx(2.294157, abs=1e-6)
    assert result.winner.p_value == pytest.approx(0.02178146, abs=1e-8)
    assert result.winner.effect == pytest.approx(0.18)
    assert [(one.mean, one.pass_rate, one.scored, one.runs) for one in result.sides] == [(0.9, 0.9, 50, 50), (0.72, 0.72, 50, 50)]
    assert "two-proportion z-test, z = 2.294, p = 0.022, below 0.05" in result.statement


def test_a_stricter_alpha_takes_the_winner_away():
    result = compare([side("a"), side("b")], runs_of(FIRST), runs_of(SECOND), alpha=0.001)
    assert result.winner is None
    assert "may well be chance" in result.statement
    assert "not below 0.001" in result.statement


def test_less_is_better_when_the_scale_says_so():
    batches = [[run(i, scores=[score("exact", v, scale=MINIMIZE)]) for i, v in enumerate(group)] for group in (FIRST, SECOND)]
    result = compare([side("a"), side("b")], *batches)
    assert result.winner.name == "b"
    assert "lowest exact" in result.statement


def test_one_row_a_side_is_too_few():
    result = compare([side("a"), side("b")], runs_of([1.0]), runs_of([0.25]))
    assert result.winner is None
    assert result.tests[0]["p_value"] is None
    assert "too few rows" in result.statement


def test_no_scores_leave_nothing_to_compare():
    none = compare([side("a"), side("b")], [run(0)], [run(0)])
    assert (none.winner, none.tests) == (None, [])
    assert none.statement == "No side has a score for exact, so there is nothing to compare."
    one = compare([side("a"), side("b")], runs_of([0.5]), [run(0)])
    assert one.statement == "Only “a” has scores for exact (a mean of 0.5 over 1 row), so there is nothing to compare."


def test_of_three_the_winner_must_beat_both_after_holm():
    result = compare([side("a"), side("b"), side("c")], runs_of(FIRST), runs_of(SECOND), runs_of([0.1, 0.2, 0.15, 0.12, 0.11]))
    assert result.winner.name == "a"
    assert result.winner.compared_to == "b"
    raw, adjusted = result.tests[0]["p_value"], result.tests[0]["adjusted_p_value"]
    assert adjusted == pytest.approx(max(raw, 2 * result.tests[1]["p_value"]))
    close = compare([side("a"), side("b"), side("c")], runs_of(FIRST), runs_of(FIRST), runs_of(SECOND))
    assert close.winner is None
    assert "no best side" in close.statement


def test_equal_sides_have_no_winner():
    result = compare([side("a"), side("b")], runs_of([1.0, 1.0]), runs_of([1.0, 1.0]))
    assert result.winner is None
    assert result.tests[0]["p_value"] == 1.0
    assert "no best side" in result.statement


def test_a_side_without_scores_is_named_as_left_out():
    result = compare([side("a"), side("b"), side("c")], runs_of(FIRST), runs_of(SECOND), [])
    assert result.winner.name == "a"
    assert "Without scores, and so left out: “c”." in result.statement


def test_rows_of_one_dataset_meet_by_example():
    first = [run(0, output="x", input="same"), run(1, output="y", input="same")]
    second = [run(1, output="z", input="changed"), run(2, output="w")]
    rows = compare([side("a"), side("b")], first, second).rows
    assert [(row.example_id, row.position, [cell.output for cell in row.cells]) for row in rows] == [
        ("ex0", 0, ["x", None]),
        ("ex1", 1, ["y", "z"]),
        ("ex2", 2, [None, "w"]),
    ]
    assert rows[0].cells[1].run_id is None


def test_rows_of_two_datasets_meet_by_input_the_kth_with_the_kth():
    first = [run(0, input="q", output="1"), run(1, input={"n": 1}, output="2"), run(2, input="q", output="3")]
    second = [
        run(5, input={"input": "q"}, output="4"),
        run(6, input="q", output="5"),
        run(7, input={"n": 1.0}, output="6"),
        run(8, input="q", output="7"),
    ]
    rows = compare([side("a", "d1"), side("b", "d2")], first, second).rows
    assert [[cell.output for cell in row.cells] for row in rows] == [["1", "4"], ["2", "6"], ["3", "5"], [None, "7"]]


def test_repetitions_are_one_row_with_their_mean():
    first = [run(0, 1, {"exact": True}, output="a", error="failed"), run(0, 2, {"exact": False}, output="b"), run(1, 1, {"exact": True})]
    result = compare([side("a"), side("b")], first, [])
    assert [(row.cells[0].score, row.cells[0].passed) for row in result.rows] == [(0.5, False), (1.0, True)]
    assert (result.rows[0].cells[0].run_id, result.rows[0].cells[0].output) == ("run0.2", "b")
    assert (result.sides[0].runs, result.sides[0].scored, result.sides[0].mean, result.sides[0].pass_rate) == (3, 2, 0.75, 2 / 3)


def test_a_page_shows_its_rows_but_counts_them_all():
    sides = [side("a"), side("b")]
    fold = ComparisonFold(sides, EXACT, 0.05, offset=2, limit=2)
    for index, group in enumerate((FIRST, SECOND)):
        for item in runs_of(group):
            fold.add(index, item)
    assert fold.more
    page = fold.result()
    assert [row.position for row in page.rows] == [2, 3]
    assert page.tests == compare(sides, runs_of(FIRST), runs_of(SECOND)).tests
    assert compare(sides, runs_of(FIRST), [], limit=0).rows == []


def test_without_a_metric_the_overall_score_is_compared():
    result = compare(
        [side("a"), side("b")], [run(0, score=0.5), run(1, scores={"x": 1.0, "y": 0.0})], [run(0, passed=True)], metric=Metric()
    )
    assert result.metric is None
    assert [one.mean for one in result.sides] == [0.5, 1.0]


def test_the_variant_names_the_side():
    result = compare([side("e", variant="short"), side("e", variant="long")], runs_of(FIRST), runs_of(SECOND))
    assert result.winner.name == "short"


def test_scores_too_large_to_add_stay_finite_or_are_refused():
    result = compare([side("a"), side("b")], [run(0, 1, {"exact": 1e308}), run(0, 2, {"exact": 1e308})], runs_of([1.0]))
    assert result.sides[0].mean > 0
    with pytest.raises(ValueError, match="too far apart"):
        compare([side("a"), side("b")], runs_of([1e308, -1e308]), runs_of([1.0, 2.0]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_every_input_has_a_fingerprint_that_ignores_the_wrapping(value):
    assert fingerprint(value) == fingerprint({"input": value}) or (isinstance(value, dict) and value.keys() == {"input"})


def test_true_is_not_one():
    assert fingerprint(True) != fingerprint(1)
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2.0, "a": 1.0})
