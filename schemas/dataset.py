"""Datasets, their versions and their examples."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Model, Record
from schemas.json import Json, JsonObject


class UploadMode(StrEnum):
    """What to do when the dataset's name is taken.

    `create` refuses, `append` adds the examples, `replace` makes the dataset equal to the given examples (matched by alias, else by content),
    `new` makes another dataset of the same name.
    """

    CREATE = "create"
    APPEND = "append"
    REPLACE = "replace"
    NEW = "new"


class Example(Record):
    """One row. `reference` is the expected answer, `output` an answer that already exists; any JSON each.

    `position` counts from 0 within its dataset, in the order of insertion. `source` names the span the row was taken from.
    """

    dataset_id: str = ""
    position: int = 0
    input: Json = None
    reference: Json = None
    output: Json = None
    metadata: JsonObject = Field(default_factory=dict)
    splits: list[str] = Field(default_factory=list)
    source: JsonObject | None = None


class DatasetVersion(Record):
    """A state of a dataset's examples. `number` counts from 1 within the dataset; `content_hash` is equal for equal content."""

    dataset_id: str = ""
    number: int = 0
    description: str | None = None
    label: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    example_count: int = 0
    content_hash: str = ""
    created_by: str | None = None
    explicit: bool = False


class Changes(Model):
    """What an upload did to a dataset, in examples."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


class Dataset(Record):
    """A named, versioned list of examples. `version_id` and `example_count` speak of the latest version."""

    name: str = ""
    description: str | None = None
    project: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    tags: list[Json] = Field(default_factory=list)
    version_id: str = ""
    example_count: int = 0
    changes: Changes | None = None


class NewDataset(Model):
    """A dataset to make, with its first examples."""

    alias: str | None = None
    name: str = Field(min_length=1)
    description: str | None = None
    project: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    tags: list[Json] = Field(default_factory=list)
    examples: list[Example] = Field(default_factory=list)
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


class DatasetPatch(Model):
    """What to change of a dataset; absent fields stay, null clears."""

    name: str | None = None
    description: str | None = None
    metadata: JsonObject | None = None
    tags: list[Json] | None = None
    extensions: dict[str, JsonObject] | None = None


class ExamplePatch(Model):
    """What to change of an example; absent fields stay."""

    input: Json = None
    reference: Json = None
    output: Json = None
    metadata: JsonObject | None = None
    splits: list[str] | None = None
    extensions: dict[str, JsonObject] | None = None


class NewExamples(Model):
    """Examples to add, in order."""

    examples: list[Example] = Field(default_factory=list)


class NewVersion(Model):
    """A snapshot to take of the examples as they are."""

    description: str | None = None
    label: str | None = None


class Difference(Model):
    """What changed between two versions, with up to 20 changed examples shown."""

    from_number: int
    to_number: int
    added: int
    removed: int
    modified: int
    unchanged: int
    changes: list[JsonObject] = Field(default_factory=list)


class Split(Record):
    """A named part of datasets: its name is unique in the scope, its examples may belong to several datasets.

    `example_count` counts those of the dataset it was asked about.
    """

    name: str = ""
    description: str | None = None
    color: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    example_count: int = 0


class NewSplit(Model):
    """A split to make; `example_ids` (ids or aliases) are the examples of the dataset it starts with."""

    name: str = Field(min_length=1)
    description: str | None = None
    color: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    example_ids: list[str] = Field(default_factory=list)


class SplitPatch(Model):
    """What to change of a split; absent fields stay. Examples that are both added and removed are removed."""

    name: str | None = Field(default=None, min_length=1)
    description: str | None = None
    color: str | None = None
    metadata: JsonObject | None = None
    add_example_ids: list[str] = Field(default_factory=list)
    remove_example_ids: list[str] = Field(default_factory=list)
