"""One canonical list of several targets."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.crowd import CROWDS, Crowd

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def merging(serve: Serve, crowds: dict[str, Crowd], **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with a target of each name, and the embedded one."""
    async with AsyncExitStack() as stack:
        targets = {}
        for name, crowd in crowds.items():
            url = await stack.enter_async_context(serving(crowd.app, "on"))
            targets[name] = {
                "adapter": type(crowd).adapter,
                "base_url": url,
                "requests_per_minute": 1_000_000,
                "retries": 0,
                "index_age": 0,
            }
        yield await stack.enter_async_context(serve(targets=targets, server={"log_level": "warning"}, **more))


def crowds() -> dict[str, Crowd]:
    """Three vendors whose experiments were made in turn."""
    return {
        name: CROWDS[kind](list(range(place + 1, 91, 3)))
        for place, (name, kind) in enumerate((("p", "phoenix"), ("r", "respan"), ("e", "evalguard")))
    }


async def pages(client: httpx.AsyncClient, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        answer = await client.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        yield answer.json()
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
async def test_the_lists_of_several_targets_are_one(serve: Serve, size: int) -> None:
    held = crowds()
    if size == 1:
        for crowd in held.values():
            del crowd.numbers[4:]
    async with merging(serve, held) as client:
        items = [item async for page in pages(client, "/v1/experiments", target="p,r,e", limit=size) for item in page["items"]]
        numbers = sorted((number for crowd in held.values() for number in crowd.numbers), reverse=True)
        assert [item["name"] for item in items] == [f"try {number}" for number in numbers]
        assert [item["target"] for item in items] == [
            next(name for name, crowd in held.items() if number in crowd.numbers) for number in numbers
        ]


async def test_orders_and_counts_are_merged_too(serve: Serve) -> None:
    held = crowds()
    async with merging(serve, held) as client:
        found = [page async for page in pages(client, "/v1/experiments", target="p,r,e,local", limit=11, sort="name", total="true")]
        assert {page["total"] for page in found} == {90}
        assert [item["name"] for page in found for item in page["items"]] == sorted(f"try {number}" for number in range(1, 91))
        assert all(len(page["items"]) == 11 for page in found[:-1])


async def test_what_comes_and_goes_between_pages_is_not_repeated_and_nothing_else_lost(serve: Serve) -> None:
    held = crowds()
    async with merging(serve, held) as client:
        seen: list[str] = []
        deleted: set[str] = set()
        async for page in pages(client, "/v1/experiments", target="p,r,e", limit=5):
            seen += [item["name"] for item in page["items"]]
            for crowd in held.values():
                for number in {crowd.numbers[0], crowd.numbers[len(crowd.numbers) // 2]} if len(crowd.numbers) > 4 else ():
                    crowd.numbers.remove(number)
                    deleted.add(f"try {number}")
                crowd.numbers.append(crowd.numbers[-1] + 3)
        assert len(seen) == len(set(seen))
        assert {f"try {number}" for number in range(1, 91)} - deleted <= set(seen)


async def test_the_embedded_target_merges_with_others(serve: Serve) -> None:
    held = crowds()
    async with merging(serve, held) as client:
        for number in range(3):
            assert (await client.post("/v1/datasets", json={"name": f"own {number}"})).status_code == 201
        found = [item async for page in pages(client, "/v1/datasets", target="p,local", limit=2) for item in page["items"]]
        assert [(item["name"], item["target"]) for item in found] == [
            *((f"own {number}", "local") for number in (2, 1, 0)),
            *((f"set {number}", "p") for number in (3, 2, 1)),
        ]
        answer = await client.get("/v1/datasets?target=p,local")
        assert (answer.headers["crosswalk-target"], answer.headers["crosswalk-origin"]) == ("p,local", "emulated")
        for path in ("/v1/evaluators", "/v1/prompts", "/v1/documents/x"):
            assert (await client.get(path, params={"target": "p,local"})).json()["items"] == []


async def test_a_target_that_fails_is_named_and_never_left_out(serve: Serve) -> None:
    held = crowds()
    async with merging(serve, held) as client:
        held["r"].fault = lambda number: JSONResponse({"detail": "down"}, 503)
        answer = await client.get("/v1/experiments?target=p,r,e")
        assert (answer.status_code, answer.json()["code"], answer.json()["vendor"]) == (503, "upstream_unavailable", "respan")
        assert "'r'" in answer.json()["detail"]


async def test_what_cannot_be_merged_is_said(serve: Serve) -> None:
    async with merging(serve, crowds()) as client:
        for query in ("target=p,nowhere", "target=", "target=p,r&offset=3", "target=p,r&cursor=abc", "target=p,,r"):
            answer = await client.get(f"/v1/experiments?{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), query
        assert (await client.get("/v1@e/experiments?target=p,r")).status_code == 400
        assert (await client.get("/v1/evaluators?target=p,r&builtin=true")).status_code == 400
        first = (await client.get("/v1/experiments?target=p,r&limit=2")).json()
        assert (await client.get("/v1/experiments", params={"target": "p,e", "cursor": first["next_cursor"]})).status_code == 400


async def test_a_key_for_some_targets_merges_no_others(serve: Serve) -> None:
    key = {"name": "k", "sha256": hashlib.sha256(b"k").hexdigest(), "role": "viewer", "targets": ["p", "e"]}
    async with merging(serve, crowds(), auth={"mode": "keys", "keys": [key]}) as client:
        client.headers["authorization"] = "Bearer k"
        assert (await client.get("/v1/experiments?target=p,e")).status_code == 200
        answer = await client.get("/v1/experiments?target=p,r")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
