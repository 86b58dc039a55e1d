"""Experiments on the wire: the create body, queries, replies."""

from typing import Annotated, Any

from pydantic import Field

from adapters.base import WireModel
from adapters.respan.wire.common import PageQuery, Query

Count = Annotated[int, Field(ge=1)]


class StepBody(WireModel):
    """One step: its type and its configuration."""

    type: str
    config: dict[str, Any] | None = None


class ExperimentBody(WireModel):
    """What create, replace and update take; everything optional. `workflows`, `dataset` and `evaluator_slugs` are older spellings."""

    experiment_id: str | None = None
    name: str | None = None
    description: str | None = None
    dataset_id: str | None = None
    dataset: str | None = None
    workflow: list[StepBody] | None = None
    workflows: list[StepBody] | None = None
    evaluator_ids: list[str] | None = None
    evaluator_slugs: list[str] | None = None
    evaluator_workflow_ids: list[str] | None = None
    span_workflow_name: str | None = None
    enable_tracing: bool | None = None
    batch_size: Count | None = None
    concurrency: Count | None = None
    generation_method: str | None = None
    is_starred: bool | None = None
    metadata: dict[str, Any] | None = None
    tags: list[Any] | None = None


class ExperimentsQuery(PageQuery):
    """A page of experiments, narrowed by fields."""

    name: str | None = None
    status: str | None = None
    dataset: str | None = None
    dataset_id: str | None = None
    creator_email: str | None = None


class NarrowingQuery(Query):
    """Which experiments to count."""

    name: str | None = None
    status: str | None = None
    dataset: str | None = None
    dataset_id: str | None = None
    creator_email: str | None = None


class ExperimentItem(WireModel):
    """An experiment in a list. `progress` in percent."""

    id: str
    name: str
    description: str | None
    dataset: str | None
    dataset_id: str | None
    dataset_name: str | None
    workflow_count: int | None
    status: str
    progress: float | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    tags: list[dict[str, Any]] | None


class ExperimentReply(ExperimentItem):
    """An experiment."""

    workflow: list[StepBody] | None
    evaluator_ids: list[str] | None
    evaluator_slugs: list[str] | None
    evaluator_workflow_ids: list[str] | None
    batch_size: int | None
    concurrency: int | None
    enable_tracing: bool | None
    error_message: str | None


class ExperimentsPage(WireModel):
    """A page of experiments."""

    count: int
    next: str | None
    previous: str | None
    current_filters: dict[str, Any]
    results: list[ExperimentItem]
