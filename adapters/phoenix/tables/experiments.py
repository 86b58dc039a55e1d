"""Experiments, runs, evaluations and tags."""

from collections.abc import Callable

from adapters.codecs import Vocabulary
from adapters.mapping import Fold, Preset, Row, Shape
from adapters.phoenix.quirks import scores, values
from adapters.phoenix.quirks.values import TIME
from adapters.phoenix.quirks.variants import CLIENT_RUNS, ClientRuns
from adapters.phoenix.tables.common import DATASET_ID, EXAMPLE_ID, EXPERIMENT_ID, NO_FIELD, RUN_ID, TAG_ID, VERSION_ID
from adapters.phoenix.tables.datasets import PLAIN_EXAMPLE
from adapters.scope import Scope
from schemas.json import JsonObject
from schemas.run import AnnotatorKind

ANNOTATOR = Vocabulary({"LLM": AnnotatorKind.LLM, "CODE": AnnotatorKind.CODE, "HUMAN": AnnotatorKind.HUMAN})
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
    since={"12.6.1": ("splits",)},
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
_NOT_SHOWN = {
    "alias": "ids are node ids",
    "form": NO_FIELD,
    "dataset_name": "the dataset is read apart",
    "splits": "only the number of examples is shown",
    "evaluators": NO_FIELD,
    "pipelines": NO_FIELD,
    "concurrency": NO_FIELD,
    "batch_size": NO_FIELD,
    "generation_method": NO_FIELD,
    "metric": NO_FIELD,
    "alpha": NO_FIELD,
    "threshold": NO_FIELD,
    "native_status": "follows from the counters",
    "verdict": NO_FIELD,
    "reported": NO_FIELD,
    "started_at": NO_FIELD,
    "completed_at": NO_FIELD,
    "error": "only runs have errors",
    "project": "one account",
    "tags": "tags are read apart",
    "tracing": NO_FIELD,
    "workflow_name": NO_FIELD,
    "starred": NO_FIELD,
    "created_by": NO_FIELD,
    "delivery": "no field for it",
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
        # Servers before 17.5.0 do not say the name: then the project's, which is the server's own, tells experiments apart.
        Row("project_name", "name", way="in"),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
        Fold(
            values.COUNTERS,
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
    since={"17.5.0": ("name", "description"), "12.9.0": values.COUNTERS},
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
        "native_status": NO_FIELD,
        "model": "read from the trace",
        "prompt_tokens": "read from the trace",
        "completion_tokens": "read from the trace",
        "total_tokens": "read from the trace",
        "cost": "read from the trace",
        "passed": "told by evaluations",
        "score": "told by evaluations",
        "metadata": NO_FIELD,
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
        "updated_at": NO_FIELD,
        "variant_id": "each variant is an experiment of its own",
        "variant": "each variant is an experiment of its own",
        "example_position": "examples are named by id",
        "input": "read with the example",
        "reference": "read with the example",
        "native_status": "a run either failed or succeeded here",
        "model": NO_FIELD,
        "prompt_tokens": "shown in exports",
        "completion_tokens": "shown in exports",
        "total_tokens": NO_FIELD,
        "cost": NO_FIELD,
        "passed": NO_FIELD,
        "score": NO_FIELD,
        "metadata": NO_FIELD,
        "steps": NO_FIELD,
        "scores": "shown in exports",
        "example": "read apart",
        "delivery": "no field for it",
    },
)


def _evaluation(read_result: Callable[[JsonObject, Scope], JsonObject]) -> Shape:
    return Shape(
        (
            Row("name", "evaluator"),
            Row("annotator_kind", "annotator_kind", ANNOTATOR, default="CODE"),
            Fold(("start_time", "end_time"), ("started_at", "ended_at"), values.times, values.written_times),
            Fold(scores.WIRE, scores.CANONICAL, read_result, scores.write_result),
            Row("error", "error"),
            Row("trace_id", "trace_id"),
        ),
        ignored={"id": "the Python client sends a made-up one; the server makes its own"},
        hidden={
            "evaluator_id": "an evaluation has a name only",
            "evaluator_name": "an evaluation has one name",
            "scale": NO_FIELD,
            "passed": NO_FIELD,
            "threshold": NO_FIELD,
        },
    )


UPSERT_EVALUATION, UPSERT_EVALUATION_UNMERGED = _evaluation(scores.read_result), _evaluation(scores.read_unmerged)
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
        "created_at": NO_FIELD,
        "updated_at": NO_FIELD,
        "experiment_id": "said by the path",
        "dataset_id": "follows from the experiment",
    },
)
SET_TAG = Shape((Row("name", "name"), Row("description", "description")))
EXPERIMENT_ARGS = Shape((Row("experiment_id", "experiment_id", EXPERIMENT_ID),), keep=False)
