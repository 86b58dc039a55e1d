"""Conditions on a row."""

from typing import Any

import pytest

from gateway.execution.conditions import holds, parse_condition

ROW: dict[str, Any] = {
    "input": {"question": "Why?"},
    "output": {"role": "assistant", "content": "I am not sure."},
    "metadata": {"lang": "en", "cost": {"usd": 0.2}},
}


def test_a_policy_over_output_and_metadata() -> None:
    policy = {"event.output": {"operator": "icontains", "value": ["NOT SURE"]}, "event.metadata.cost.usd": {"operator": "lt", "value": 1}}
    assert holds(parse_condition({"condition_policy": policy}), **ROW)


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("event.output", "startswith", "I am", True),
        ("event.output.role", "", "assistant", True),
        ("event.input.question", "=", "Why?", True),
        ("event.input.question", "not", "Why?", False),
        ("event.metadata.lang", "in", ["de", "fr"], False),
        ("event.metadata.none", "isnull", True, True),
        ("event.metadata.none", "eq", "x", False),
        ("output", "endswith", "sure.", True),
    ],
)
def test_fields(field: str, operator: str, value: Any, expected: bool) -> None:
    assert holds(parse_condition({"condition_policy": {field: {"operator": operator, "value": value}}}), **ROW) is expected


def test_all_tests_must_hold() -> None:
    tests = [{"operator": "startswith", "value": "I"}, {"operator": "endswith", "value": "?"}]
    assert not holds(parse_condition({"condition_policy": {"event.output": tests}}), **ROW)
    assert holds(parse_condition({"condition_policy": {"event.metadata.lang": {"operator": "not_empty"}}}), **ROW)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({}, "condition_policy"),
        ({"condition_policy": {}}, "at least one"),
        ({"condition_policy": []}, "condition_policy"),
        ({"condition_policy": {"event.output": "x"}}, "operator and value"),
        ({"condition_policy": {"event.output": {"operator": "eq"}}}, "operator and value"),
        ({"condition_policy": {"event.output": {"operator": "sounds_like", "value": 1}}}, "sounds_like"),
        ({"condition_policy": {"event.output": {"operator": ["eq"], "value": 1}}}, "unknown operator"),
        ({"condition_policy": {"event.reference": {"operator": "eq", "value": 1}}}, "event.reference"),
    ],
)
def test_a_wrong_policy_is_named(config: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_condition(config)
