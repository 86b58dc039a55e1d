"""A score's value is what its type says."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.run import NewScore


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", 0),
        ("number", -0.5),
        ("boolean", False),
        ("label", "good"),
        ("labels", []),
        ("labels", ["a", "b"]),
        ("text", ""),
        ("json", {"a": [None]}),
        ("json", True),
        *((kind, None) for kind in ("number", "boolean", "label", "labels", "text", "json")),
    ],
)
def test_a_value_of_its_type_is_kept(kind: str, value: Any) -> None:
    assert NewScore.model_validate({"evaluator": "e", "value_type": kind, "value": value}).value == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "x"),
        ("number", "1"),
        ("number", True),
        ("boolean", 1),
        ("boolean", "true"),
        ("label", 1),
        ("label", ["a"]),
        ("labels", "a"),
        ("labels", ["a", 1]),
        ("text", {}),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(kind: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        NewScore.model_validate({"evaluator": "e", "value": value, "value_type": kind})
    assert [(error["loc"], error["msg"]) for error in refused.value.errors()] == [(("value_type",), f"The value is no {kind}")]


def test_a_value_without_a_type_is_anything() -> None:
    assert NewScore.model_validate({"evaluator": "e", "value": ["a", 1]}).value == ["a", 1]
