"""Datasets and their versions on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, Query, Uuid
from adapters.evalguard.wire.evals import Case


class NewDataset(Body):
    """`POST /datasets`."""

    projectId: Uuid
    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    source: str | None = None
    cases: list[Case] | None = None
    tags: list[Any] | None = None


class DatasetPatch(Body):
    """`PUT /datasets/{datasetId}`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None
    source: str | None = None
    tags: list[Any] | None = None


class NewCases(Body):
    """`POST /datasets/{datasetId}/cases`."""

    cases: list[Case]


class NewVersion(Body):
    """`POST /datasets/{datasetId}/versions`."""

    description: str | None = None
    label: str | None = None


class DiffQuery(Query):
    """`GET …/diff?to=`: the cases as they are now when `to` is absent."""

    to: str | None = None


class ExportQuery(Query):
    """`GET …/export?format=`."""

    format: Literal["openai-jsonl", "jsonl", "csv"] = "openai-jsonl"


class DatasetRow(WireModel):
    """A dataset."""

    id: str
    project_id: str | None
    name: str
    description: str | None
    source: str | None
    item_count: int
    tags: list[Any] | None = None
    created_at: str
    updated_at: str


class DatasetAnswer(Answer):
    """One dataset."""

    data: DatasetRow


class DatasetsAnswer(Answer):
    """The datasets of a project."""

    data: list[DatasetRow]
