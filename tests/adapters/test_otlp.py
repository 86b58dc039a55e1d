"""The OTLP parser against recorded requests of real clients and made ones."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from adapters.otlp import parse_spans
from schemas.document import Spans

SAMPLES = json.loads((Path(__file__).parents[1] / "recordings/phoenix/otlp_samples.json").read_text())
TRACE, SPAN = bytes(range(16)), bytes(range(1, 9))


def pair(key, **value):
    return KeyValue(key=key, value=AnyValue(**value))


def request(span, *resource):
    scope = ScopeSpans(spans=[span])
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=Resource(attributes=resource), scope_spans=[scope])]
    ).SerializeToString()


def one(*attributes, resource=(), **fields):
    [span] = parse_spans(request(Span(trace_id=TRACE, span_id=SPAN, attributes=attributes, **fields), *resource))
    return span


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["client"] for sample in SAMPLES])
def test_recorded_requests_give_the_spans_they_were_recorded_with(sample):
    spans = parse_spans(base64.b64decode(sample["body_base64"]))
    expected = [
        (group["resource"]["openinference.project.name"], span["name"], span["trace_id"], span["span_id"])
        for group in sample["summary"]
        for span in group["spans"]
    ]
    assert [(span["project"], span["name"], span["trace_id"], span["span_id"]) for span in spans] == expected
    assert {span["kind"] for span in spans} == {"CHAIN"}
    assert all(span["error"] is None and span["started_at"] <= span["ended_at"] for span in spans)
    assert len(Spans(spans=spans).spans) == len(expected)


def test_figures_are_read_from_the_span_attributes():
    span = one(
        pair("openinference.span.kind", string_value="LLM"),
        pair("llm.model_name", string_value="m-1"),
        pair("llm.token_count.prompt", int_value=12),
        pair("llm.token_count.completion", double_value=3.0),
        pair("llm.cost.total", double_value=0.25),
        pair("llm.token_count.total", int_value=99),
        resource=(pair("openinference.project.name", string_value="p"),),
        name="call",
        parent_span_id=b"\x09" * 8,
        start_time_unix_nano=1_700_000_000_123_456_789,
        end_time_unix_nano=1_700_000_001_000_000_000,
    )
    assert span == {
        "trace_id": TRACE.hex(),
        "span_id": SPAN.hex(),
        "parent_id": "09" * 8,
        "name": "call",
        "project": "p",
        "kind": "LLM",
        "model": "m-1",
        "prompt_tokens": 12,
        "completion_tokens": 3,
        "cost": 0.25,
        "error": None,
        "started_at": datetime(2023, 11, 14, 22, 13, 20, 123456, UTC),
        "ended_at": datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC),
    }


@pytest.mark.parametrize("value", [{"string_value": "7"}, {"bool_value": True}, {"double_value": float("nan")}, {"int_value": -1}])
def test_a_figure_of_another_type_is_no_figure(value):
    assert one(pair("llm.token_count.prompt", **value))["prompt_tokens"] is None
    assert one(pair("llm.cost.total", array_value=ArrayValue()))["cost"] is None


def test_a_span_without_a_project_goes_to_the_default_one():
    assert one()["project"] == "default"
    assert one(resource=(pair("openinference.project.name", string_value=""),))["project"] == "default"


def test_the_error_is_the_status_message_or_the_exceptions_message():
    event = Span.Event(name="exception", attributes=[pair("exception.message", string_value="boom")])
    assert one(status=Status(code=Status.STATUS_CODE_ERROR, message="bad"), events=[event])["error"] == "bad"
    assert one(status=Status(code=Status.STATUS_CODE_ERROR), events=[event])["error"] == "boom"
    assert one(status=Status(code=Status.STATUS_CODE_ERROR))["error"] == "error"
    assert one(status=Status(code=Status.STATUS_CODE_OK), events=[event])["error"] is None


def test_an_empty_request_has_no_spans():
    assert parse_spans(b"") == []


@pytest.mark.parametrize("trace_id", [b"", bytes(16)])
def test_a_span_without_an_id_is_refused(trace_id):
    with pytest.raises(ValueError, match="trace id"):
        parse_spans(request(Span(trace_id=trace_id, span_id=SPAN)))


@given(st.binary(max_size=200))
def test_any_bytes_give_spans_or_a_value_error(body):
    try:
        spans = parse_spans(body)
    except ValueError:
        return
    Spans(spans=spans)
