"""Datasets, versions, examples and uploads."""

from adapters.base import Listing
from adapters.codecs import Vocabulary, Wrapped
from adapters.mapping import Each, Fold, Row, Shape
from adapters.phoenix.quirks import examples
from adapters.phoenix.quirks.ids import NodeId, NodeOnly, NodeOrName
from adapters.phoenix.quirks.values import TIME, Given, NotBlank, Or, OrAbsent
from adapters.phoenix.tables.common import DATASET_ID, NO_FIELD, VERSION_ID
from schemas.dataset import UploadMode
from schemas.ids import Kind

ACTION = Vocabulary(
    {"create": UploadMode.CREATE, "append": UploadMode.APPEND, "update": UploadMode.REPLACE}, otherwise={UploadMode.NEW: "create"}
)
ACTION_BEFORE_UPDATE = Vocabulary({"create": UploadMode.CREATE, "append": UploadMode.APPEND}, otherwise={UploadMode.NEW: "create"})
INPUT, OUTPUT = Wrapped("input"), Wrapped("output")


def _example(named: bool) -> Shape:
    """A dataset example; `named` shows the caller's own id and the source span, as only the list of examples does."""
    return Shape(
        (
            Fold(("id", "node_id"), ("id", "alias"), examples.read_ids, examples.show_ids if named else examples.show_node_id),
            Row("input", "input", INPUT, default=lambda: {"input": None}),
            Row("output", "reference", OUTPUT, default=lambda: {"output": None}),
            Row("metadata", "metadata", default=dict),
            Row("updated_at", "updated_at", TIME),
            Fold(("source",), ("source",), examples.read_source, examples.show_source if named else examples.no_source),
        ),
        hidden={
            "created_at": "only the time of the revision is shown",
            "dataset_id": "said once for all",
            "position": "examples come in order",
            "output": "no field for an output that already exists",
            "splits": "splits are asked for, not shown",
        },
        since={"14.17.0": ("node_id", "source")},
    )


EXAMPLE, PLAIN_EXAMPLE = _example(named=True), _example(named=False)


def _examples(example: Shape) -> Shape:
    return Shape(
        (
            Row("dataset_id", "dataset_id", DATASET_ID),
            Row("version_id", "version_id", VERSION_ID),
            Row("filtered_splits", "filtered_splits"),
            Row("examples", "examples", Listing(example, items="")),
        ),
        since={"12.6.1": ("filtered_splits",)},
    )


EXAMPLES, EXAMPLES_UNNAMED = _examples(EXAMPLE), _examples(PLAIN_EXAMPLE)
DATASET = Shape(
    (
        Row("id", "id", DATASET_ID),
        Row("name", "name"),
        Row("description", "description", default=None),
        Row("metadata", "metadata", default=dict),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
        Row("example_count", "example_count"),
    ),
    hidden={
        "alias": "ids are node ids",
        "project": "one account",
        "tags": "labels are read apart",
        "version_id": "versions are read apart",
        "changes": "said by the upload",
    },
)
UPLOADED = Shape(
    (
        Row("dataset_id", "id", DATASET_ID),
        Row("version_id", "version_id", VERSION_ID),
        Row("num_created_examples", "changes/created", default=0),
        Row("num_updated_examples", "changes/updated", default=0),
        Row("num_deleted_examples", "changes/deleted", default=0),
    ),
    hidden=dict.fromkeys(
        ("alias", "name", "description", "project", "metadata", "tags", "example_count", "created_at", "updated_at"), "read apart"
    ),
    since={"14.17.0": ("num_created_examples", "num_updated_examples", "num_deleted_examples")},
)


def _upload(columns: tuple[str, ...]) -> Shape:
    return Shape(
        (
            Row("name", "name"),
            Row("description", "description"),
            Fold(columns, ("examples",), examples.read_examples, examples.writer(columns)),
        ),
        ignored=dict.fromkeys((name for name in examples.COLUMNS if name not in columns), "this version of the server does not look at it"),
        hidden={
            "alias": "ids are node ids",
            "project": "one account",
            "metadata": "a dataset is made without",
            "tags": "labels are set apart",
        },
    )


UPLOAD, UPLOAD_UNNAMED = _upload(examples.COLUMNS), _upload(examples.COLUMNS[:3])
VERSION = Shape(
    (
        Row("version_id", "id", VERSION_ID),
        Row("description", "description", default=None),
        Row("metadata", "metadata", default=dict),
        Row("created_at", "created_at", TIME),
    ),
    hidden=dict.fromkeys(
        (*("alias", "updated_at", "dataset_id", "number", "label"), *("example_count", "content_hash", "created_by", "explicit")), NO_FIELD
    ),
)
DATASET_ARGS = Shape((Row("dataset_id", "dataset_id", DATASET_ID),), keep=False)

IDENTIFIER = Row("dataset_identifier", "dataset_id", NodeOrName(Kind.DATASET))
"""A dataset by node id or by name (recipes find the dataset of a name)."""

SPLIT_ID = NodeId(Kind.SPLIT)
OF_DATASET = Shape((IDENTIFIER,), keep=False)
SPLIT_ARGS = Shape((IDENTIFIER, Row("split_id", "split_id", SPLIT_ID)), keep=False)
DOWNLOAD_ARGS = Shape(
    (
        Row("dataset_id", "dataset_id", NodeOnly(Kind.DATASET)),
        Row("version_id", "version_id", Given(NodeOnly(Kind.DATASET_VERSION))),
    ),
    keep=False,
)
_MEMBERS = Each(NodeOrName(Kind.EXAMPLE))
_SPLIT_NAME = NotBlank("Dataset split name cannot be empty", trim=True)
_COLOR = "Dataset split color cannot be empty"
SPLIT = Shape(
    (
        Row("id", "id", SPLIT_ID),
        Row("name", "name"),
        Row("description", "description", default=None),
        # What an upload gives its new splits.
        Row("color", "color", Or("#808080"), default="#808080"),
        Row("metadata", "metadata", default=dict),
        Row("example_count", "example_count", default=0),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
    ),
    hidden={"alias": "ids are node ids"},
)
NEW_SPLIT = Shape(
    (
        Row("name", "name", _SPLIT_NAME),
        Row("description", "description", Or(None)),
        Row("color", "color", NotBlank(_COLOR, optional=True)),
        Row("metadata", "metadata"),
        Row("example_ids", "example_ids", _MEMBERS),
    ),
    keep=False,
)
SPLIT_PATCH = Shape(
    (
        Row("name", "name", _SPLIT_NAME),
        Row("description", "description", Or(None)),
        Row("color", "color", NotBlank(_COLOR)),
        Row("metadata", "metadata", OrAbsent()),
        Row("add_example_ids", "add_example_ids", _MEMBERS),
        Row("remove_example_ids", "remove_example_ids", _MEMBERS),
    ),
    keep=False,
)
