"""Scorers that read the output as JSON."""

from pydantic import Field
from pydantic_core import from_json

from gateway.execution.scorers.base import Parameters, Sample, ScoreResult, ScorerSpec, reference_of, verdict
from gateway.execution.values import spoken
from schemas.json import Json
from schemas.json_values import same
from schemas.run import ValueType


class JsonReference(Parameters):
    """For JSON equality: another reference."""

    value: Json = Field(default=None, description="compared with instead of the reference; a text is read as JSON")


def _equal(sample: Sample, parameters: JsonReference) -> ScoreResult:
    """Both sides are read as JSON where they are text; numbers compare by value, the order of keys does not matter."""
    try:
        wanted = _parsed(reference_of(sample) if parameters.value is None else spoken(parameters.value))
    except ValueError as error:
        raise ValueError(f"no reference in JSON: {error}") from error
    try:
        output = _parsed(spoken(sample.output))
    except ValueError as error:
        return verdict(False, f"output is not JSON: {error}")
    equal = same(output, wanted)
    return verdict(equal, "equal as JSON" if equal else "not equal as JSON")


def _valid(sample: Sample, _: Parameters) -> ScoreResult:
    try:
        _parsed(spoken(sample.output))
    except ValueError as error:
        return verdict(False, f"output is not JSON: {error}")
    return verdict(True, "output is JSON")


def _parsed(value: Json) -> Json:
    # This parser bounds the depth, and takes neither NaN nor Infinity.
    return from_json(value, allow_inf_nan=False) if isinstance(value, str) else value


SPECS = (
    ScorerSpec(
        "json-equals",
        "JSON equality",
        "Output and reference are the same JSON value, whatever the order of keys.",
        "json",
        JsonReference,
        True,
        ValueType.BOOLEAN,
        _equal,
    ),
    ScorerSpec("json-valid", "Valid JSON", "The output is one JSON value.", "json", Parameters, False, ValueType.BOOLEAN, _valid),
)
