"""Runs (one example, one variant, one repetition) and their scores."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Model, Moment, Record
from schemas.dataset import Example
from schemas.json import Json, JsonObject
from schemas.status import Delivery, RunStatus


class AnnotatorKind(StrEnum):
    """Who gave a score."""

    CODE = "code"
    LLM = "llm"
    HUMAN = "human"


class ValueType(StrEnum):
    """What kind of value a score is."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    LABEL = "label"
    LABELS = "labels"
    TEXT = "text"
    JSON = "json"


_FITS: Mapping[ValueType, Callable[[Json], bool]] = {
    ValueType.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ValueType.BOOLEAN: lambda value: isinstance(value, bool),
    ValueType.LABEL: lambda value: isinstance(value, str),
    ValueType.LABELS: lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ValueType.TEXT: lambda value: isinstance(value, str),
    ValueType.JSON: lambda value: True,
}


class Scale(Model):
    """The bounds of a numeric score, and whether more is better."""

    minimum: float | None = None
    maximum: float | None = None
    direction: str = "maximize"


class NewScore(Model):
    """A score to record. `evaluator` is its key within the run: a second one of the same name replaces the first, keeping its id.

    `value` follows `value_type`: number → float, boolean → bool, label and text → string, labels → list of strings, json → any. It is null
    where there is none (an error, say). A value of another type is refused: dialects read it by its type, and would show nothing.
    """

    evaluator: str
    evaluator_id: str | None = None
    evaluator_name: str | None = None
    annotator_kind: AnnotatorKind = AnnotatorKind.CODE
    value: Json = None
    value_type: ValueType | None = None
    scale: Scale | None = None
    passed: bool | None = None
    threshold: float | None = None
    label: str | None = None
    explanation: str | None = None
    error: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    trace_id: str | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    extensions: dict[str, JsonObject] = Field(default_factory=dict)

    @field_validator("value_type")
    @classmethod
    def _fits_the_value(cls, kind: ValueType | None, info: ValidationInfo) -> ValueType | None:
        value = info.data.get("value")
        if kind is not None and value is not None and not _FITS[kind](value):
            raise PydanticCustomError("value_type", "The value is no {kind}", {"kind": kind.value})
        return kind


class Score(NewScore, Record):
    """A recorded score."""

    run_id: str = ""
    experiment_id: str = ""


class StepRecord(Model):
    """What one step of a chain did for one run."""

    kind: str
    name: str
    input: Json = None
    output: Json = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    error: str | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None


class RunFacts(Model):
    """What a run came to. Latency in milliseconds, cost in USD; `input` and `reference` absent: those of the example."""

    input: Json = None
    output: Json = None
    reference: Json = None
    error: str | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    latency_ms: float | None = None
    trace_id: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cost: float | None = None


class NewRun(RunFacts):
    """A run to record.

    The example is named by `example_id`, or by `example_position` (0-based; a position that has no example yet gets one from `input` and `reference`).
    """

    example_id: str | None = None
    example_position: int | None = Field(default=None, ge=0)
    variant_id: str | None = None
    repetition: int = Field(default=1, ge=1)
    status: RunStatus = RunStatus.SUCCEEDED
    native_status: str | None = None
    passed: bool | None = None
    score: float | None = None
    metadata: JsonObject = Field(default_factory=dict)
    steps: list[StepRecord] = Field(default_factory=list)
    scores: list[NewScore] = Field(default_factory=list)
    extensions: dict[str, JsonObject] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _an_error_means_failure(cls, said: Any) -> Any:
        """A run that comes with an error and without a status has failed, wherever it is recorded."""
        if isinstance(said, dict) and said.get("error") is not None and "status" not in said:
            return {**said, "status": RunStatus.FAILED}
        return said


class RunPatch(RunFacts):
    """What to change of a run; absent fields stay. On a waiting run an `output` completes it and its evaluators start."""

    status: RunStatus | None = None
    metadata: JsonObject | None = None
    steps: list[StepRecord] | None = None
    extensions: dict[str, JsonObject] | None = None


class Run(RunFacts, Record):
    """A recorded run with its scores. `variant` is the variant's name; `example` is there when it was asked for."""

    experiment_id: str = ""
    variant_id: str = ""
    variant: str = ""
    example_id: str = ""
    example_position: int = 0
    repetition: int = 1
    status: RunStatus = RunStatus.UNKNOWN
    native_status: str | None = None
    passed: bool | None = None
    score: float | None = None
    metadata: JsonObject = Field(default_factory=dict)
    steps: list[StepRecord] = Field(default_factory=list)
    scores: list[Score] = Field(default_factory=list)
    example: Example | None = None
    delivery: Delivery | None = None


class NewRuns(Model):
    """Runs to record in one transaction."""

    runs: list[NewRun] = Field(min_length=1)


class IncompleteRun(Model):
    """An example that still needs runs, and which repetitions."""

    example: Example
    repetitions: list[int]


class IncompleteScore(Model):
    """A successful run that still needs scores, and by which evaluators."""

    run: Run
    example: Example
    evaluators: list[str]
