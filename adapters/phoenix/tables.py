"""Where each field stands."""

from collections.abc import Mapping

from adapters.base import Listing
from adapters.codecs import Vocabulary, Wrapped
from adapters.mapping import Fold, Preset, Row, Shape
from adapters.phoenix.quirks import examples, scores, values
from adapters.phoenix.quirks.ids import IdsInText, NodeId, NodeOrName, Place
from adapters.phoenix.quirks.values import TIME
from adapters.phoenix.quirks.variants import CLIENT_RUNS, ClientRuns
from schemas.dataset import UploadMode
from schemas.errors import Code
from schemas.ids import Kind
from schemas.run import AnnotatorKind
from schemas.statuses import STATUSES

EXPERIMENT_ID, DATASET_ID, VERSION_ID = NodeId(Kind.EXPERIMENT), NodeId(Kind.DATASET), NodeId(Kind.DATASET_VERSION)
EXAMPLE_ID, RUN_ID, SCORE_ID = NodeId(Kind.EXAMPLE), NodeId(Kind.RUN), NodeId(Kind.SCORE)
TAG_ID, PROJECT_ID = NodeId(Kind.TAG), NodeId(Kind.PROJECT)

ANNOTATOR = Vocabulary({"LLM": AnnotatorKind.LLM, "CODE": AnnotatorKind.CODE, "HUMAN": AnnotatorKind.HUMAN})
ACTION = Vocabulary(
    {"create": UploadMode.CREATE, "append": UploadMode.APPEND, "update": UploadMode.REPLACE}, otherwise={UploadMode.NEW: "create"}
)
INPUT, OUTPUT = Wrapped("input"), Wrapped("output")

STATUS_CODES: Mapping[Code, int] = {
    **STATUSES,
    Code.INVALID_REQUEST: 422,
    # The Python client repeats the task on anything but 409: what can never succeed is said as 422.
    Code.UNSUPPORTED: 422,
}

_NOT_SENT = "a client of this dialect has no words for it"
_SERVER_SIDE = "here the client runs the experiment"

CREATE_EXPERIMENT = Shape(
    (
        Row("dataset_id", "dataset_id", DATASET_ID),
        Row("name", "name", values.OrAbsent()),
        Row("description", "description"),
        Row("metadata", "metadata", values.OrAbsent()),
        Row("version_id", "dataset_version_id", VERSION_ID),
        Row("splits", "splits", values.Splits()),
        Row("repetitions", "repetitions"),
        ClientRuns(),
    ),
    ignored={"project_name": "the server makes its own; the TypeScript client sends one"},
    hidden={
        "alias": "ids are made by the server",
        "form": _NOT_SENT,
        "examples": "examples live in a dataset",
        "evaluators": _SERVER_SIDE,
        "pipelines": _SERVER_SIDE,
        "concurrency": _SERVER_SIDE,
        "batch_size": _SERVER_SIDE,
        "generation_method": _SERVER_SIDE,
        "metric": _NOT_SENT,
        "alpha": _NOT_SENT,
        "threshold": _NOT_SENT,
        "project": "one account",
        "tags": "tags are set apart",
        "tracing": _SERVER_SIDE,
        "workflow_name": _SERVER_SIDE,
        "starred": _NOT_SENT,
    },
)
_FIXED = (
    *("dataset_id", "variants", "evaluators", "pipelines", "repetitions", "concurrency", "batch_size", "generation_method", "tags"),
    *("tracing", "workflow_name", "starred", "status", "native_status", "verdict", "reported", "error", "extensions"),
)
UPDATE_EXPERIMENT = Shape(
    (Row("name", "name"), Row("description", "description"), Row("metadata", "metadata")),
    hidden=dict.fromkeys(
        (
            *("dataset_id", "variants", "evaluators", "pipelines", "repetitions", "concurrency", "batch_size", "generation_method", "tags"),
            *("tracing", "workflow_name", "starred", "status", "native_status", "verdict", "reported", "error"),
        ),
        "only name, description and metadata change",
    ),
    keep=False,
)

_NO_FIELD = "no field for it"
_NOT_SHOWN = {
    "alias": "ids are node ids",
    "form": _NO_FIELD,
    "dataset_name": "the dataset is read apart",
    "splits": "only the number of examples is shown",
    "evaluators": _NO_FIELD,
    "pipelines": _NO_FIELD,
    "concurrency": _NO_FIELD,
    "batch_size": _NO_FIELD,
    "generation_method": _NO_FIELD,
    "metric": _NO_FIELD,
    "alpha": _NO_FIELD,
    "threshold": _NO_FIELD,
    "native_status": "follows from the counters",
    "verdict": _NO_FIELD,
    "reported": _NO_FIELD,
    "started_at": _NO_FIELD,
    "completed_at": _NO_FIELD,
    "error": "only runs have errors",
    "project": "one account",
    "tags": "tags are read apart",
    "tracing": _NO_FIELD,
    "workflow_name": _NO_FIELD,
    "starred": _NO_FIELD,
    "created_by": _NO_FIELD,
    "delivery": "said in a header",
}
EXPERIMENT = Shape(
    (
        Row("id", "id", EXPERIMENT_ID),
        Row("dataset_id", "dataset_id", DATASET_ID),
        Row("dataset_version_id", "dataset_version_id", VERSION_ID),
        Row("name", "name"),
        Row("description", "description", default=None),
        Row("repetitions", "repetitions"),
        Fold(("metadata",), ("metadata", "group_id"), values.read_metadata, values.show_metadata),
        Row("project_name", "trace_project", default=None),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
        Fold(
            ("example_count", "successful_run_count", "failed_run_count", "missing_run_count"),
            (
                *("counts/examples", "counts/succeeded", "counts/failed", "counts/missing", "counts/expected", "counts/waiting"),
                *("status", "progress"),
            ),
            values.counts,
            values.show_counts,
        ),
        Preset("variants", CLIENT_RUNS, "each variant is an experiment of its own"),
    ),
    hidden=_NOT_SHOWN,
)

_TIMES = Fold(("start_time", "end_time"), ("started_at", "ended_at", "created_at", "latency_ms"), values.times, values.show_times)
CREATE_RUN = Shape(
    (
        Row("dataset_example_id", "example_id", EXAMPLE_ID),
        Row("output", "output", default=None),
        Row("repetition_number", "repetition", default=1),
        Fold(("start_time", "end_time"), ("started_at", "ended_at", "latency_ms"), values.times, values.written_times),
        Row("trace_id", "trace_id"),
        Fold(("error",), ("error", "status"), values.failure, values.show_failure),
    ),
    ignored={
        "id": "the Python client sends a made-up one; the server makes its own",
        "experiment_id": "the Python client repeats what the path says",
    },
    hidden={
        "example_position": "examples are named by id",
        "variant_id": "an experiment has one variant",
        "input": "the example's own",
        "reference": "the example's own",
        "native_status": _NO_FIELD,
        "model": "read from the trace",
        "prompt_tokens": "read from the trace",
        "completion_tokens": "read from the trace",
        "total_tokens": "read from the trace",
        "cost": "read from the trace",
        "passed": "told by evaluations",
        "score": "told by evaluations",
        "metadata": _NO_FIELD,
        "steps": "read from the trace",
        "scores": "evaluations are posted apart",
    },
)
RUN = Shape(
    (
        Row("dataset_example_id", "example_id", EXAMPLE_ID),
        Row("output", "output", default=None),
        Row("repetition_number", "repetition"),
        _TIMES,
        Row("trace_id", "trace_id", default=None),
        Fold(("error",), ("error", "status"), values.failure, values.show_failure),
        Row("id", "id", RUN_ID),
        Row("experiment_id", "experiment_id", EXPERIMENT_ID),
    ),
    hidden={
        "alias": "ids are node ids",
        "updated_at": _NO_FIELD,
        "variant_id": "each variant is an experiment of its own",
        "variant": "each variant is an experiment of its own",
        "example_position": "examples are named by id",
        "input": "read with the example",
        "reference": "read with the example",
        "native_status": "a run either failed or succeeded here",
        "model": _NO_FIELD,
        "prompt_tokens": "shown in exports",
        "completion_tokens": "shown in exports",
        "total_tokens": _NO_FIELD,
        "cost": _NO_FIELD,
        "passed": _NO_FIELD,
        "score": _NO_FIELD,
        "metadata": _NO_FIELD,
        "steps": _NO_FIELD,
        "scores": "shown in exports",
        "example": "read apart",
        "delivery": "said in a header",
    },
)

_RESULT = Fold(scores.WIRE, scores.CANONICAL, scores.read_result, scores.write_result)
UPSERT_EVALUATION = Shape(
    (
        Row("name", "evaluator"),
        Row("annotator_kind", "annotator_kind", ANNOTATOR, default="CODE"),
        Fold(("start_time", "end_time"), ("started_at", "ended_at"), values.times, values.written_times),
        _RESULT,
        Row("error", "error"),
        Row("trace_id", "trace_id"),
    ),
    ignored={"id": "the Python client sends a made-up one; the server makes its own"},
    hidden={
        "evaluator_id": "an evaluation has a name only",
        "evaluator_name": "an evaluation has one name",
        "scale": _NO_FIELD,
        "passed": _NO_FIELD,
        "threshold": _NO_FIELD,
    },
)


def _example(named: bool) -> Shape:
    """A dataset example; `named` shows the caller's own id and the source span, as only the list of examples does."""
    return Shape(
        (
            Fold(("id", "node_id"), ("id", "alias"), examples.read_ids, examples.show_ids if named else examples.show_node_id),
            Row("input", "input", INPUT, default=lambda: {"input": None}),
            Row("output", "reference", OUTPUT, default=dict),
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
    )


EXAMPLE, PLAIN_EXAMPLE = _example(named=True), _example(named=False)
EXAMPLES = Shape(
    (
        Row("dataset_id", "dataset_id", DATASET_ID),
        Row("version_id", "version_id", VERSION_ID),
        Row("filtered_splits", "filtered_splits"),
        Row("examples", "examples", Listing(EXAMPLE, items="")),
    )
)

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
)
UPLOAD = Shape(
    (
        Row("name", "name"),
        Row("description", "description"),
        Fold(examples.COLUMNS, ("examples",), examples.read_examples, examples.write_examples),
    ),
    hidden={
        "alias": "ids are node ids",
        "project": "one account",
        "metadata": "a dataset is made without",
        "tags": "labels are set apart",
    },
)
VERSION = Shape(
    (
        Row("version_id", "id", VERSION_ID),
        Row("description", "description", default=None),
        Row("metadata", "metadata", default=dict),
        Row("created_at", "created_at", TIME),
    ),
    hidden=dict.fromkeys(
        (*("alias", "updated_at", "dataset_id", "number", "label"), *("example_count", "content_hash", "created_by", "explicit")), _NO_FIELD
    ),
)
INCOMPLETE_RUN = Shape((Row("dataset_example", "example", PLAIN_EXAMPLE), Row("repetition_numbers", "repetitions")))
INCOMPLETE_EVALUATION = Shape(
    (
        Row("experiment_run", "run", RUN),
        Row("dataset_example", "example", PLAIN_EXAMPLE),
        Row("evaluation_names", "evaluators", values.Sorted()),
    )
)
TAG = Shape(
    (Row("id", "id", TAG_ID), Row("name", "name"), Row("description", "description", default=None)),
    hidden={
        "alias": "ids are node ids",
        "created_at": _NO_FIELD,
        "updated_at": _NO_FIELD,
        "experiment_id": "said by the path",
        "dataset_id": "follows from the experiment",
    },
)
SET_TAG = Shape((Row("name", "name"), Row("description", "description")))
PROJECT = Shape(
    (Row("name", "name"), Row("description", "description", IdsInText(), default=None), Row("id", "id", PROJECT_ID)),
    hidden=dict.fromkeys(("alias", "created_at", "updated_at", "slug", "organization_id"), _NO_FIELD),
)


def place(kind: Kind, *, any_type: bool = False, ascending: bool = False) -> Fold:
    """The rows of a list's place and size."""
    where = Place(kind, any_type, ascending)
    return Fold(("cursor", "limit"), ("cursor", "limit"), where.decode, where.encode)


EXPERIMENT_ARGS = Shape((Row("experiment_id", "experiment_id", EXPERIMENT_ID),), keep=False)
DATASET_ARGS = Shape((Row("dataset_id", "dataset_id", DATASET_ID),), keep=False)
PROJECT_ARGS = Shape((Row("project_identifier", "project_id", NodeOrName(Kind.PROJECT)),), keep=False)
