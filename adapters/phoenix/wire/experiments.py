"""Experiments, runs, evaluations, tags and exports."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.phoenix.wire.base import MAX_INTEGER, JsonObject, Paging, Positive
from adapters.phoenix.wire.datasets import Example

MAX_REPETITIONS = 1_000_000
TAG_NAME = r"^[a-z0-9]([_a-z0-9-]*[a-z0-9])?$"


def _not_numeric(value: Any) -> Any:
    """Numbers, and texts that are numbers, crash the real server's evaluations; ISO 8601 is what it documents."""
    text = value.strip().removeprefix("-").replace(".", "", 1) if isinstance(value, str) else ""
    if isinstance(value, int | float) or (text.isascii() and text.isdigit()):
        raise PydanticCustomError("datetime_type", "Input should be a valid datetime")
    return value


IsoTime = Annotated[datetime, BeforeValidator(_not_numeric)]


class CreateExperiment(WireModel):
    """POST /v1/datasets/{dataset_id}/experiments"""

    name: str | None = None
    description: str | None = None
    metadata: JsonObject | None = None
    version_id: str | None = None
    splits: list[str] | None = None
    repetitions: Annotated[int, Field(gt=0, le=MAX_REPETITIONS)] = 1


class CreateExperimentWhole(WireModel):
    """POST /v1/datasets/{dataset_id}/experiments before 12.6.1, which knows no splits and does not look at them."""

    name: str | None = None
    description: str | None = None
    metadata: JsonObject | None = None
    version_id: str | None = None
    repetitions: Annotated[int, Field(gt=0, le=MAX_REPETITIONS)] = 1


class UpdateExperiment(WireModel):
    """PATCH /v1/experiments/{experiment_id}"""

    name: str | None = None
    description: str | None = None
    metadata: JsonObject | None = None

    @model_validator(mode="after")
    def _not_null(self) -> Self:
        for name in ("name", "metadata"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class CreateRun(WireModel):
    """POST /v1/experiments/{experiment_id}/runs"""

    dataset_example_id: str
    output: Any
    repetition_number: Annotated[int, Field(gt=0, le=MAX_INTEGER)]
    start_time: datetime
    end_time: datetime
    trace_id: str | None = None
    error: str | None = None


class ExperimentEvaluationResult(WireModel):
    """What an evaluator found. The class name is part of a validation message."""

    label: str | None = None
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    explanation: str | None = None
    metadata: JsonObject | None = None


class UpsertEvaluation(WireModel):
    """POST /v1/experiment_evaluations"""

    experiment_run_id: str
    name: str
    annotator_kind: Literal["LLM", "CODE", "HUMAN"]
    start_time: IsoTime
    end_time: IsoTime
    result: ExperimentEvaluationResult | None = None
    error: str | None = None
    metadata: JsonObject | None = None
    trace_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.result is None and self.error is None:
            raise ValueError("Either 'result' or 'error' must be provided")
        return self


class SetTag(WireModel):
    """POST /v1/experiments/{experiment_id}/tags"""

    name: Annotated[str, Field(pattern=TAG_NAME)]
    description: str | None = None


class RunsPaging(WireModel):
    """The query of the list of runs: without a limit everything comes."""

    cursor: str | None = None
    limit: Positive | None = None


class IncompleteEvaluationsPaging(Paging):
    """`evaluation_name` is repeatable, and needed."""

    evaluation_name: list[str] = Field(default_factory=list)


class DeleteExperimentQuery(WireModel):
    """`delete_project` removes the trace project, too."""

    delete_project: bool = False


class Experiment(BaseModel):
    """An experiment."""

    id: str
    dataset_id: str
    dataset_version_id: str
    name: str
    description: str | None
    repetitions: int
    metadata: JsonObject
    project_name: str | None
    created_at: datetime
    updated_at: datetime
    example_count: int
    successful_run_count: int
    failed_run_count: int
    missing_run_count: int


class Run(BaseModel):
    """A run of one example."""

    dataset_example_id: str
    output: Any
    repetition_number: int
    start_time: datetime
    end_time: datetime
    trace_id: str | None
    error: str | None
    id: str
    experiment_id: str


class IncompleteRun(BaseModel):
    """An example that still needs runs."""

    dataset_example: Example
    repetition_numbers: list[int]


class IncompleteEvaluation(BaseModel):
    """A run that still needs evaluations."""

    experiment_run: Run
    dataset_example: Example
    evaluation_names: list[str]


class Tag(BaseModel):
    """A name that points at one experiment of a dataset."""

    id: str
    name: str
    description: str | None


class Annotation(BaseModel):
    """An evaluation in an export."""

    name: str
    annotator_kind: str
    label: str | None
    score: float | None
    explanation: str | None
    trace_id: str | None
    error: str | None
    metadata: JsonObject
    start_time: datetime
    end_time: datetime


class ExportedRun(BaseModel):
    """A run in the JSON export."""

    example_id: str
    repetition_number: int
    input: JsonObject
    reference_output: JsonObject
    output: Any
    error: str | None
    latency_ms: float
    start_time: datetime
    end_time: datetime
    trace_id: str | None
    prompt_token_count: int | None
    completion_token_count: int | None
    annotations: list[Annotation]
