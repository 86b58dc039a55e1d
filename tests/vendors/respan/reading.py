"""How the tests read what the scripts saw: JSON that travels as text, and scores by value."""

from __future__ import annotations

import json
from typing import Any

VALUE_FIELDS = {
    "numerical": "numerical_value",
    "percentage": "numerical_value",
    "boolean": "boolean_value",
    "single_select": "string_value",
    "text": "string_value",
    "comment": "string_value",
    "multi_select": "categorical_value",
    "categorical": "categorical_value",
    "json": "json_value",
}


def decoded(value: Any) -> Any:
    """A row's or trace's input or output; the vendor sends either the value or its JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def said(value: Any) -> Any:
    """The content of an assistant's message, whichever way the message is written."""
    message = decoded(value)
    return message["content"] if isinstance(message, dict) and "content" in message else message


def score(scores: dict[str, Any], evaluator: str) -> float:
    """The value of one evaluator's score, read from the field that its declared type names."""
    entry = scores[evaluator]
    value = entry[VALUE_FIELDS[entry["score_value_type"]]]
    assert value is not None, entry
    return float(value)


def by_input(traces: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Traces under their input's text; for messages, the last one's content."""
    return {_text(decoded(trace["input"])): trace for trace in traces}


def _text(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[-1], dict) and "content" in value[-1]:
        return str(value[-1]["content"])
    return value if isinstance(value, str) else json.dumps(value)
