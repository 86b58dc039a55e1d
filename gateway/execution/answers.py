"""Reading a judge's answer: JSON as it was asked for, or what models write instead."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from gateway.execution.scorers.base import quote
from schemas.json import Json, JsonObject
from schemas.json_values import compact
from schemas.run import ValueType

_SCORE_KEYS = ("score", "value", "rating", "grade", "label", "labels", "verdict", "passed", "result")
_REASON_KEYS = ("explanation", "reason", "reasoning", "rationale", "comment")
_WORDS = {
    "true": True,
    "yes": True,
    "pass": True,
    "passed": True,
    "1": True,
    "false": False,
    "no": False,
    "fail": False,
    "failed": False,
    "0": False,
}
_MAX_ANSWER = 100_000
_MAX_ATTEMPTS = 50
_MARKS = " \t\r\n*_`\"'#"


def read_answer(
    text: str, value_type: ValueType, *, minimum: float | None = None, maximum: float | None = None, choices: Sequence[str] = ()
) -> tuple[Json, str | None]:
    """The value and the explanation in a judge's answer.

    An object with a score (`{"score": …, "explanation": …}`, in a code fence or amid words; the last one counts) or else a bare value, alone or
    on a line `Score: …`. A number may also be `4/5` or `80%` of the maximum. Choices are found in any case and given as they are configured.
    Raises ValueError, quoting the answer, for anything else and for a number outside its bounds.
    """
    if len(text) > _MAX_ANSWER:
        raise ValueError(f"the answer is longer than {_MAX_ANSWER} characters")
    found = _scored_object(text)
    raw, reason = (_first(found, _SCORE_KEYS), _first(found, _REASON_KEYS)) if found else (_bare(text, value_type), None)
    try:
        value = _READERS[value_type](raw, minimum, maximum, choices)
    except ValueError as error:
        raise ValueError(f"{error} in the answer {quote(text)}") from error
    return value, None if reason is None else compact(reason)


def _scored_object(text: str) -> JsonObject | None:
    found = [item for item in _objects(text) if any(key in item for key in _SCORE_KEYS)]
    return found[-1] if found else None


def _objects(text: str) -> Iterator[JsonObject]:
    """The JSON objects in a text, outermost ones only; the number of attempts is bounded, and with it the time."""
    start = text.find("{")
    for _ in range(_MAX_ATTEMPTS):
        if start < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield value
        start = text.find("{", end)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _plain(text: str) -> str:
    """Without the marks and quotes that models put around a value, and without a full stop after it."""
    return text.lstrip(_MARKS).rstrip(_MARKS + ".")


def _first(found: Mapping[str, Json], keys: Sequence[str]) -> Json:
    return next((found[key] for key in keys if key in found), None)


def _bare(text: str, value_type: ValueType) -> Json:
    if value_type is ValueType.JSON:
        return _whole_json(text)
    if value_type is ValueType.TEXT:
        return text.strip()
    for line in reversed(text.splitlines()):
        name, separator, rest = line.replace("=", ":").partition(":")
        if separator and any(_plain(name).casefold().endswith(key) for key in _SCORE_KEYS):
            return _plain(rest)
    return _plain(text)


def _whole_json(text: str) -> Json:
    try:
        return json.loads(text.strip().removeprefix("```json").strip("`"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON in the answer {quote(text)}") from error


def _number(raw: Json, minimum: float | None, maximum: float | None, _: Sequence[str]) -> float:
    value = _figure(_plain(raw), maximum) if isinstance(raw, str) else raw
    if isinstance(value, bool) and (minimum, maximum) not in ((0, 1), (None, None)):
        raise ValueError("no number")
    if not isinstance(value, (int, float)) or not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError("no number")
    low, high = -math.inf if minimum is None else minimum, math.inf if maximum is None else maximum
    if not low <= value <= high:
        raise ValueError(f"{value:g} is outside {low:g} to {high:g}")
    return float(value)


def _figure(text: str, maximum: float | None) -> float | None:
    """`4`, `4/5` where 5 is the maximum, `80%` of the maximum."""
    part, slash, whole = text.partition("/")
    try:
        if text.endswith("%"):
            return None if maximum is None else float(text[:-1]) / 100 * maximum
        if slash and float(whole) != maximum:
            return None
        return float(part)
    except ValueError:
        return None


def _boolean(raw: Json, *_: object) -> bool:
    value = _WORDS.get(_plain(compact(raw)).casefold())
    if value is None:
        raise ValueError("neither true nor false")
    return value


def _label(raw: Json, _minimum: float | None, _maximum: float | None, choices: Sequence[str]) -> str:
    if raw is None or isinstance(raw, (list, dict)):
        raise ValueError("no label")
    text = compact(raw).strip()
    if not choices and 0 < len(text) <= 200:
        return text
    for choice in choices:
        if _plain(choice).casefold() == _plain(text).casefold():
            return choice
    raise ValueError(f"none of the choices {', '.join(map(repr, choices))}" if choices else "no label")


def _labels(raw: Json, minimum: float | None, maximum: float | None, choices: Sequence[str]) -> list[str]:
    items = raw if isinstance(raw, list) else [part for part in compact(raw).split(",") if part.strip()]
    return list(dict.fromkeys(_label(item, minimum, maximum, choices) for item in items))


def _text(raw: Json, *_: object) -> str:
    if raw is None or raw == "":
        raise ValueError("no text")
    return compact(raw)


def _json(raw: Json, *_: object) -> Json:
    return raw


_READERS: Mapping[ValueType, Callable[[Json, float | None, float | None, Sequence[str]], Json]] = {
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: _boolean,
    ValueType.LABEL: _label,
    ValueType.LABELS: _labels,
    ValueType.TEXT: _text,
    ValueType.JSON: _json,
}
