"""Experiments: requests, replies, list items, filter fields and sort keys."""

from adapters.codecs import Function
from adapters.mapping import Each, Fold, Row, Shape
from adapters.respan.quirks import definition
from adapters.respan.quirks.fields import ChosenId, Computed, Status
from adapters.respan.quirks.filters import Field, Fields, Filters, ids, times, words
from adapters.respan.quirks.pages import Bare, Page, Sort
from adapters.respan.quirks.picked import Picked
from adapters.respan.quirks.tags import TAG
from adapters.respan.tables.common import BATCH_SIZE, CONCURRENCY, DATASET_ID, EXPERIMENT_ID, EXPERIMENT_STATUS, PERCENT, PLAIN, TIME

_ONE_WORKFLOW = "an experiment here is one workflow over one dataset"
_NO_PLACE = "no field in this dialect"
_HIDDEN_DEFINITION = {
    "form": "one family of experiments",
    "dataset_version_id": "datasets have no versions here",
    "splits": "datasets have no splits here",
    "metric": _ONE_WORKFLOW,
    "alpha": _ONE_WORKFLOW,
    "threshold": "thresholds belong to the evaluators",
    "project": "a key belongs to one organisation",
}

_STEPS = Fold(("workflow", "workflows"), ("variants",), definition.read_workflow, definition.say_workflow)
_EVALUATORS = Fold(
    ("evaluator_ids", "evaluator_slugs", "evaluator_workflow_ids", "workflow", "workflows"),
    ("evaluators", "pipelines"),
    definition.read_evaluators,
    definition.say_evaluators,
)
_ONCE = Fold((), ("repetitions",), None, definition.say_repetitions)
_SETTINGS = (
    Row("span_workflow_name", "workflow_name"),
    Row("enable_tracing", "tracing"),
    Row("batch_size", "batch_size"),
    Row("concurrency", "concurrency"),
    Row("generation_method", "generation_method"),
    Row("is_starred", "starred"),
    # Sent by nobody's documentation, shown by the backend's schema: accepted, and never written to the vendor.
    Row("metadata", "metadata", way="in"),
    Row("tags", "tags", Each(TAG), way="in"),
)
_DEFINITION = (
    Row("name", "name"),
    Row("description", "description"),
    Row("dataset_id", "dataset_id", DATASET_ID),
    Row("dataset", "dataset_id", DATASET_ID, way="in"),
    _STEPS,
    _EVALUATORS,
    _ONCE,
    *_SETTINGS,
)

NEW_EXPERIMENT = Shape(
    (Row("experiment_id", "alias", ChosenId()), *_DEFINITION),
    hidden={
        **_HIDDEN_DEFINITION,
        "examples": "rows come from a dataset",
        "tags": "set in the dashboard",
        "metadata": "not in the documented body",
    },
)
EXPERIMENT_PATCH = Shape(
    _DEFINITION,
    ignored={"experiment_id": "an id never changes"},
    hidden={
        **_HIDDEN_DEFINITION,
        "tags": "set in the dashboard",
        "metadata": "not in the documented body",
        "status": "follows from the runs",
        "native_status": "follows from the runs",
        "verdict": "no verdicts here",
        "reported": "figures are counted, not stated",
        "error": "follows from the runs",
    },
)
CHANGEABLE = (
    *("name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_slugs", "evaluator_workflow_ids"),
    *("span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "is_starred"),
)
"""What a change can tell the vendor."""

EXPERIMENT = Shape(
    (
        Fold(("id", "name"), ("id", "alias", "name"), definition.read_identity, definition.show_identity),
        Row("description", "description"),
        Row("dataset", "dataset_id", DATASET_ID),
        Row("dataset_id", "dataset_id", DATASET_ID),
        Row("dataset_name", "dataset_name"),
        Computed("workflow_count", definition.count_steps),
        Status(EXPERIMENT_STATUS),
        Row("progress", "progress", PERCENT),
        Row("created_at", "created_at", TIME),
        Row("started_at", "started_at", TIME),
        Row("completed_at", "completed_at", TIME),
        Row("tags", "tags", Each(TAG)),
        Fold(("workflow", "workflows"), ("variants", "extensions"), definition.read_workflow, definition.show_workflow),
        Fold(
            ("evaluator_ids", "evaluator_slugs", "evaluator_workflow_ids"),
            ("evaluators", "pipelines"),
            definition.read_evaluators,
            definition.show_evaluators,
        ),
        Row("batch_size", "batch_size", PLAIN, default=BATCH_SIZE),
        Row("concurrency", "concurrency", PLAIN, default=CONCURRENCY),
        Row("enable_tracing", "tracing", PLAIN, default=True),
        Fold(("error_message",), ("error", "status", "counts"), definition.read_error, definition.show_error),
        Row("generation_method", "generation_method"),
        Row("span_workflow_name", "workflow_name"),
        Row("is_starred", "starred"),
        Fold(("metadata",), ("metadata", "group_id"), definition.read_metadata, definition.show_metadata),
        Row("updated_at", "updated_at", TIME),
        _ONCE,
    ),
    hidden={
        **_HIDDEN_DEFINITION,
        "verdict": _NO_PLACE,
        "reported": _NO_PLACE,
        "trace_project": _NO_PLACE,
        "created_by": "the vendor numbers its users",
        "delivery": _NO_PLACE,
    },
    echo=True,
)
LIST_FIELDS = (
    *("id", "name", "description", "dataset", "dataset_id", "dataset_name", "workflow_count", "status", "progress"),
    *("created_at", "started_at", "completed_at", "tags"),
)
LIST_ITEM = Picked(EXPERIMENT, LIST_FIELDS)
EXPERIMENTS_PAGE = Page(LIST_ITEM)
EXPERIMENTS_ARRAY = Bare(LIST_ITEM)
TOTAL_COUNT = Function(
    lambda reply: {"items": [], "total": reply["total_count"]}, lambda reply: {"total_count": reply["total"]}, partial=True
)

_STATUS_WORDS = {
    "completed": ("completed", "completed_with_errors"),
    "waiting_for_annotations": ("waiting",),
    "paused": ("waiting",),
}
_DATASET = Field(("dataset_id",), ids(DATASET_ID))
FIELDS = Fields(
    {
        "id": Field(("id", "alias"), ids(EXPERIMENT_ID)),
        "experiment_id": Field(("id", "alias"), ids(EXPERIMENT_ID)),
        "name": Field(("name",)),
        "description": Field(("description",)),
        "status": Field(("status",), words(_STATUS_WORDS)),
        "dataset": _DATASET,
        "dataset_id": _DATASET,
        "dataset_name": Field(("dataset_name",)),
        "creator_email": Field(("created_by",)),
        "created_by": Field(("created_by",)),
        "created_at": Field(("created_at",)),
        "updated_at": Field(("updated_at",)),
        "started_at": Field(("started_at",)),
        "completed_at": Field(("completed_at",)),
        "progress": Field(("progress",), times(0.01)),
        "batch_size": Field(("batch_size",)),
        "concurrency": Field(("concurrency",)),
        "generation_method": Field(("generation_method",)),
        "is_starred": Field(("starred",)),
        "tags": Field(("tags",)),
        "metadata": Field(("metadata",)),
    },
    {"metadata__": lambda key, scope: Field((f"metadata.{key}",))},
)
FILTERS = Filters(FIELDS)
SORT = Sort(
    {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "name": "name",
        "status": "status",
        "started_at": "started_at",
        "completed_at": "completed_at",
        "progress": "progress",
    }
)
