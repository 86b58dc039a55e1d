"""Evaluations: `{label, score, explanation}` on this wire, one typed value in the canonical model."""

from adapters.http import dump_json
from adapters.mapping import ABSENT
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.run import ValueType

WIRE = ("result", "metadata")
CANONICAL = ("value", "value_type", "label", "explanation", "metadata", "error")


def read_result(given: JsonObject, scope: Scope) -> JsonObject:
    """The canonical fields of `result` and `metadata`. `result.metadata` lies under the top-level one, as server 20.26 merges them."""
    result = given.get("result") or {}
    metadata = {**(result.get("metadata") or {}), **(given.get("metadata") or {})}
    fields: JsonObject = {"metadata": metadata} if metadata or given.get("metadata") is not None else {}
    return {**fields, **value_of(result)}


def read_unmerged(given: JsonObject, scope: Scope) -> JsonObject:
    """As `read_result`; servers up to 20.3 drop `result.metadata`."""
    result = {name: value for name, value in (given.get("result") or {}).items() if name != "metadata"}
    return read_result({**given, "result": result}, scope)


def value_of(result: JsonObject) -> JsonObject:
    """The typed value: the score when there is one, else the label."""
    fields: JsonObject = {name: result[name] for name in ("label", "explanation") if name in result}
    if result.get("score") is not None:
        return {**fields, "value": float(result["score"]), "value_type": ValueType.NUMBER.value}
    if result.get("label") is not None:
        fields.pop("label")
        return {**fields, "value": result["label"], "value_type": ValueType.LABEL.value}
    return fields


def write_result(given: JsonObject, scope: Scope) -> JsonObject:
    """`result` and `metadata` of the canonical fields."""
    result = {name: value for name, value in shown(given, scope).items() if value is not ABSENT}
    if given.get("value") is None and given.get("value_type") is not None:
        scope.note(Fate.COERCED, "result", "value_type", "a result without a value has no type here")
    if given.get("value") is None and result.get("label") is not None:
        scope.note(Fate.LOST, "result/label", "label", "a label without a score is the value here")
        del result["label"]
    fields: JsonObject = {"metadata": given["metadata"]} if "metadata" in given else {}
    # One of result and error has to be there: a score that says nothing is an empty result.
    return {**fields, "result": result} if result or given.get("error") is None else fields


def shown(given: JsonObject, scope: Scope) -> JsonObject:
    """`label`, `score` and `explanation` of a typed value; ABSENT where nothing was said."""
    label, score = _said(given.get("value_type"), given.get("value"), scope)
    if label is not ABSENT and given.get("label") not in (None, label):
        scope.note(Fate.LOST, "label", "label", "the value is the label here")
    return {
        "label": given.get("label", ABSENT) if label is ABSENT else label,
        "score": score,
        "explanation": given.get("explanation", ABSENT),
    }


def _said(value_type: str | None, value: Json, scope: Scope) -> tuple[Json, Json]:
    """The label and the score that say a value."""
    if value is None:
        return ABSENT, ABSENT
    if isinstance(value, bool):
        _coerced(scope, "a boolean is a score of 1 or 0 here")
        return ABSENT, float(value)
    if isinstance(value, int | float):
        return ABSENT, float(value)
    if isinstance(value, str):
        if value_type not in (ValueType.LABEL.value, None):
            _coerced(scope, "a text is a label here")
        return value, ABSENT
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        _coerced(scope, "several labels are one here")
        return ", ".join(value), ABSENT
    _coerced(scope, "JSON is a label holding its text here")
    return dump_json(value).decode(), ABSENT


def _coerced(scope: Scope, reason: str) -> None:
    for name in ("value", "value_type"):
        scope.note(Fate.COERCED, "result", name, reason)
