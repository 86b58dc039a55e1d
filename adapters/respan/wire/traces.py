"""Traces, summaries and histograms on the wire."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from adapters.base import WireModel
from adapters.respan.wire.common import Flag, Query, QueryTime


def _length(text: Any) -> Any:
    """A length that is no positive number means the full text (client code)."""
    try:
        return max(0, int(text))
    except (TypeError, ValueError):
        return 0


class WindowQuery(Query):
    """A span of time."""

    start_time: QueryTime | None = None
    end_time: QueryTime | None = None


class TracesQuery(WindowQuery):
    """A page of traces. `detail` adds their trees; `preview_length` cuts texts after that many characters, unless `detail` is set."""

    page: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    sort_by: str | None = None
    detail: Flag = False
    preview_length: Annotated[int, BeforeValidator(_length)] = 0


class ExportQuery(TracesQuery):
    """The same; `export` sends the list by mail instead."""

    export: Flag = False


class HistogramQuery(Query):
    """Which evaluator, in how many bars."""

    evaluator_id: Annotated[str, Field(min_length=1)]
    bins: Annotated[int, Field(ge=1, le=50)] = 20


class ResumeBody(WireModel):
    """The output of a waiting trace; any JSON, null included."""

    input: Any = None
    output: Any
    metrics: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    name: Any = None


class ScoreEntry(WireModel):
    """A score in a trace."""

    evaluator_id: str | None
    evaluator_slug: str | None
    evaluator_name: str | None
    score_value_type: str | None
    numerical_value: float | None
    string_value: str | None
    boolean_value: bool | None
    categorical_value: list[str] | None
    json_value: str | None
    explanation: str | None


class TraceReply(WireModel):
    """A trace; `duration` in seconds, `total_cost` in USD. `span_tree` stands in the detail call and in lists that ask for it."""

    id: str
    trace_unique_id: str
    root_span_unique_id: str | None
    environment: str | None
    customer_identifier: str | None
    name: str | None
    input: Any
    output: Any
    expected_output: Any
    status: str
    comparison_key: str | None
    start_time: str | None
    end_time: str | None
    duration: float | None
    span_count: int | None
    llm_call_count: int | None
    total_cost: float | None
    total_tokens: int | None
    total_prompt_tokens: int | None
    total_completion_tokens: int | None
    error_count: int | None
    scores: dict[str, ScoreEntry] | None
    metadata: dict[str, Any] | None
    error_message: str | None
    span_tree: list[dict[str, Any]] | None = None


class TracesPage(WireModel):
    """A page of traces."""

    count: int
    next: str | None
    previous: str | None
    current_filters: dict[str, Any]
    results: list[TraceReply]


class SummaryReply(WireModel):
    """Traces in figures: USD, tokens, seconds."""

    number_of_requests: int
    total_cost: float
    total_tokens: int
    total_prompt_tokens: int
    total_completion_tokens: int
    avg_latency: float
    avg_tps: float
    avg_ttft: float
    scores: dict[str, dict[str, Any]]


class BinReply(WireModel):
    """One bar."""

    lower: float
    upper: float
    count: int
    label: str | None = None


class StatsReply(WireModel):
    """What the bars are made of."""

    min: float
    max: float
    mean: float
    total: int


class HistogramReply(WireModel):
    """The distribution of one evaluator's scores."""

    evaluator_id: str
    evaluator_slug: str | None
    evaluator_name: str | None
    bins: list[BinReply]
    stats: StatsReply
