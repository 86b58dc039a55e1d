"""A vendor whose successful answers have any shape but the right one: whatever a caller asks, it is told so, and the gateway itself never fails."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from random import Random
from uuid import UUID

import httpx
import pytest

from adapters.registry import discover
from schemas.ids import NUMBER_BITS, Ids, Kind
from schemas.operations import Op
from schemas.references import FIELDS
from tests.conformance.examples import examples
from tests.conftest import Serve
from tests.gateway.upstream.stub import Reply, Seen, Vendor, fixed, serving

pytestmark = pytest.mark.anyio

VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]
SHAPES: list[object] = [
    {},
    [],
    None,
    "text",
    7,
    True,
    [[]],
    [None],
    ["text"],
    [{}],
    {"id": None},
    {"id": 5},
    {"id": {"a": 1}},
    {"id": "x" * 10_000},
    {"data": None},
    {"data": []},
    {"data": {}},
    {"data": "text"},
    {"data": [None, {}]},
    {"data": {"id": 5, "name": ["n"]}},
    {"data": {"id": "x", "experiments": None}},
    {"results": None, "count": "many"},
    {"results": [{}], "count": -1, "next": 5},
    {"results": [{"id": []}], "count": 1, "next": None},
    {"success": True, "data": {"id": "x"}},
    {"success": True},
    {"error": None},
]
WRITES: list[tuple[str, str, object]] = [
    ("POST", "/datasets", {"name": "d", "examples": [{"input": "a", "reference": "b"}]}),
    ("POST", "/experiments", {"name": "e", "dataset_id": Kind.DATASET, "variants": [{"name": "v", "steps": [{"kind": "wait"}]}]}),
    ("POST", "/experiments", {"name": "e", "examples": [{"input": "a"}], "variants": [{"name": "v", "steps": [{"kind": "completion"}]}]}),
    ("PATCH", "/experiments/{experiment_id}", {"name": "other"}),
    ("DELETE", "/experiments/{experiment_id}", None),
    ("DELETE", "/datasets/{dataset_id}", None),
    ("POST", "/datasets/{dataset_id}/examples", {"examples": [{"input": "a"}]}),
    ("POST", "/experiments/{experiment_id}/runs", {"position": 0, "output": "o"}),
]


@pytest.fixture(params=VENDORS)
async def told(request: pytest.FixtureRequest, serve: Serve) -> AsyncIterator[tuple[httpx.AsyncClient, "Answers", Ids]]:
    """A gateway before one vendor, what the vendor answers to everything, and ids of the vendor's records."""
    answers = Answers(request.param)
    async with serving(Vendor(answers)) as url:
        target = {"adapter": request.param, "base_url": url, "api_key": "k", "retries": 0, "requests_per_minute": 1_000_000}
        async with serve(targets={"vendor": target}) as client:
            yield client, answers, await _ids(client, answers, request.param)


async def _ids(client: httpx.AsyncClient, answers: "Answers", vendor: str) -> Ids:
    """Ids in the target's space, as one that the gateway gave shows them."""
    shown = [one.body for one in examples("reply") if one.adapter.name == vendor and one.route.op is Op.LIST_DATASETS]
    answers.body = {"id": "p", "data": {"id": "p"}}
    await client.get("/v1@vendor/projects/current")
    answers.body = shown[0] if shown else {}
    listed = (await client.get("/v1@vendor/datasets")).json()
    value = UUID(listed["items"][0]["id"]).int if listed.get("items") else 0
    return Ids(value >> 80, (value & ((1 << 62) - 1)) >> NUMBER_BITS)


class Answers:
    """The same body to every request, as JSON with 200."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.body: object = {}
        self.asked = 0

    async def __call__(self, seen: Seen, send: object) -> None:
        self.asked += 1
        reply: Reply = fixed(200, json.dumps(self.body).encode(), [(b"content-type", b"application/json")])
        await reply(seen, send)  # type: ignore[arg-type]


def reads() -> list[str]:
    """Every route that reads, of our own dialect."""
    canonical = next(adapter for adapter in discover().values() if adapter.prefix)
    return sorted({route.path for route in canonical.routes if route.method == "GET"})


def named(thing: object, ids: Ids) -> object:
    """A path or a body with ids of the target's first records for the placeholders."""
    if isinstance(thing, dict):
        return {key: named(value, ids) for key, value in thing.items()}
    if isinstance(thing, Kind):
        return ids.make(thing, 1)
    if not isinstance(thing, str):
        return thing
    return re.sub(r"\{(\w+)\}", lambda found: ids.make(FIELDS.get(found[1], Kind.DOCUMENT), 1), thing)


async def test_no_shape_of_an_answer_makes_the_gateway_fail(told: tuple[httpx.AsyncClient, Answers, Ids]) -> None:
    client, answers, ids = told
    failed, asked = [], [*(("GET", path, None) for path in reads()), *WRITES]
    for answers.body in SHAPES:
        for method, path, body in asked:
            reply = await client.request(method, f"/v1@vendor{named(path, ids)}", json=named(body, ids))
            if reply.status_code == 500 or (reply.status_code < 300 and reply.content and reply.json() is None):
                failed.append((method, path, reply.status_code, answers.body))
    assert failed == []
    assert answers.asked > len(SHAPES) * 10


def spoilt(body: object, value: object) -> Iterator[object]:
    """The body with each of its members in turn replaced by `value`, and once without it."""
    members = body.items() if isinstance(body, dict) else enumerate(body[:3]) if isinstance(body, list) else ()
    for key, member in list(members):
        for other in [value, *spoilt(member, value)]:
            yield {**body, key: other} if isinstance(body, dict) else [*body[:key], other, *body[key + 1 :]]  # type: ignore[index, misc]
        if isinstance(body, dict):
            yield {name: held for name, held in body.items() if name != key}


async def test_no_wrong_member_of_an_answer_makes_the_gateway_fail(told: tuple[httpx.AsyncClient, Answers, Ids]) -> None:
    client, answers, ids = told
    paths = {route.op: route.path for adapter in discover().values() if adapter.prefix for route in adapter.routes if route.method == "GET"}
    failed = []
    spoils = [
        (shown.route.op, body)
        for shown in examples("reply")
        if shown.adapter.name == answers.vendor and shown.route.op in paths
        for value in (None, 5, "text", [], {}, [None], {"id": []})
        for body in spoilt(shown.body, value)
    ]
    for op, answers.body in Random(7).sample(spoils, min(len(spoils), 300)):
        reply = await client.get(f"/v1@vendor{named(paths[op], ids)}")
        if reply.status_code == 500:
            failed.append((op, answers.body))
    assert failed == []
