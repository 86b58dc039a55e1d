"""Scores where every one has a number and a verdict: `{score, passed, reason}` by scorer (reference section 6.2)."""

from dataclasses import replace
from statistics import fmean

from adapters.evalguard.quirks.values import compact
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.run import ValueType
from schemas.status import RunStatus

THRESHOLD = "threshold"


def judged(scope: Scope, threshold: float | None) -> Scope:
    """The surroundings of the results of an experiment with this threshold."""
    return replace(scope, defaults={**scope.defaults, THRESHOLD: threshold})


def threshold_of(scope: Scope) -> float:
    """The score a run passes from: the experiment's, else the surface's."""
    found = scope.defaults.get(THRESHOLD)
    return float(scope.options.threshold if found is None else found)


def number_of(score: JsonObject) -> float | None:
    """A score as a number, booleans as 0 and 1; None when it failed or is no number."""
    value = score.get("value")
    return float(value) if score.get("error") is None and isinstance(value, bool | int | float) else None


def verdict_of(score: JsonObject, threshold: float) -> bool | None:
    """Whether a score passed: what was said, else its boolean, else its number on a scale of 0 … 1 against the threshold; None for a mere text."""
    if score.get("error") is not None:
        return False
    if score.get("passed") is not None:
        return bool(score["passed"])
    value = score.get("value")
    if isinstance(value, bool):
        return value
    number = number_of(score)
    bar = score.get("threshold")
    if number is None:
        return None
    return number >= bar if bar is not None else _on_unit_scale(number, score.get("scale") or {}) >= threshold


def _on_unit_scale(number: float, scale: JsonObject) -> float:
    low, high = scale.get("minimum"), scale.get("maximum")
    if low is not None and high is not None and high > low:
        number = (number - low) / (high - low)
    return 1 - number if scale.get("direction") == "minimize" else number


def passed_of(run: JsonObject, threshold: float) -> bool:
    """Whether a case passed: what was said, else that it ran and no scorer failed it (a case nobody judges has failed nothing)."""
    if run.get("passed") is not None:
        return bool(run["passed"])
    if run.get("status") == RunStatus.FAILED or run.get("error") is not None:
        return False
    return all(_passes(score, threshold) for score in run.get("scores") or ())


def _passes(score: JsonObject, threshold: float) -> bool:
    """Whether a score lets its case pass: a mere word does, one that says nothing does not."""
    verdict = verdict_of(score, threshold)
    return score.get("value") is not None or score.get("label") is not None if verdict is None else verdict


def score_of(run: JsonObject, threshold: float) -> float:
    """A case in one figure: its own, else the mean of its numbers, else 1 or 0 as it passed."""
    if run.get("score") is not None:
        return float(run["score"])
    numbers = [number for number in map(number_of, run.get("scores") or ()) if number is not None]
    return fmean(numbers) if numbers else float(passed_of(run, threshold))


def encode_entry(score: JsonObject, scope: Scope) -> JsonObject:
    """One score as a number, a verdict and a reason; what is no number shows as 1 or 0 with the word in the reason."""
    number, passed = number_of(score), verdict_of(score, threshold_of(scope))
    _note(score, number, scope)
    reason = _reason(score, number)
    entry: JsonObject = {"score": _plain(float(bool(passed)) if number is None else number), "passed": bool(passed)}
    return {**entry, "reason": reason} if reason is not None else entry


def _note(score: JsonObject, number: float | None, scope: Scope) -> None:
    value = score.get("value")
    if number is None or isinstance(value, bool):
        scope.note(Fate.COERCED, "score", "value", "a score is a number here")
        scope.note(Fate.COERCED, "score", "value_type", "a score is a number here")
    if score.get("passed") is None:
        scope.note(Fate.COERCED, "passed", "passed", "a score passed or failed here: decided by its value and the threshold")
    for name in ("label", "error"):
        if score.get(name) is not None:
            scope.note(Fate.COERCED, "reason", name, "told in the reason")
            scope.note(Fate.COERCED, "reason", "explanation", "told in the reason, after the label or error")
    for name in ("threshold", "scale"):
        if score.get(name) is not None:
            scope.note(Fate.LOST, "", name, "a score has no bounds here")


def _reason(score: JsonObject, number: float | None) -> str | None:
    if score.get("error") is not None:
        return str(score["error"])
    word, explanation = score.get("label"), score.get("explanation")
    if word is None and number is None and score.get("value") is not None:
        value = score["value"]
        word = value if isinstance(value, str) else compact(value)
    if word is None:
        return None if explanation is None else str(explanation)
    return f"{word}: {explanation}" if explanation else str(word)


def decode_entry(entry: JsonObject, scope: Scope) -> JsonObject:
    """A score from its number, verdict and reason."""
    score: JsonObject = {}
    if "score" in entry:
        score = {"value": entry["score"], "value_type": _type_of(entry["score"])}
    return score | {canonical: entry[wire] for wire, canonical in (("passed", "passed"), ("reason", "explanation")) if wire in entry}


def _type_of(value: Json) -> str:
    if isinstance(value, bool):
        return ValueType.BOOLEAN.value
    if isinstance(value, str):
        return ValueType.TEXT.value
    return ValueType.NUMBER.value if isinstance(value, int | float) or value is None else ValueType.JSON.value


def _plain(number: float) -> float:
    return int(number) if number.is_integer() else number
