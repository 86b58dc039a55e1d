"""Prompt experiments and A/B experiments on the wire."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, PagedQuery, Query, Uuid

MAX_VARIANTS = 8
"""Of an A/B experiment (documented); the prompt experiment page gives no maximum."""


class NewVariant(Body):
    """One template to try; neither field is marked required."""

    name: str | None = None
    template: str | None = None


class NewPromptExperiment(Body):
    """`POST /prompts/experiments`; snake_case is documented, camelCase accepted."""

    dataset_id: Annotated[Uuid, Field(validation_alias=AliasChoices("dataset_id", "datasetId"))]
    variants: Annotated[list[NewVariant], Field(min_length=2)]
    scorers: list[str] | None = None
    name: str | None = None
    model: str | None = None
    project_id: Annotated[Uuid | None, Field(validation_alias=AliasChoices("project_id", "projectId"))] = None


class NewAbExperiment(NewPromptExperiment):
    """`POST /prompts/ab-experiments`: two to eight variants; `metric` names a scorer, the first one unless told."""

    variants: Annotated[list[NewVariant], Field(min_length=2, max_length=MAX_VARIANTS)]
    metric: str | None = None
    alpha: Annotated[float, Field(gt=0, lt=1)] | None = None


class ExperimentsQuery(PagedQuery):
    """`GET /prompts/experiments` as a list."""

    projectId: Uuid | None = None
    dataset_id: Uuid | None = None
    status: Literal["pending", "running", "completed", "failed", "cancelled"] | None = None


class ByIdQuery(Query):
    """`GET /prompts/experiments?id=`."""

    id: str


class VariantRow(WireModel):
    """A variant as it was defined."""

    id: str
    name: str
    template: str | None


class VariantRead(VariantRow):
    """A variant with what came of it."""

    status: str
    summary: dict[str, Any]
    scores: dict[str, Any]
    results: list[dict[str, Any]]


class ExperimentRow(WireModel):
    """An experiment as it was defined."""

    id: str
    status: str
    dataset_id: str | None
    variants: list[VariantRow]
    scorers: list[str]
    created_at: str
    completed_at: str | None = None
    error: str | None = None


class ExperimentRead(WireModel):
    """An experiment with its results."""

    id: str
    status: str
    dataset_id: str | None
    scorers: list[str]
    created_at: str
    completed_at: str | None
    error: str | None
    variants: list[VariantRead]
    winner: dict[str, Any] | None


class CreatedAnswer(Answer):
    """`POST /prompts/experiments`."""

    data: ExperimentRow


class ExperimentAnswer(Answer):
    """One experiment."""

    data: ExperimentRead


class ExperimentsAnswer(Answer):
    """A list of experiments."""

    data: list[ExperimentRow]
