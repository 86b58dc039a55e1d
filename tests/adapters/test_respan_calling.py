"""What calling the vendor takes beyond serving its dialect: its errors, its texts of values, its odd answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calling import decode_reply, encode_call, route_for
from adapters.http import Request, Response, json_response
from adapters.respan import ADAPTER
from adapters.respan.quirks.calling import Content, first_form, meant
from adapters.respan.quirks.errors import read_error
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason
from schemas.experiment import ExperimentDefinition
from schemas.operations import SPECS, Call, Op

JSON = {"content-type": "application/json"}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (400, {"detail": "No."}, Code.INVALID_REQUEST, "No."),
        (400, {"name": ["This field is required."]}, Code.INVALID_REQUEST, "name: This field is required."),
        (401, {"detail": "Your API key is invalid or expired"}, Code.UNAUTHENTICATED, "API key"),
        (402, {"detail": "Upgrade."}, Code.FORBIDDEN, "Upgrade."),
        (403, {"detail": "Not yours."}, Code.FORBIDDEN, "Not yours."),
        (404, {"detail": "Not found."}, Code.NOT_FOUND, "Not found."),
        (409, {"error": "A score already exists for this evaluator in this log."}, Code.CONFLICT, "already exists"),
        (413, {"detail": "Too large."}, Code.PAYLOAD_TOO_LARGE, "Too large."),
        (422, {"detail": "Validation error", "errors": {"workflow": ["Bad."]}}, Code.INVALID_REQUEST, "Validation error"),
        (429, {"detail": "Rate limit exceeded", "retry_after": 30}, Code.RATE_LIMITED, "Rate limit"),
        (500, {"detail": "Internal server error", "error_code": "INTERNAL_ERROR"}, Code.UPSTREAM_INVALID, "Internal"),
        (503, {"message": "later"}, Code.UPSTREAM_UNAVAILABLE, "later"),
    ],
)
def test_every_form_of_error_is_read(status: int, body: Any, code: Code, words: str) -> None:
    error = read_error(status, JSON, json.dumps(body).encode())
    assert error.code is code
    assert words in error.message
    assert error.vendor_body == body


def test_errors_name_fields_pauses_and_reasons() -> None:
    invalid = read_error(422, JSON, b'{"detail": "Validation error", "errors": {"workflow": ["Bad."], "name": ["Long."]}}')
    assert [(issue.pointer, issue.message) for issue in invalid.issues] == [("/variants", "Bad."), ("/name", "Long.")]
    assert read_error(429, JSON, b'{"detail": "x", "retry_after": 30}').retry_after == 30
    assert read_error(404, JSON, b'{"detail": "Not found."}').reason is Reason.UNKNOWN_RECORD
    page = read_error(500, {"content-type": "text/html"}, b"<html><body><h1>Server Error (500)</h1></body></html>")
    assert (page.code, page.message) == (Code.UPSTREAM_INVALID, "Server Error (500)")


@given(VALUES)
def test_what_a_row_cannot_hold_travels_wrapped(value: Any) -> None:
    sent = Content(required=True).encode(value, Scope())
    assert isinstance(sent, str | dict | list)
    if not isinstance(value, str):
        assert meant(sent) == value
        assert meant(json.dumps(sent)) == value


@pytest.mark.parametrize("text", ["42", "true", "null", "plain", "{not json", '"', ""])
def test_texts_that_may_be_meant_as_texts_stay(text: str) -> None:
    assert meant(text) == text


def test_the_first_form_is_tried_where_it_is_wanted() -> None:
    body = {"name": "n", "workflow": [{"type": "wait", "config": {}}, {"type": "prompt", "config": {"prompt_id": "p"}}]}
    request = Request("POST", "/api/v2/experiments/", body=json.dumps(body).encode())
    wanted = CrosswalkError(Code.INVALID_REQUEST, "", vendor_status=400, vendor_body={"workflows": ["This field is required."]})
    again = first_form(wanted, request)
    assert again is not None
    assert json.loads(again.body)["workflows"] == [{"type": "custom", "config": {}}, body["workflow"][1]]
    assert "workflow" not in json.loads(again.body)
    assert first_form(wanted, again) is None
    other = CrosswalkError(Code.INVALID_REQUEST, "", vendor_status=400, vendor_body={"name": ["Bad."]})
    assert first_form(other, request) is None


@pytest.mark.parametrize(
    "answer",
    [{"id": "e1", "name": "n", "status": "pending"}, {"task_id": "t", "status": "pending", "experiment_id": "e1"}],
)
def test_a_create_is_known_by_its_id_whatever_it_answers(answer: Any) -> None:
    body = ExperimentDefinition.model_validate({"name": "n", "dataset_id": "d", "variants": [{"steps": [{"kind": "wait"}]}]})
    call = Call(Op.CREATE_EXPERIMENT, SPECS[Op.CREATE_EXPERIMENT].args(), body)
    route = route_for(ADAPTER, call)
    assert route is not None
    request = encode_call(ADAPTER, route, call, Scope(dialect="respan"))
    assert request.path == "/api/v2/experiments/"
    assert json.loads(request.body)["workflow"] == [{"type": "wait", "config": {}}]
    assert decode_reply(route, json_response(201, answer), Scope(dialect="respan")) == {"id": "e1"}


@pytest.mark.parametrize("wrapped", [True, False], ids=["envelope", "array"])
def test_pages_come_as_envelopes_or_arrays_with_whole_texts_in_trees(wrapped: bool) -> None:
    trace = {"id": "t", "status": "success", "input": '{"q": "lon', "output": "cut"}
    tree = [{"id": "s", "input": '{"q": "long"}', "output": '[{"a": 1}]'}]
    items = [{**trace, "span_tree": tree}, {"id": "u", "status": "new_word", "input": "x", "scores": None}]
    call = Call(Op.LIST_RUNS, SPECS[Op.LIST_RUNS].args.model_validate({"experiment_id": "e", "offset": 100, "limit": 500}))
    route = route_for(ADAPTER, call, piece=True)
    assert route is not None
    request = encode_call(ADAPTER, route, call, Scope(dialect="respan"))
    assert dict(request.query) == {"page": "2", "page_size": "100", "detail": "1"}
    content: Any = {"count": 2, "next": None, "results": items} if wrapped else items
    answer = Response(200, json.dumps(content).encode(), "application/json")
    page = decode_reply(route, answer, Scope(dialect="respan"))
    first, second = page["items"]
    assert (first["input"], first["output"], first["status"]) == ({"q": "long"}, [{"a": 1}], "succeeded")
    assert (second["status"], second["native_status"], page["total"]) == ("unknown", "new_word", 2)
