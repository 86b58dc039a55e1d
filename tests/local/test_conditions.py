"""Conditions and orders over documents."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.local import conditions
from schemas.errors import Code, CrosswalkError
from schemas.query import Condition

DOCUMENT: dict[str, Any] = {
    "status": "failed",
    "metadata": {"a.b": 1, "a": {"c": [2]}},
    "scores": [{"evaluator": "tone", "evaluator_name": "Tone of voice", "value": 0.5, "label": "good"}, {"evaluator": "a.b", "value": 1}],
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("status", "failed"),
        ("nothing", None),
        ("status.deeper", None),
        ("metadata.a.b", 1),
        ("metadata.a.c", [2]),
        ("metadata.x.y", None),
        ("scores.tone", 0.5),
        ("scores.Tone of voice", 0.5),
        ("scores.tone.label", "good"),
        ("scores.a.b", 1),
        ("scores.other", None),
    ],
)
def test_a_field_path_reaches_inside(field: str, expected: Any) -> None:
    assert conditions.value(DOCUMENT, field) == expected


def holds(condition: dict[str, Any]) -> bool:
    return conditions.test(Condition.model_validate(condition))(DOCUMENT)


def test_bundles_combine_their_parts() -> None:
    yes, no = {"field": "status", "value": "failed"}, {"field": "status", "value": "succeeded"}
    assert holds({"all": [yes, {"any": [no, yes]}]})
    assert not holds({"all": [yes, no]})
    assert not holds({"any": [no]})
    assert not holds({"any": []})
    assert holds({"all": []})
    assert holds({**yes, "any": [yes]})
    assert not holds({**yes, "any": [no]})


def deep(levels: int) -> dict[str, Any]:
    return {"all": [deep(levels - 1)]} if levels else {"field": "status", "value": "x"}


@pytest.mark.parametrize(
    "condition",
    [{"field": "status", "operator": "zap"}, {"field": "status", "operator": "regex", "value": "("}, deep(50)],
)
def test_what_cannot_be_tested_is_the_callers_mistake(condition: dict[str, Any]) -> None:
    with pytest.raises(CrosswalkError) as caught:
        holds(condition)
    assert caught.value.code is Code.INVALID_REQUEST


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.lists(st.integers()),
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)


@given(st.lists(VALUES), st.booleans())
def test_any_values_have_an_order_and_nothing_comes_last(values: list[Any], descending: bool) -> None:
    key = conditions.order(["-x" if descending else "x"])
    found = [document["x"] for document in sorted(({"x": value} for value in values), key=key)]
    nothing = sum(value is None for value in values)
    assert all(value is None for value in found[len(found) - nothing :])
    numbers = [value for value in found if isinstance(value, int | float)]
    assert numbers == sorted(numbers, reverse=descending)


STATUS = st.sampled_from(["failed", "succeeded", "waiting"])


@given(st.lists(STATUS, max_size=3), STATUS)
def test_what_is_tested_early_never_loses_a_match(wanted: list[str], actual: str) -> None:
    condition = Condition.model_validate(
        {"all": [{"field": "status", "operator": "in", "value": wanted}, {"field": "model", "value": None}]}
    )
    early = conditions.pinned(condition, ("status", "model"))
    assert early == [("status", wanted)]
    if conditions.test(condition)({"status": actual}):
        assert actual in wanted
