"""Datasets, their versions and examples."""

from datetime import datetime
from typing import Annotated, Literal

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


class DownloadQuery(WireModel):
    """Which version to download; the latest unless told."""

    version_id: str | None = None


class SplitsPaging(WireModel):
    """The query of the list of splits."""

    cursor: str | None = None
    limit: Annotated[int, Field(gt=0, le=1000)] = 10


class CreateSplit(WireModel):
    """POST /v1/datasets/{dataset_identifier}/splits"""

    name: str
    description: str | None = None
    color: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    example_ids: list[str] = Field(default_factory=list)


class UpdateSplit(WireModel):
    """PATCH /v1/datasets/{dataset_identifier}/splits/{split_id}"""

    name: str | None = None
    description: str | None = None
    color: str | None = None
    metadata: JsonObject | None = None
    add_example_ids: list[str] = Field(default_factory=list)
    remove_example_ids: list[str] = Field(default_factory=list)


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


Column = Annotated[str, Field(default="", description="The name of a column.")]
Names = Annotated[
    list[str], Field(default_factory=list, description="Names of columns, one a field.", json_schema_extra={"uniqueItems": True})
]


class UploadForm(WireModel):
    """POST /v1/datasets/upload as a form: a file, and which of its columns are what. Documented here, checked by `quirks.files`."""

    name: str
    action: Literal["create", "append", "update"] = "create"
    description: str = Field(default="", description="The file's name unless given.")
    input_keys: Names = Field(alias="input_keys[]")
    output_keys: Names = Field(alias="output_keys[]")
    metadata_keys: Names = Field(alias="metadata_keys[]")
    split_keys: Names = Field(alias="split_keys[]")
    split_key: Column
    span_id_key: Column
    example_id_key: Column
    flatten_keys: Names = Field(alias="flatten_keys[]")
    file: str = Field(
        description="text/csv, application/jsonl (either with Content-Encoding gzip or deflate) or application/x-pandas-pyarrow.",
        json_schema_extra={"format": "binary"},
    )


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


class Split(BaseModel):
    """A part of a dataset; the count is of the dataset's examples in it."""

    id: str
    name: str
    description: str | None
    color: str
    metadata: JsonObject
    example_count: int
    created_at: datetime
    updated_at: datetime
