"""What every scorer takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.execution.values import spoken
from schemas.json import Json
from schemas.run import ValueType

DEFAULT_THRESHOLD = 0.8
_MAX_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished run to be judged; `reference` None means that the example has none."""

    input: Json
    output: Json
    reference: Json = None
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """One judgement, or with `error` why there is none (`value` and `passed` are None then).

    `value` by `value_type`: number 0..1 unless the evaluator has a scale of its own, boolean, label (text), labels (list of texts), text, json.
    `metadata` says how it came about, where that costs money: model, tokens, USD.
    """

    value: Json
    value_type: ValueType
    passed: bool | None = None
    threshold: float | None = None
    label: str | None = None
    explanation: str | None = None
    error: str | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)

    @property
    def number(self) -> float | None:
        """The value where a number is asked for: a boolean counts 1.0 or 0.0, anything not numeric None."""
        return float(self.value) if isinstance(self.value, (bool, int, float)) else None


class Parameters(BaseModel):
    """What a scorer may be told; names also in camel case. Unknown names are errors, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False)

    threshold: float | None = Field(default=None, ge=0, le=1, description="passes from this score on (numeric scorers; 0.8)")


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """A scorer as data. `needs_reference`: without parameters it compares with the example's reference. `function` may raise ValueError."""

    name: str
    title: str
    description: str
    category: Literal["text", "number", "json", "length"]
    parameters: type[Parameters]
    needs_reference: bool
    value_type: ValueType
    function: Callable[[Sample, Any], ScoreResult]
    direction: Literal["maximize", "minimize"] = "maximize"


def verdict(passed: bool, explanation: str) -> ScoreResult:
    """A boolean score, which passes when true."""
    return ScoreResult(passed, ValueType.BOOLEAN, passed=passed, explanation=explanation)


def graded(value: float, threshold: float | None, explanation: str) -> ScoreResult:
    """A score of 0..1, which passes from its threshold (0.8 unless told) on."""
    bar = DEFAULT_THRESHOLD if threshold is None else threshold
    return ScoreResult(value, ValueType.NUMBER, passed=value >= bar, threshold=bar, explanation=explanation)


def failure(message: str, value_type: ValueType = ValueType.NUMBER) -> ScoreResult:
    """A score that could not be given."""
    return ScoreResult(None, value_type, error=message)


def reference_of(sample: Sample) -> Json:
    """The reference out of its wrapper and chat message. Raises ValueError where the example has none."""
    if sample.reference is None:
        raise ValueError("the example has no reference to compare with")
    return spoken(sample.reference)


def quote(text: str) -> str:
    """A text for an explanation: quoted, cut after 80 characters."""
    return repr(text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + "…")
