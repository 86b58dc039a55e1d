"""Datasets, their rows and the reports on them."""

from adapters.codecs import Vocabulary
from adapters.mapping import AnyRow, Each, Fold, Preset, Row, Shape
from adapters.respan.quirks import rows, values
from adapters.respan.quirks.calling import Content
from adapters.respan.quirks.definition import read_evaluators, say_evaluators
from adapters.respan.quirks.fields import Computed
from adapters.respan.quirks.filters import Field, Fields, Filters, ids
from adapters.respan.quirks.pages import Page, Sort
from adapters.respan.quirks.tags import TAG
from adapters.respan.tables.common import DATASET_ID, EVALUATOR_ID, EXPERIMENT_ID, PLAIN, ROW_ID, TIME
from adapters.respan.tables.scores import ENTRY, SCORES
from adapters.scope import Scope
from schemas.experiment import ExperimentForm, StepKind
from schemas.json import JsonObject
from schemas.status import ExperimentStatus

_KEPT = "extensions/respan/"
_NO_PLACE = "no field in this dialect"


NEW_DATASET = Shape(
    (
        Fold(("name", "source_dataset_id"), ("name",), rows.read_name, rows.say_name),
        Row("description", "description"),
        *(Row(name, _KEPT + name) for name in ("sampling", "start_time", "end_time", "initial_log_filters")),
        # Who calls the vendor fills the dataset itself: one that is to be filled from logs is ready only after a while (recorded).
        Row("is_empty", _KEPT + "is_empty", default=True),
        Row("source_dataset_id", _KEPT + "source_dataset_id"),
        Row("granularity", _KEPT + "granularity"),
    ),
    hidden={
        "alias": "a dataset's id is the server's",
        "project": "a key belongs to one organisation",
        "metadata": _NO_PLACE,
        "tags": "set by an update",
        "examples": "rows are added one by one or in bulk",
    },
)
DATASET_PATCH = Shape(
    (
        Row("name", "name"),
        Row("description", "description"),
        Row("starred", _KEPT + "starred"),
        Row("tags", "tags", Each(TAG)),
    ),
    hidden={"metadata": _NO_PLACE},
)
DATASET = Shape(
    (
        Row("id", "id", DATASET_ID),
        Row("name", "name"),
        Row("description", "description"),
        Computed("type", rows.dataset_type),
        Computed("status", rows.dataset_status),
        Computed("initial_log_filters", rows.no_filters),
        Row("log_count", "example_count"),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
        Computed("completed_annotation_count", rows.no_annotations),
        Computed("starred", rows.not_starred),
        Row("tags", "tags", Each(TAG)),
        Computed("granularity", rows.granularity),
    ),
    ignored=dict.fromkeys(("is_empty", "sampling", "source_dataset_id", "start_time", "end_time"), "how the rows were chosen"),
    hidden={
        "alias": "a dataset's id is the server's",
        "project": "a key belongs to one organisation",
        "metadata": _NO_PLACE,
        "version_id": "datasets have no versions here",
        "changes": "datasets have no versions here",
    },
)
DATASETS_PAGE = Page(DATASET)

NEW_ROW = Shape(
    (
        Row("input", "input", Content(required=True)),
        Row("output", "output", Content()),
        Row("expected_output", "reference", Content()),
        Row("metadata", "metadata", PLAIN, default=dict),
        Row("metrics", _KEPT + "metrics"),
    ),
    hidden={
        "id": "the server gives it",
        "alias": "a row's id is the server's",
        "dataset_id": "the dataset it is added to",
        "position": "rows are in the order of their coming",
        "splits": "datasets have no splits here",
        "source": _NO_PLACE,
        "created_at": "the server says it",
        "updated_at": "the server says it",
    },
)
ROW_PATCH = Shape(
    (
        Row("input", "input", Content(required=True)),
        Row("output", "output", Content()),
        Row("expected_output", "reference", Content()),
        Row("metadata", "metadata"),
        *(Row(name, _KEPT + name) for name in ("metrics", "prompt", "completion", "error_code", "error_message")),
    ),
    hidden={"splits": "datasets have no splits here"},
)
_ROW: tuple[AnyRow, ...] = (
    Row("id", "id", ROW_ID),
    Row("unique_id", "id", ROW_ID),
    Row("dataset_id", "dataset_id", DATASET_ID),
    Row("timestamp", "created_at", TIME),
    Row("start_time", "created_at", TIME),
    Fold(rows.METRICS, ("extensions",), rows.read_metrics, rows.show_metrics),
    Row("input", "input"),
    Row("output", "output"),
    Row("expected_output", "reference"),
    Row("metadata", "metadata"),
    *(
        Computed(name, values.nothing)
        for name in ("status", "status_code", "environment", "custom_identifier", "log_type", "prompt", "completion")
    ),
)
_ROW_HIDDEN = {
    "alias": "a row's id is the server's",
    "position": "rows are in the order of their coming",
    "splits": "datasets have no splits here",
    "source": _NO_PLACE,
    "updated_at": _NO_PLACE,
}
_ANNOTATION: tuple[AnyRow, ...] = (Computed("annotation_status", values.nothing), Computed("annotation_completed_by", values.nothing))
_ERRORS: tuple[AnyRow, ...] = (Computed("error_code", values.nothing), Computed("error_message", values.nothing))
# `scores` is a map in the list and an array in the single read (client code).
LISTED_ROW = Shape((*_ROW, *_ANNOTATION, Row("scores", "scores", SCORES)), hidden=_ROW_HIDDEN)
ONE_ROW = Shape((*_ROW, *_ERRORS, Row("scores", "scores", Each(ENTRY))), hidden=_ROW_HIDDEN)
ROWS_PAGE = Page(LISTED_ROW)

_NOT_IN_REPORTS = (
    *("alias", "name", "description", "dataset_version_id", "splits", "examples", "pipelines", "repetitions"),
    *("concurrency", "batch_size", "metric", "alpha", "threshold", "project", "tags", "metadata", "tracing"),
    *("workflow_name", "starred"),
)
EVALUATION = Shape(
    (
        Row("dataset_id", "dataset_id", DATASET_ID),
        Fold(("evaluator_ids",), ("evaluators",), read_evaluators, say_evaluators),
        Row("generation_method", "generation_method"),
        Row("experiment_id", _KEPT + "experiment_id"),
        Preset("form", ExperimentForm.REPORT.value, "a report is asked for where the rows are"),
        Preset("variants", [{"steps": [{"kind": StepKind.DUPLICATE.value, "config": {}}]}], "a report judges the outputs that rows have"),
    ),
    hidden=dict.fromkeys(_NOT_IN_REPORTS, "a report is made of evaluators only"),
)
TASK_STATUS = Vocabulary(
    {
        "pending": ExperimentStatus.PENDING,
        "processing": ExperimentStatus.RUNNING,
        "paused": ExperimentStatus.WAITING,
        "completed": ExperimentStatus.COMPLETED,
        "failed": ExperimentStatus.FAILED,
        "cancelled": ExperimentStatus.CANCELLED,
    },
    unknown=ExperimentStatus.UNKNOWN,
    otherwise={ExperimentStatus.COMPLETED_WITH_ERRORS: "completed", ExperimentStatus.DRAFT: "pending"},
)
TASK = Shape(
    (
        Row("task_id", "id", EXPERIMENT_ID),
        Row("name", "name"),
        Row("dataset_id", "dataset_id", DATASET_ID),
        Row("evaluator_slug", "evaluators/0/evaluator", EVALUATOR_ID),
        Row("status", "status", TASK_STATUS),
        Row("started_at", "started_at", TIME),
        Row("completed_at", "completed_at", TIME),
        Row("error_message", "error"),
        Row("evaluated_logs_count", "scored"),
        Row("score", "mean"),
    ),
)
TASKS_PAGE = Page(TASK)


class Started:
    """The answer to starting reports."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"items": [TASK.decode(task, scope) for task in value["created_tasks"]], "errors": value["errors"], "experiment": None}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        updated = value["experiment"]
        return {
            "created_tasks": [TASK.encode(task, scope) for task in value["items"]],
            "errors": value["errors"],
            "experiment_updated": updated is not None,
            "experiment_evaluator_ids": say_evaluators(updated, scope)["evaluator_ids"] if updated else [],
        }


DATASET_FIELDS = Fields(
    {
        "id": Field(("id",), ids(DATASET_ID)),
        "name": Field(("name",)),
        "description": Field(("description",)),
        "created_at": Field(("created_at",)),
        "updated_at": Field(("updated_at",)),
        "log_count": Field(("example_count",)),
        "starred": Field((f"{_KEPT}starred".replace("/", "."),)),
        "granularity": Field((f"{_KEPT}granularity".replace("/", "."),)),
        "tags": Field(("tags",)),
    }
)
DATASET_FILTERS = Filters(DATASET_FIELDS)
DATASET_SORT = Sort({"created_at": "created_at", "updated_at": "updated_at", "name": "name", "log_count": "example_count"})

_METRIC = "extensions.respan.metrics."
ROW_FIELDS = Fields(
    {
        "id": Field(("id",), ids(ROW_ID)),
        "unique_id": Field(("id",), ids(ROW_ID)),
        "input": Field(("input",)),
        "output": Field(("output",)),
        "expected_output": Field(("reference",)),
        "timestamp": Field(("created_at",)),
        "start_time": Field(("created_at",)),
        "created_at": Field(("created_at",)),
        "metadata": Field(("metadata",)),
        **{name: Field((_METRIC + name,)) for name in rows.METRICS},
    },
    {"metadata__": lambda key, scope: Field((f"metadata.{key}",))},
)
ROW_FILTERS = Filters(ROW_FIELDS)
ROW_SORT = Sort(
    {
        "timestamp": "created_at",
        "created_at": "created_at",
        "start_time": "created_at",
        "id": "id",
        "unique_id": "id",
        "cost": _METRIC + "cost",
        "latency": _METRIC + "latency",
        "total_request_tokens": _METRIC + "total_request_tokens",
    }
)
