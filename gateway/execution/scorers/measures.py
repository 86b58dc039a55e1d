"""Scorers that measure: distances, numbers, lengths."""

import math

from pydantic import Field

from gateway.execution.scorers.base import Parameters, Sample, ScoreResult, ScorerSpec, graded, quote, reference_of, verdict
from gateway.execution.values import text_of
from schemas.json import Json
from schemas.json_values import compact
from schemas.run import ValueType

MAX_COMPARED = 20_000


class Similarity(Parameters):
    """For text similarity."""

    value: str | None = Field(default=None, description="compared with instead of the reference")
    ignore_case: bool = False


class Tolerance(Parameters):
    """How far a number may be off: by `absolute`, or by `relative` times the reference, whichever is more."""

    value: float | None = Field(default=None, description="compared with instead of the reference")
    absolute: float = Field(default=0.0, ge=0)
    relative: float = Field(default=1e-6, ge=0)


class Bounds(Parameters):
    """How many; both ends inclusive. Without any, a whole number as reference is the exact count wanted."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)


def levenshtein(first: str, second: str) -> int:
    """The fewest single-character insertions, deletions and substitutions that turn one text into the other.

    Bit-parallel (Myers 1999, in Hyyrö's form): a column of the table is two integers, so 20,000 characters take some tens of milliseconds.
    """
    if not first or not second:
        return len(first) or len(second)
    positions: dict[str, int] = {}
    for index, character in enumerate(first):
        positions[character] = positions.get(character, 0) | 1 << index
    full, last = (1 << len(first)) - 1, 1 << len(first) - 1
    rising, falling, distance = full, 0, len(first)
    for character in second:
        equal = positions.get(character, 0)
        diagonal = (((equal & rising) + rising) ^ rising) | equal | falling
        up, down = falling | (full & ~(diagonal | rising)), rising & diagonal
        distance += bool(up & last) - bool(down & last)
        up, down = (up << 1 | 1) & full, (down << 1) & full
        rising, falling = down | (full & ~(diagonal | up)), up & diagonal
    return distance


def _similarity(sample: Sample, parameters: Similarity) -> ScoreResult:
    wanted = compact(reference_of(sample)) if parameters.value is None else parameters.value
    output = text_of(sample.output)
    if parameters.ignore_case:
        wanted, output = wanted.casefold(), output.casefold()
    longest = max(len(wanted), len(output))
    if longest > MAX_COMPARED:
        raise ValueError(f"texts of more than {MAX_COMPARED} characters are not compared")
    edits = levenshtein(output, wanted)
    return graded(1 - edits / longest if longest else 1.0, parameters.threshold, f"{edits} edits in {longest} characters")


def _near(sample: Sample, parameters: Tolerance) -> ScoreResult:
    wanted = _number(reference_of(sample)) if parameters.value is None else parameters.value
    if wanted is None:
        raise ValueError("the reference is not a number")
    actual = _number(text_of(sample.output))
    if actual is None:
        return verdict(False, f"{quote(text_of(sample.output))} is not a number")
    allowed = max(parameters.absolute, parameters.relative * abs(wanted))
    return verdict(abs(actual - wanted) <= allowed, f"{actual:g} is {abs(actual - wanted):g} from {wanted:g}, {allowed:g} allowed")


def _number(value: Json) -> float | None:
    try:
        number = float(compact(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _word_count(sample: Sample, parameters: Bounds) -> ScoreResult:
    return _counted(len(text_of(sample.output).split()), "words", sample, parameters)


def _length(sample: Sample, parameters: Bounds) -> ScoreResult:
    return _counted(len(text_of(sample.output)), "characters", sample, parameters)


def _counted(count: int, unit: str, sample: Sample, parameters: Bounds) -> ScoreResult:
    least, most = parameters.min, parameters.max
    if least is None and most is None:
        least = most = _whole(sample)
    passed = (least is None or count >= least) and (most is None or count <= most)
    wanted = " and ".join(f"{word} {bound}" for word, bound in (("at least", least), ("at most", most)) if bound is not None)
    return verdict(passed, f"{count} {unit}, {wanted} wanted")


def _whole(sample: Sample) -> int:
    number = None if sample.reference is None else _number(reference_of(sample))
    if number is None or number < 0 or number != int(number):
        raise ValueError("needs min or max, or a whole number as reference")
    return int(number)


SPECS = (
    ScorerSpec(
        "levenshtein",
        "Levenshtein similarity",
        "1 minus edits over the longer length: 1 is equal, 0 nothing in common.",
        "text",
        Similarity,
        True,
        ValueType.NUMBER,
        _similarity,
    ),
    ScorerSpec(
        "numeric-tolerance",
        "Number within tolerance",
        "The output is a number close to the reference.",
        "number",
        Tolerance,
        True,
        ValueType.BOOLEAN,
        _near,
    ),
    ScorerSpec(
        "word-count",
        "Word count",
        "The number of words in the output lies within bounds.",
        "length",
        Bounds,
        False,
        ValueType.BOOLEAN,
        _word_count,
    ),
    ScorerSpec(
        "length-check",
        "Length check",
        "The number of characters in the output lies within bounds.",
        "length",
        Bounds,
        False,
        ValueType.BOOLEAN,
        _length,
    ),
)
