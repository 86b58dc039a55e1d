"""Spans out of an OTLP/protobuf trace export (opentelemetry-proto `ExportTraceServiceRequest`), with the OpenInference attribute names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from schemas.json import Json, JsonObject

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

PROJECT = "openinference.project.name"
KIND = "openinference.span.kind"
MODEL = "llm.model_name"
PROMPT_TOKENS = "llm.token_count.prompt"
COMPLETION_TOKENS = "llm.token_count.completion"
COST = "llm.cost.total"
DEFAULT_PROJECT = "default"

_WANTED = frozenset({KIND, MODEL, PROMPT_TOKENS, COMPLETION_TOKENS, COST})
_STATUS_ERROR = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS = frozenset({"string_value", "bool_value", "int_value", "double_value"})


def parse_spans(body: bytes) -> list[JsonObject]:
    """The spans of one export request, already decompressed, as objects with the fields of `schemas.document.Span`.

    Ids are lower-case hex, times aware UTC datetimes, cost in USD. A span without a project goes to `default`.
    Raises ValueError when the body is no such message, or a span has no trace or span id.
    """
    # Imported here because protobuf costs start-up time and memory that only trace ingestion needs.
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise ValueError("the body is no OTLP trace export request") from error
    return [span for resource in request.resource_spans for span in _spans(resource)]


def _spans(resource: ResourceSpans) -> Iterator[JsonObject]:
    project = _text(_attributes(resource.resource.attributes, {PROJECT}).get(PROJECT)) or DEFAULT_PROJECT
    for scope in resource.scope_spans:
        for span in scope.spans:
            yield {**_identity(span), "project": project, **_figures(span), **_times(span), "error": _error(span)}


def _identity(span: Span) -> JsonObject:
    if not any(span.trace_id) or not any(span.span_id):
        raise ValueError("a span needs a trace id and a span id")
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex() or None,
        "name": span.name,
    }


def _figures(span: Span) -> JsonObject:
    said = _attributes(span.attributes, _WANTED)
    return {
        "kind": _text(said.get(KIND)),
        "model": _text(said.get(MODEL)),
        "prompt_tokens": _count(said.get(PROMPT_TOKENS)),
        "completion_tokens": _count(said.get(COMPLETION_TOKENS)),
        "cost": _amount(said.get(COST)),
    }


def _times(span: Span) -> JsonObject:
    return {"started_at": _moment(span.start_time_unix_nano), "ended_at": _moment(span.end_time_unix_nano)}


def _error(span: Span) -> str | None:
    """The status message of a failed span, else its exception's message, else the bare word; None for any other span."""
    if span.status.code != _STATUS_ERROR:
        return None
    exceptions = (_attributes(event.attributes, {"exception.message"}) for event in span.events if event.name == "exception")
    messages = (_text(said.get("exception.message")) for said in exceptions)
    return span.status.message or next(filter(None, messages), "error")


def _attributes(pairs: Iterable[KeyValue], wanted: Iterable[str]) -> dict[str, Json]:
    return {pair.key: _scalar(pair.value) for pair in pairs if pair.key in wanted}


def _scalar(value: AnyValue) -> Json:
    field = value.WhichOneof("value")
    return getattr(value, field) if field in _SCALARS else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _amount(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        return None
    return float(value)


def _count(value: Json) -> int | None:
    amount = _amount(value)
    return None if amount is None or amount != int(amount) else int(amount)


def _moment(nanoseconds: int) -> datetime | None:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None
