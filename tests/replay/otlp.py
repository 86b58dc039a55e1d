"""A recorded summary of spans, made into the OTLP request it was taken from."""

from __future__ import annotations

import itertools
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

# The summaries hold no times; these lie in the hour of the recordings and follow one another.
FIRST_NANOSECOND = 1_795_187_030_000_000_000
_clock = itertools.count(FIRST_NANOSECOND, 1_000_000)


def request(summary: list[dict[str, Any]]) -> bytes:
    """The protobuf form of `[{"resource": {…}, "spans": [{name, trace_id, span_id, status, attributes, events}]}]`."""
    return ExportTraceServiceRequest(resource_spans=[_resource(entry) for entry in summary]).SerializeToString()


def _resource(entry: dict[str, Any]) -> ResourceSpans:
    return ResourceSpans(
        resource=Resource(attributes=_attributes(entry["resource"])),
        scope_spans=[ScopeSpans(spans=[_span(span) for span in entry["spans"]])],
    )


def _span(span: dict[str, Any]) -> Span:
    start = next(_clock)
    return Span(
        trace_id=bytes.fromhex(span["trace_id"]),
        span_id=bytes.fromhex(span["span_id"]),
        name=span["name"],
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start,
        end_time_unix_nano=start + 500_000,
        attributes=_attributes(span["attributes"]),
        events=[Span.Event(time_unix_nano=start, name=name) for name in span["events"]],
        status=Status(
            code=Status.StatusCode.Value(span["status"]["code"]),
            message=span["status"].get("message", ""),
        ),
    )


def _attributes(values: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in values.items()]


def _value(value: str | bool | int | float) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)
