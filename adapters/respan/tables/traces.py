"""Traces: an experiment's runs, one per dataset row."""

from adapters.codecs import Function
from adapters.mapping import Fold, Row, Shape
from adapters.respan.quirks import spans, traces, values
from adapters.respan.quirks.fields import Computed, Status
from adapters.respan.quirks.filters import Constant, Field, Fields, Filters, ids, times, words
from adapters.respan.quirks.pages import Page, Sort
from adapters.respan.tables.common import EVALUATOR_ID, PLAIN, TRACE_ID, TRACE_STATUS
from adapters.respan.tables.scores import SCORES
from adapters.scope import Scope

_NO_PLACE = "no field in this dialect"
_ROW = "traces carry no row id; equal inputs share a comparison_key"
_SPANS = "stands in the span tree"

TRACE = Shape(
    (
        Row("id", "id", TRACE_ID),
        Row("trace_unique_id", "id", TRACE_ID),
        Computed("root_span_unique_id", spans.root_id),
        Computed("environment", values.nothing),
        Computed("customer_identifier", values.nothing),
        Computed("name", spans.trace_name),
        Row("input", "input"),
        Row("output", "output"),
        Row("expected_output", "reference"),
        Status(TRACE_STATUS),
        Computed("comparison_key", spans.comparison_key),
        Fold(
            ("start_time", "end_time", "duration"),
            ("started_at", "ended_at", "latency_ms", "created_at"),
            traces.read_times,
            traces.show_times,
        ),
        Computed("span_count", spans.span_count),
        Computed("llm_call_count", spans.llm_call_count),
        Row("total_cost", "cost", PLAIN, default=0),
        Fold(
            ("total_tokens", "total_prompt_tokens", "total_completion_tokens"),
            ("total_tokens", "prompt_tokens", "completion_tokens"),
            traces.read_tokens,
            traces.show_tokens,
        ),
        Computed("error_count", spans.error_count),
        Row("scores", "scores", SCORES),
        Row("metadata", "metadata"),
        Row("error_message", "error"),
    ),
    hidden={
        "alias": "a trace's id is the server's",
        "experiment_id": "the experiment it is listed in",
        "variant_id": "an experiment has one workflow",
        "variant": "an experiment has one workflow",
        "example_id": _ROW,
        "example_position": _ROW,
        "example": _ROW,
        "repetition": "every row runs once",
        "trace_id": "a trace's id is the server's",
        "model": _SPANS,
        "steps": _SPANS,
        "passed": _NO_PLACE,
        "score": _NO_PLACE,
        "created_at": "shown as the start of a trace that has not started",
        "updated_at": _NO_PLACE,
        "delivery": _NO_PLACE,
    },
    echo=True,
)
PAGE = Page(TRACE)
TRACE_FIELDS = tuple(path[0] for row in TRACE.rows for path in row.claims_wire if path[0] not in ("id", "status"))

# The answer to a resume: three fields, or the whole trace (documented, older servers). Only its state is read.
RESUMED = Shape(
    (Row("id", "id", TRACE_ID), Status(TRACE_STATUS)), ignored=dict.fromkeys(TRACE_FIELDS, "read with the list of traces"), keep=False
)
_MILLISECONDS = Function(lambda seconds: seconds * 1000, lambda milliseconds: milliseconds / 1000)
RESUME = Shape(
    (
        Fold(("input",), ("input",), traces.read_input, traces.say_input),
        Row("output", "output"),
        Row("metrics/cost", "cost"),
        Row("metrics/latency", "latency_ms", _MILLISECONDS),
        Row("metrics/prompt_tokens", "prompt_tokens"),
        Row("metrics/completion_tokens", "completion_tokens"),
        Row("metrics/total_request_tokens", "total_tokens"),
        Row("metrics/total_tokens", "total_tokens", way="in"),
        Row("metrics/model", "model"),
        Row("metadata", "metadata"),
    ),
    ignored={"name": "sent by a notebook's client, without effect"},
    hidden={
        "reference": "the expected output is the row's",
        "status": "submitting means success",
        "error": "a failed run cannot be submitted: it stays pending",
        "started_at": "only the latency can be submitted",
        "ended_at": "only the latency can be submitted",
        "trace_id": "a trace's id is the server's",
        "steps": "a submitted run has no steps",
    },
)

_STATUS_WORDS = {
    "pending": ("waiting", "pending"),
    "pending_custom_submission": ("waiting",),
    "success": ("succeeded",),
    "completed": ("succeeded",),
    "failed": ("failed",),
    "error": ("failed",),
    "warning": ("failed",),
}


def _score(key: str, scope: Scope) -> str:
    return f"scores.{EVALUATOR_ID.decode(key, scope)}"


FIELDS = Fields(
    {
        "id": Field(("id",), ids(TRACE_ID)),
        "trace_unique_id": Field(("id",), ids(TRACE_ID)),
        "name": Constant(spans.ROOT),
        "status": Field(("status",), words(_STATUS_WORDS)),
        "comparison_key": Field(("input_key",)),
        "input": Field(("input",)),
        "output": Field(("output",)),
        "expected_output": Field(("reference",)),
        "start_time": Field(("started_at",)),
        "end_time": Field(("ended_at",)),
        "timestamp": Field(("created_at",)),
        "created_at": Field(("created_at",)),
        "duration": Field(("latency_ms",), times(1000)),
        "latency": Field(("latency_ms",), times(1000)),
        "cost": Field(("cost",)),
        "total_cost": Field(("cost",)),
        "total_tokens": Field(("total_tokens",)),
        "total_prompt_tokens": Field(("prompt_tokens",)),
        "prompt_tokens": Field(("prompt_tokens",)),
        "input_tokens": Field(("prompt_tokens",)),
        "total_completion_tokens": Field(("completion_tokens",)),
        "completion_tokens": Field(("completion_tokens",)),
        "output_tokens": Field(("completion_tokens",)),
        "model": Field(("model",)),
        "error_message": Field(("error",)),
        "metadata": Field(("metadata",)),
        "environment": Field(("extensions.respan.environment",)),
        "customer_identifier": Field(("extensions.respan.customer_identifier",)),
    },
    {
        "metadata__": lambda key, scope: Field((f"metadata.{key}",)),
        "scores__": lambda key, scope: Field((_score(key, scope),)),
    },
)
FILTERS = Filters(FIELDS)
SORT = Sort(
    {
        "start_time": "started_at",
        "time": "started_at",
        "timestamp": "created_at",
        "created_at": "created_at",
        "end_time": "ended_at",
        "status": "status",
        "duration": "latency_ms",
        "latency": "latency_ms",
        "cost": "cost",
        "total_cost": "cost",
        "input_tokens": "prompt_tokens",
        "total_prompt_tokens": "prompt_tokens",
        "output_tokens": "completion_tokens",
        "total_completion_tokens": "completion_tokens",
        "total_tokens": "total_tokens",
    },
    {"scores__": _score},
)
