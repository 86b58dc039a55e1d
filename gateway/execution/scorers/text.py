"""Scorers that look for text in the output."""

from collections.abc import Callable

from pydantic import Field
from pydantic_core import from_json

from gateway.execution.scorers.base import Parameters, Sample, ScoreResult, ScorerSpec, quote, reference_of, verdict
from gateway.execution.values import spoken, text_of
from schemas.json import Json
from schemas.json_values import compact, is_list, same
from schemas.patterns import MAX_PATTERN, compile_pattern, found
from schemas.run import ValueType

Test = Callable[[str, str], bool]


class Comparison(Parameters):
    """For equality: another reference, and what not to look at."""

    value: Json = Field(default=None, description="compared with instead of the reference")
    ignore_case: bool = Field(default=False, description="upper and lower case are one")
    trim: bool = Field(default=False, description="white space around texts does not count")


class Part(Parameters):
    """For one text to look for."""

    value: str | None = Field(default=None, description="looked for instead of the reference")


class Parts(Parameters):
    """For several texts to look for."""

    values: list[str] | None = Field(default=None, min_length=1, max_length=1000, description="looked for instead of the reference")


class RegularExpression(Parameters):
    """For a pattern in RE2's syntax."""

    pattern: str | None = Field(default=None, max_length=MAX_PATTERN, description="used instead of the reference")
    ignore_case: bool = False


def _equal(sample: Sample, parameters: Comparison) -> ScoreResult:
    """Values of one kind are compared as JSON, a text with anything else by its text (so "4" equals 4)."""
    output = spoken(sample.output)
    wanted = reference_of(sample) if parameters.value is None else spoken(parameters.value)
    equal = output is not None and _equal_values(output, wanted, parameters)
    return verdict(equal, "equal" if equal else f"{quote(text_of(output))} is not {quote(text_of(wanted))}")


def _equal_values(output: Json, wanted: Json, parameters: Comparison) -> bool:
    if isinstance(output, str) or isinstance(wanted, str):
        return _folded(compact(output), parameters) == _folded(compact(wanted), parameters)
    return same(output, wanted)


def _folded(text: str, parameters: Comparison) -> str:
    text = text.strip() if parameters.trim else text
    return text.casefold() if parameters.ignore_case else text


def _one(test: Test, place: str) -> Callable[[Sample, Part], ScoreResult]:
    def score(sample: Sample, parameters: Part) -> ScoreResult:
        wanted = compact(reference_of(sample)) if parameters.value is None else parameters.value
        passed = test(text_of(sample.output), wanted)
        return verdict(passed, f"{quote(wanted)} is {'' if passed else 'not '}{place} the output")

    return score


def _several(fold: Callable[[str], str], combine: Callable[[list[bool]], bool]) -> Callable[[Sample, Parts], ScoreResult]:
    def score(sample: Sample, parameters: Parts) -> ScoreResult:
        wanted = _listed(reference_of(sample)) if parameters.values is None else parameters.values
        text = fold(text_of(sample.output))
        hits = [fold(part) in text for part in wanted]
        return verdict(combine(hits), f"{sum(hits)} of {len(hits)} found")

    return score


def _listed(reference: Json) -> list[str]:
    """A reference as a list of texts: a list, a text holding a JSON list, or a text with commas between."""
    if isinstance(reference, str):
        reference = _json_list(reference) or [part.strip() for part in reference.split(",") if part.strip()]
    if not is_list(reference) or not reference:
        raise ValueError("the reference must be a list of texts, or a text with commas between")
    return [compact(part) for part in reference]


def _json_list(text: str) -> Json:
    if not text.lstrip().startswith("["):
        return None
    try:
        value = from_json(text)
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def _matches_pattern(sample: Sample, parameters: RegularExpression) -> ScoreResult:
    pattern = compact(reference_of(sample)) if parameters.pattern is None else parameters.pattern
    passed = found(compile_pattern(pattern, ignore_case=parameters.ignore_case), text_of(sample.output))
    return verdict(passed, f"pattern {quote(pattern)} {'found' if passed else 'not found'}")


def _is_empty(sample: Sample, _: Parameters) -> ScoreResult:
    value = spoken(sample.output)
    blank = value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})
    return verdict(blank, "output is empty" if blank else "output is not empty")


def _spec(
    name: str,
    title: str,
    description: str,
    parameters: type[Parameters],
    function: Callable[[Sample, Json], ScoreResult],
    *,
    alone: bool = False,
) -> ScorerSpec:
    return ScorerSpec(name, title, description, "text", parameters, not alone, ValueType.BOOLEAN, function)


_PART = (
    ("contains", "Contains", "The output contains the text.", lambda text, part: part in text, "in"),
    (
        "icontains",
        "Contains (any case)",
        "The output contains the text, in any case.",
        lambda text, part: part.casefold() in text.casefold(),
        "(in any case) in",
    ),
    ("starts-with", "Starts with", "The output starts with the text.", str.startswith, "at the start of"),
    ("ends-with", "Ends with", "The output ends with the text.", str.endswith, "at the end of"),
)
_PARTS = (
    ("contains-any", "Contains any", "The output contains at least one of the texts.", str, any),
    ("contains-all", "Contains all", "The output contains every one of the texts.", str, all),
    ("icontains-any", "Contains any (any case)", "The output contains at least one of the texts, in any case.", str.casefold, any),
    ("icontains-all", "Contains all (any case)", "The output contains every one of the texts, in any case.", str.casefold, all),
)

SPECS = (
    _spec("exact-match", "Exact match", "The output equals the reference.", Comparison, _equal),
    *(_spec(name, title, text, Part, _one(test, place)) for name, title, text, test, place in _PART),
    *(_spec(name, title, text, Parts, _several(fold, combine)) for name, title, text, fold, combine in _PARTS),
    _spec("regex-match", "Regular expression", "The pattern (RE2 syntax) is found in the output.", RegularExpression, _matches_pattern),
    _spec("is-empty", "Is empty", "The output is null, blank text, or an empty list or object.", Parameters, _is_empty, alone=True),
)
