"""Datasets, their versions and examples."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from adapters.base import WireModel
from adapters.phoenix.wire.base import JsonObject, Positive


class DatasetsPaging(WireModel):
    """The query of the list of datasets."""

    cursor: str | None = None
    name: str | None = None
    limit: Positive = 10


class VersionsPaging(WireModel):
    """The query of the list of versions."""

    cursor: str | None = None
    limit: Positive = 10


class ExamplesQuery(WireModel):
    """Which version and which splits of a dataset; several splits are a union."""

    version_id: str | None = None
    split: list[str] = Field(default_factory=list)


class UploadQuery(WireModel):
    """`sync` asks for the answer to wait for the work."""

    sync: bool = False


class UploadDataset(WireModel):
    """POST /v1/datasets/upload as JSON. Documented here; the server checks it by hand, with texts of its own (`quirks.uploads`)."""

    name: str
    action: Literal["create", "append", "update"] = "create"
    description: str | None = None
    inputs: list[JsonObject]
    outputs: list[JsonObject] | None = None
    metadata: list[JsonObject] | None = None
    splits: list[str | list[str] | None] | None = None
    span_ids: list[str | None] | None = None
    example_ids: list[str | None] | None = None


class ExampleSource(BaseModel):
    """The span an example was made from."""

    span_id: str
    span_node_id: str


class Example(BaseModel):
    """A dataset's example. `id` is the caller's own id when there is one."""

    id: str
    node_id: str
    input: JsonObject
    output: JsonObject
    metadata: JsonObject
    updated_at: datetime
    source: ExampleSource | None


class Dataset(BaseModel):
    """A dataset."""

    id: str
    name: str
    description: str | None
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime
    example_count: int


class Version(BaseModel):
    """A version of a dataset."""

    version_id: str
    description: str | None
    metadata: JsonObject
    created_at: datetime


class Examples(BaseModel):
    """The examples of one version."""

    dataset_id: str
    version_id: str
    filtered_splits: list[str]
    examples: list[Example]


class Uploaded(BaseModel):
    """What an upload did."""

    dataset_id: str
    version_id: str
    num_created_examples: int
    num_updated_examples: int
    num_deleted_examples: int
