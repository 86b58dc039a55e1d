"""Every operator word, by example and by property."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.filters import OPERATORS, matches
from schemas.json_values import compact, same
from schemas.patterns import compile_pattern

EVENING = datetime(2026, 5, 20, 18, 30, tzinfo=UTC)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OPPOSITES = [
    ("eq", "not"),
    ("in", "not_in"),
    ("contains", "not_contains"),
    ("startswith", "not_startswith"),
    ("endswith", "not_endswith"),
    ("empty", "not_empty"),
    ("overlap", "not_overlap"),
]
SYNONYMS = [
    ("", "eq", "=", "==", "equals"),
    ("not", "!="),
    ("lt", "<"),
    ("lte", "<="),
    ("gt", ">"),
    ("gte", ">="),
    ("startswith", "startsWith"),
    ("endswith", "endsWith"),
    ("not_empty", "notEmpty"),
]

YES = [
    ("", "haiku", "haiku"),
    ("eq", "haiku", ["sonnet", "haiku"]),
    ("eq", 3, "3"),
    ("eq", True, "true"),
    ("eq", True, 1),
    ("eq", None, None),
    ("eq", ["a", "b"], "b"),
    ("eq", EVENING, "2026-05-20T20:30:00+02:00"),
    ("iexact", "Haiku", ["hAIKU"]),
    ("lt", 2, 10),
    ("lt", "2", 10),
    ("lte", 2.0, 2),
    ("gt", EVENING, "2026-05-20T18:29:59.999999Z"),
    ("gt", "2026-05-20T10:49:57.614309Z", "2026-05-20T10:49:57Z"),
    ("gte", EVENING, "2026-05-20"),
    ("gt", "b", "a"),
    ("contains", "the haiku set", "haiku"),
    ("contains", ["red tag", "blue"], "red"),
    ("icontains", "Straße", "STRASSE"),
    ("startswith", "haiku", "hai"),
    ("endswith", "haiku", ["x", "ku"]),
    ("in", "a", ["a", "b"]),
    ("in", "a", "a"),
    ("not_in", "c", ["a", "b"]),
    ("not", "c", "a"),
    ("not", None, "a"),
    ("isnull", None, True),
    ("isnull", None, ["true"]),
    ("isnull", 0, [False]),
    ("not_contains", "abc", "x"),
    ("not_startswith", "abc", "b"),
    ("not_endswith", "abc", "b"),
    ("regex", "run 42 done", r"\d+ done$"),
    ("ilike", "Haiku vs baseline", "%VS_base%"),
    ("ilike", "50% [off]", r"50\% [off]"),
    ("empty", " ", None),
    ("empty", [], []),
    ("empty", "text", False),
    ("not_empty", 0, None),
    ("notEmpty", {"a": None}, True),
    ("overlap", ["a", "b"], ["b", "c"]),
    ("not_overlap", ["a"], ["b"]),
    ("has_key", {"a": None}, "a"),
]
NO = [
    ("eq", "3", "3.0"),
    ("eq", "anything", []),
    ("eq", None, ""),
    ("iexact", None, "null"),
    ("lt", None, 1),
    ("lte", float("nan"), 1),
    ("gt", True, 0),
    ("gt", {"a": 1}, 0),
    ("contains", None, "None"),
    ("contains", "HAIKU", "haiku"),
    ("isnull", 0, True),
    ("regex", "abc", "^b"),
    ("ilike", "haiku", "aik"),
    ("ilike", "a.c", "a_d"),
    ("empty", 0, None),
    ("overlap", None, [None]),
    ("has_key", ["a"], "a"),
    ("has_key", {"a": 1}, "b"),
]


@pytest.mark.parametrize(("operator", "actual", "expected"), YES)
def test_holds(operator: str, actual: object, expected: object) -> None:
    assert matches(operator, actual, expected) is True


@pytest.mark.parametrize(("operator", "actual", "expected"), NO)
def test_does_not_hold(operator: str, actual: object, expected: object) -> None:
    assert matches(operator, actual, expected) is False


def test_every_word_is_shown_by_an_example() -> None:
    shown = {operator for operator, *_ in YES} | {word for words in SYNONYMS for word in words}
    aliases = {word for word in OPERATORS if word != word.lower()} | {"ne", "not_equals"}
    assert set(OPERATORS) - aliases == shown - aliases


@pytest.mark.parametrize("words", SYNONYMS)
def test_synonyms_are_one_operator(words: tuple[str, ...]) -> None:
    assert len({OPERATORS[word] for word in words}) == 1


def test_an_unknown_operator_is_named() -> None:
    with pytest.raises(ValueError, match=r"'sounds_like'.*icontains"):
        matches("sounds_like", 1, 1)


@pytest.mark.parametrize("pattern", ["(?=a)b", "(", "x" * 1001])
def test_a_bad_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        matches("regex", "text", pattern)


def test_a_hostile_pattern_takes_linear_time() -> None:
    assert not matches("regex", "a" * 50_000 + "!", "(a+)+$")
    assert not matches("ilike", "a" * 50_000, "%a%a%a%a%a%a%b")


def test_patterns_meet_text_that_is_not_utf8() -> None:
    assert matches("regex", "broken \ud800 text", "^broken . text$")
    assert compile_pattern("a", ignore_case=True).search("A") is not None


@given(st.sampled_from(OPPOSITES), json_values, json_values)
def test_opposites_never_agree(pair: tuple[str, str], actual: object, expected: object) -> None:
    positive, negative = pair
    assert matches(positive, actual, expected) is not matches(negative, actual, expected)


@given(st.sampled_from(sorted(set(OPERATORS) - {"regex", "ilike"})), json_values, json_values)
def test_any_values_give_an_answer(operator: str, actual: object, expected: object) -> None:
    assert matches(operator, actual, expected) in (True, False)


@given(json_values)
def test_everything_equals_itself(value: Any) -> None:
    assert same(value, value)
    assert matches("eq", value, [value])


@given(st.floats(allow_nan=False) | st.integers(), st.floats(allow_nan=False) | st.integers())
def test_numbers_are_ordered_one_way(left: float, right: float) -> None:
    orders = [matches(word, left, right) for word in ("lt", "eq", "gt")]
    assert orders.count(True) == 1


@given(st.text(max_size=20), st.text(max_size=5), st.text(max_size=5))
def test_text_contains_its_parts(middle: str, start: str, end: str) -> None:
    text = start + middle + end
    assert matches("contains", text, middle)
    assert matches("startswith", text, start)
    assert matches("endswith", text, end)
    assert matches("icontains", text, middle)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_an_escaped_like_pattern_matches_its_own_text(text: str) -> None:
    pattern = "".join(f"\\{character}" if character in "%_\\" else character for character in text)
    assert matches("ilike", text, pattern)


def test_same_tells_true_from_one() -> None:
    assert same({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2}]})
    assert not same([True], [1])
    assert not same({"a": 1}, {"b": 1})
    assert not same([1], [1, 2])
    assert compact({"a": [1, "ä"]}) == '{"a":[1,"ä"]}'
