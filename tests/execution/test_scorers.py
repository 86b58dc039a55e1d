"""Each scorer by example, and what all of them promise."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.scorers import SCORERS, Sample, ScorerSpec, find, run
from gateway.execution.scorers.measures import levenshtein
from gateway.execution.values import WRAPPERS, text_of, unwrap, whole_text
from schemas.run import ValueType

MESSAGE = {"role": "assistant", "content": "Paris"}
CONVERSATION = [{"role": "user", "content": "Capital of France?"}, MESSAGE]

CASES: list[tuple[str, Any, Any, dict[str, Any], bool]] = [
    ("exact-match", "Paris", "Paris", {}, True),
    ("exact-match", "Paris", "paris", {}, False),
    ("exact-match", " Paris\n", "paris", {"ignoreCase": True, "trim": True}, True),
    ("exact-match", {"output": "Paris"}, "Paris", {}, True),
    ("exact-match", "Paris", {"expected_output": "Paris"}, {}, True),
    ("exact-match", MESSAGE, "Paris", {}, True),
    ("exact-match", CONVERSATION, MESSAGE, {}, True),
    ("exact-match", {"role": "assistant", "content": [{"type": "text", "text": "Paris"}]}, "Paris", {}, True),
    ("exact-match", {"a": 1, "b": [2]}, {"b": [2.0], "a": 1}, {}, True),
    ("exact-match", {"a": True}, {"a": 1}, {}, False),
    ("exact-match", "4", 4, {}, True),
    ("exact-match", None, "null", {}, False),
    ("exact-match", "Paris", None, {"value": "Paris"}, True),
    ("not-equals", "Paris", "Rome", {}, True),
    ("contains", "It is Paris.", "Paris", {}, True),
    ("contains", "It is Paris.", None, {"value": "Rome"}, False),
    ("contains", {"city": "Paris"}, '"city":"Paris"', {}, True),
    ("icontains", "STRASSE", "straße", {}, True),
    ("contains-any", "a red tag", ["blue", "red"], {}, True),
    ("contains-any", "a red tag", "blue, green", {}, False),
    ("contains-all", "a red tag", '["a", "red"]', {}, True),
    ("contains-all", "a red tag", None, {"values": ["red", "blue"]}, False),
    ("icontains-any", "A RED TAG", ["red"], {}, True),
    ("icontains-all", "A RED TAG", ["red", "x"], {}, False),
    ("not-contains", "Paris", "Rome", {}, True),
    ("starts-with", "Paris, France", "Paris", {}, True),
    ("ends-with", "Paris, France", "Paris", {}, False),
    ("regex-match", "run 42", r"\d+$", {}, True),
    ("regex-match", "RUN", None, {"pattern": "run", "ignore_case": True}, True),
    ("numeric-tolerance", "3.1415926", 3.1415927, {}, True),
    ("numeric-tolerance", " 104 ", "100", {"relative": 0.05}, True),
    ("numeric-tolerance", 98, 100, {"absolute": 1}, False),
    ("numeric-tolerance", "about 100", 100, {}, False),
    ("numeric-tolerance", "nan", 100, {}, False),
    ("json-equals", '{"b": [1, 2], "a": null}', {"a": None, "b": [1, 2.0]}, {}, True),
    ("json-equals", "{", {"a": 1}, {}, False),
    ("json-equals", '{"a": 1}', None, {"value": '{"a": 1}'}, True),
    ("json-valid", '{"a": [1]}', None, {}, True),
    ("json-valid", {"role": "assistant", "content": "[1, 2]"}, None, {}, True),
    ("json-valid", "NaN", None, {}, False),
    ("json-valid", "[" * 100_000, None, {}, False),
    ("json-valid", {"a": 1}, None, {}, True),
    ("levenshtein", "kitten", "kitten", {}, True),
    ("levenshtein", "kitten", "sitting", {}, False),
    ("levenshtein", "kitten", "sitting", {"threshold": 0.5}, True),
    ("word-count", "one two  three", None, {"min": 3, "max": 3}, True),
    ("word-count", "one two three", "4", {}, False),
    ("length-check", "four", None, {"max": 3}, False),
    ("length-check", "four", 4, {}, True),
    ("is-empty", {"output": "  "}, None, {}, True),
    ("is-empty", 0, None, {}, False),
    ("not-empty", "text", None, {}, True),
]


def spec(name: str) -> ScorerSpec:
    found = find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "output", "reference", "parameters", "passed"), CASES)
def test_by_example(name: str, output: Any, reference: Any, parameters: dict[str, Any], passed: bool) -> None:
    result = run(spec(name), Sample(None, output, reference), parameters)
    assert result.error is None
    assert result.passed is passed
    assert result.value_type is spec(name).value_type
    assert result.explanation


def test_every_scorer_has_an_example_of_both_verdicts_or_an_opposite() -> None:
    assert {name for name, *_ in CASES} == set(SCORERS)


def test_scores_and_thresholds() -> None:
    similar = run(spec("levenshtein"), Sample(None, "kitten", "sitting"))
    assert similar.value == pytest.approx(4 / 7)
    assert (similar.threshold, similar.passed, similar.value_type) == (0.8, False, ValueType.NUMBER)
    assert run(spec("levenshtein"), Sample(None, "", "")).value == 1.0
    assert run(spec("contains"), Sample(None, "ab", "a")).number == 1.0
    assert run(spec("contains"), Sample(None, "ab", "x")).number == 0.0


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("exact-match", "equals"),
        ("exact-match", " Exact_Match "),
        ("json-equals", "JSON_EQUALS"),
        ("not-equals", "not-exact-match"),
        ("not-empty", "not_is_empty"),
    ],
)
def test_other_spellings(name: str, alias: str) -> None:
    assert find(alias) is SCORERS[name]


def test_negation_of_any_boolean_scorer() -> None:
    opposite = spec("not_json_valid")
    assert opposite.name == "not-json-valid"
    assert run(opposite, Sample(None, "{")).value is True
    assert run(spec("not-equals"), Sample(None, "a", "a")).passed is False
    assert run(spec("not-starts-with"), Sample(None, "a")).error is not None


@pytest.mark.parametrize("name", ["", "relevance", "not-levenshtein", "not-not-contains", "not-", "regex"])
def test_what_is_no_scorer(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize(
    ("name", "reference", "parameters", "complaint"),
    [
        ("exact-match", None, {}, "no reference"),
        ("contains-any", {"a": 1}, {}, "list of texts"),
        ("contains", "x", {"treshold": 1}, "treshold"),
        ("levenshtein", "x", {"threshold": 2}, "threshold"),
        ("levenshtein", "x" * 20_001, {}, "20000"),
        ("regex-match", "(?=a)", {}, "invalid pattern"),
        ("regex-match", "a" * 1001, {}, "1000"),
        ("numeric-tolerance", "many", {}, "not a number"),
        ("json-equals", "{", {}, "no reference in JSON"),
        ("word-count", None, {}, "min or max"),
        ("word-count", "1.5", {}, "min or max"),
    ],
)
def test_a_score_that_cannot_be_given_says_why(name: str, reference: Any, parameters: dict[str, Any], complaint: str) -> None:
    result = run(spec(name), Sample("in", "out", reference), parameters)
    assert (result.value, result.passed, result.number) == (None, None, None)
    assert result.error is not None
    assert complaint in result.error
    assert result.error.startswith(f"{name}: ")


def test_long_texts_stay_quick() -> None:
    started = time.perf_counter()
    distance = levenshtein("ab" * 10_000, "ba" * 10_000)
    assert distance == 2
    assert time.perf_counter() - started < 2


def plain_levenshtein(first: str, second: str) -> int:
    row = list(range(len(second) + 1))
    for index, one in enumerate(first, 1):
        corner, row[0] = row[0], index
        for place, other in enumerate(second, 1):
            corner, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, corner + (one != other))
    return row[-1]


texts = st.text(alphabet="abcä", max_size=12)


@given(texts, texts)
def test_levenshtein_is_the_textbook_distance(first: str, second: str) -> None:
    assert levenshtein(first, second) == plain_levenshtein(first, second)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "text", "output", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(SCORERS)),
    json_values,
    json_values,
    st.dictionaries(st.sampled_from(["value", "values", "min", "pattern", "threshold"]), json_values),
)
def test_nothing_makes_a_scorer_raise(name: str, output: Any, reference: Any, parameters: dict[str, Any]) -> None:
    result = run(spec(name), Sample(None, output, reference), parameters)
    assert (result.value is None) is (result.error is not None)
    if isinstance(result.value, float):
        assert 0 <= result.value <= 1


@given(json_values, st.sampled_from(sorted(WRAPPERS)))
def test_unwrap_undoes_one_wrapper(value: Any, key: str) -> None:
    assert unwrap({key: value}) is value


def test_text_of_values() -> None:
    assert text_of(None) == ""
    assert text_of({"output": {"a": 1}}) == '{"a":1}'
    assert text_of({"answer": "x"}) == '{"answer":"x"}'
    assert text_of(CONVERSATION) == "Paris"
    assert text_of({"role": "assistant", "content": None}) == ""
    assert whole_text(CONVERSATION[:1]) == "Capital of France?"
    assert whole_text({"input": CONVERSATION}).startswith('[{"role":"user"')
