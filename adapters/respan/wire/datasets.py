"""Datasets, their rows and the reports on them, on the wire."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.respan.wire.common import FilterBody, PageQuery, Query


def _content(value: Any) -> Any:
    """A row's texts are strings, objects or arrays (documented); a number or a boolean is none of them."""
    if value is not None and not isinstance(value, str | dict | list):
        raise ValueError("Not a valid string, dictionary or list.")
    return value


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("This field may not be null.")
    return value


def _named(value: Any, info: ValidationInfo) -> Any:
    """A dataset needs a name unless it copies another (documented)."""
    if value is None and not info.data.get("source_dataset_id"):
        raise PydanticCustomError("missing", "Field required")
    return value


Content = Annotated[Any, AfterValidator(_content)]


class DatasetBody(WireModel):
    """A dataset to make: empty, from another dataset (`source_dataset_id`), or from logs (`initial_log_filters`, times, `sampling` in percent)."""

    description: str | None = None
    sampling: Annotated[int, Field(ge=1, le=100)] | None = None
    start_time: str | None = None
    end_time: str | None = None
    is_empty: bool | None = None
    initial_log_filters: dict[str, Any] | None = None
    source_dataset_id: str | None = None
    granularity: str | None = None
    # After what it depends on.
    name: Annotated[str | None, Field(min_length=1, validate_default=True), BeforeValidator(_named)] = None


class DatasetPatchBody(WireModel):
    """What to change of a dataset."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None
    starred: bool | None = None
    tags: list[Any] | None = None


class DatasetsQuery(PageQuery):
    """A page of datasets."""


class RowsQuery(PageQuery):
    """A page of rows; `include_fields` names the fields to show, with commas."""

    include_fields: str | None = None


class RowBody(WireModel):
    """A row to add."""

    input: Annotated[Content, BeforeValidator(_present)]
    output: Content = None
    expected_output: Content = None
    metadata: dict[str, Any] | None = None
    metrics: dict[str, Any] | None = None


class RowPatchBody(WireModel):
    """What to change of a row."""

    input: Any = None
    output: Any = None
    expected_output: Any = None
    prompt: str | None = None
    completion: str | None = None
    metadata: dict[str, Any] | None = None
    metrics: dict[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None


class RowsBody(WireModel):
    """1 to 500 rows, each right or wrong by itself."""

    logs: Annotated[list[Any], Field(min_length=1, max_length=500)]


class ImportBody(WireModel):
    """Existing logs to add: those the filters and times choose, a percentage of them."""

    start_time: str | None = None
    end_time: str | None = None
    filters: Any = None
    sampling_percentage: Annotated[float, Field(gt=0, le=100)] | None = None


class RemoveBody(FilterBody):
    """Rows to remove: those the filters choose, or all."""

    is_deleting_all_logs: bool | None = None


class EvaluationBody(WireModel):
    """Evaluators to judge every row by. `experiment_id` names an experiment that gets them, too."""

    evaluator_ids: Annotated[list[str], Field(min_length=1)]
    experiment_id: str | None = None
    generation_method: str | None = None


class ReportsQuery(Query):
    """A page of reports."""

    page: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class DatasetReply(WireModel):
    """A dataset."""

    id: str
    name: str
    description: str | None
    type: str | None
    status: str | None
    initial_log_filters: dict[str, Any] | None
    granularity: str | None
    log_count: int | None
    completed_annotation_count: int | None
    starred: bool | None
    tags: list[dict[str, Any]] | None
    created_at: str | None
    updated_at: str | None


class RowReply(WireModel):
    """A row. `scores` is a map in lists and an array in the single read (client code)."""

    id: str
    unique_id: str
    dataset_id: str
    input: Any
    output: Any
    expected_output: Any
    metadata: dict[str, Any] | None
    timestamp: str | None
    scores: Any = None


class RowCreated(WireModel):
    """The id of a new row."""

    message: str
    unique_id: str


class BulkReply(WireModel):
    """How many rows were added, and what was wrong with the others."""

    success_count: int
    error_count: int
    errors: list[dict[str, Any]]
    total_errors: int


class TaskReply(WireModel):
    """One evaluator's report on a dataset."""

    task_id: str
    name: str | None
    dataset_id: str | None
    evaluator_slug: str | None
    status: str | None
    started_at: str | None
    completed_at: str | None
    error_message: str | None
    evaluated_logs_count: int | None
    score: float | None


class EvaluationReply(WireModel):
    """The reports that were started."""

    created_tasks: list[TaskReply]
    errors: dict[str, Any]
    experiment_updated: bool
    experiment_evaluator_ids: list[str]
