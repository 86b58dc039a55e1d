"""A vendor that fails, or answers what it never promised: the client hears the truth in its own dialect, and no write happens twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import orjson
import pytest

from tests.conftest import Serve
from tests.gateway.upstream.stub import RawHeaders, Reply, Vendor, fixed, in_turn, serving

pytestmark = pytest.mark.anyio

Against = Callable[[Reply], AbstractAsyncContextManager[tuple[httpx.AsyncClient, Vendor]]]

KEY = "very-secret-key"
JSON: RawHeaders = [(b"content-type", b"application/json")]
TEXT: RawHeaders = [(b"content-type", b"text/plain; charset=utf-8")]
PAGE: RawHeaders = [(b"content-type", b"text/html; charset=utf-8")]
DATASET = {
    "id": "RGF0YXNldDox",
    "name": "d",
    "description": None,
    "metadata": {},
    "created_at": "2026-01-01T00:00:00+00:00",
    "updated_at": "2026-01-01T00:00:00+00:00",
    "example_count": 1,
}
EMPTY_PAGE = fixed(200, b'{"data":[],"next_cursor":null}', JSON)


@pytest.fixture
def against(serve: Serve) -> Against:
    """A gateway whose target answers as told."""

    @asynccontextmanager
    async def running(reply: Reply) -> AsyncIterator[tuple[httpx.AsyncClient, Vendor]]:
        vendor = Vendor(reply)
        async with serving(vendor) as url:
            target = {"adapter": "phoenix", "base_url": url, "api_key": KEY, "retries": 1, "version": "20.26.1"}
            async with serve(targets={"phx": target}) as client:
                yield client, vendor

    return running


def said(status: int, content: object, headers: RawHeaders | None = None) -> Reply:
    return fixed(status, orjson.dumps(content), [*JSON, *(headers or [])])


@pytest.mark.parametrize(
    "reply",
    [
        fixed(200, b"<!doctype html><title>Phoenix</title>", PAGE),
        fixed(200, b'{"data": [{"id": "RGF0', JSON),
        fixed(200, b"[]", JSON),
        fixed(200, b"", JSON),
        said(200, {"data": [{**DATASET, "example_count": "many"}], "next_cursor": None}),
        said(200, {"data": ["text"], "next_cursor": None}),
        said(200, {"data": [{**DATASET, "id": "RXhwZXJpbWVudDox"}], "next_cursor": None}),
        said(200, {"data": None}),
        fixed(302, b"", [(b"location", b"https://elsewhere.example/v1/datasets")]),
    ],
    ids=["page", "truncated", "array", "empty", "type", "item", "id", "null", "led away"],
)
async def test_an_answer_that_breaks_the_contract_is_never_data(against: Against, reply: Reply) -> None:
    async with against(reply) as (client, _):
        response = await client.get("/v1@phx/datasets")
        assert (response.status_code, response.json()["code"]) == (502, "upstream_invalid")
        assert response.json()["vendor"] == "phoenix"


@pytest.mark.parametrize(
    ("reply", "status", "code", "words"),
    [
        (fixed(404, b"Dataset with ID RGF0YXNldDo3 not found", TEXT), 404, "not_found", "not found"),
        (
            said(422, {"detail": [{"type": "missing", "loc": ["body", "name"], "msg": "Field required"}]}),
            400,
            "invalid_request",
            "body.name: Field",
        ),
        (fixed(401, b"Invalid token", TEXT), 401, "unauthenticated", "Invalid token"),
        (fixed(403, b"Viewers cannot perform this action.", TEXT), 403, "forbidden", "Viewers"),
        (fixed(500, b"Internal Server Error", TEXT), 502, "upstream_invalid", "Internal Server Error"),
        (fixed(503, b"<html><h1>Service Unavailable</h1></html>", PAGE), 503, "upstream_unavailable", "Service Unavailable"),
        (fixed(404, b"<html><h1>Not here</h1></html>", PAGE), 502, "upstream_invalid", "Not here"),
        (said(400, {"error": {"code": "bad", "message": "nested"}}), 400, "invalid_request", "nested"),
        (said(400, {"name": ["too short"], "age": ["negative"]}), 400, "invalid_request", "name: too short; age: negative"),
        (said(409, {"error": "flat"}), 409, "conflict", "flat"),
        (said(418, {}), 502, "upstream_invalid", "418"),
    ],
)
async def test_every_form_of_error_is_read(against: Against, reply: Reply, status: int, code: str, words: str) -> None:
    async with against(reply) as (client, _):
        response = await client.get("/v1@phx/datasets")
        problem = response.json()
        assert (response.status_code, problem["code"]) == (status, code), problem
        assert words in problem["detail"]
        assert problem["vendor_status"]


async def test_retry_after_is_kept(against: Against) -> None:
    async with against(fixed(429, b"Too many requests.", [*TEXT, (b"retry-after", b"97")])) as (client, vendor):
        response = await client.post("/v1@phx/datasets", json={"name": "d", "examples": []})
        assert (response.status_code, response.headers["retry-after"]) == (429, "97")
        respan = await client.get("/respan@phx/api/v2/experiments/")
        assert (respan.status_code, respan.headers["retry-after"]) == (429, "97")
        assert len(vendor.seen) == 2


async def test_a_key_the_vendor_repeats_is_masked(against: Against) -> None:
    body = {"error": {"message": f"Bearer {KEY} is wrong", "token": KEY}, "echo": [f"x{KEY}y"]}
    async with against(said(401, body)) as (client, vendor):
        response = await client.get("/v1@phx/datasets")
        assert KEY not in response.text
        assert response.json()["vendor_body"]["error"]["message"] == "Bearer *** is wrong"
        assert vendor.seen[0].all(b"authorization") == [f"Bearer {KEY}".encode()]


@pytest.mark.parametrize("status", [502, 504])
async def test_a_write_that_may_have_happened_is_not_repeated(against: Against, status: int) -> None:
    async with against(fixed(status, b"<html>gateway</html>", PAGE)) as (client, vendor):
        response = await client.post("/v1@phx/datasets", json={"name": "d", "examples": []})
        assert response.json()["code"] == "outcome_unknown"
        assert [seen.method for seen in vendor.seen].count("POST") == 1


async def test_a_read_is_tried_again(against: Against) -> None:
    async with against(in_turn(fixed(503, b"later", TEXT), EMPTY_PAGE)) as (client, vendor):
        response = await client.get("/v1@phx/datasets")
        assert (response.status_code, response.json()["items"]) == (200, [])
        assert (len(vendor.seen), response.headers["crosswalk-attempts"]) == (2, "2")


async def test_a_redirect_within_the_target_is_followed(against: Against) -> None:
    async with against(in_turn(fixed(308, b"", [(b"location", b"/v1/datasets/?limit=7")]), EMPTY_PAGE)) as (client, vendor):
        assert (await client.get("/v1@phx/datasets")).status_code == 200
        assert (vendor.seen[1].path, vendor.seen[1].query) == (b"/v1/datasets/", b"limit=7")


async def test_a_missing_record_is_said_in_the_clients_words(against: Against) -> None:
    async with against(fixed(404, b"Experiment with ID RXhwZXJpbWVudDo5 does not exist", TEXT)) as (client, _):
        ids = client.app.state.store.ids  # type: ignore[attr-defined]
        from schemas.ids import Ids, Kind

        reference = Ids(ids.salt, 1).make(Kind.EXPERIMENT, 9)
        canonical = (await client.get(f"/v1@phx/experiments/{reference}")).json()
        assert (canonical["code"], canonical["reference"]) == ("not_found", reference)
        respan = await client.get(f"/respan@phx/api/v2/experiments/{reference}/")
        assert respan.status_code == 404
        assert "RXhwZXJpbWVudDo5" not in respan.text


async def test_a_crash_over_a_reference_to_nothing_is_found_out(against: Against) -> None:
    crash, missing = fixed(500, b"Internal Server Error", TEXT), fixed(404, b"Experiment with ID x does not exist", TEXT)
    async with against(in_turn(crash, missing)) as (client, vendor):
        from schemas.ids import Ids, Kind

        ids = Ids(client.app.state.store.ids.salt, 1)  # type: ignore[attr-defined]
        experiment, example = ids.make(Kind.EXPERIMENT, 9), ids.make(Kind.EXAMPLE, 9)
        response = await client.post(f"/v1@phx/experiments/{experiment}/runs", json={"example_id": example, "output": 1})
        assert (response.status_code, response.json()["reference"]) == (404, experiment)
        assert [seen.method for seen in vendor.seen] == ["POST", "GET"]
