"""Lists of a target that its own routes cannot say: paged without loss, repetition or too many calls, whatever happens meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.crowd import CROWDS, Crowd, Evaluating, Serving, Storing, where
from tests.remote.reading import READERS, by_cursor

pytestmark = pytest.mark.anyio

MANY = 600
# Phoenix's clients ask for the experiments of a dataset: EvalGuard's say of none what they were made on. EvalGuard's own list tells the figures of each,
# which have to be read experiment by experiment where they are not told.
_NOT = {("evalguard", "by_dataset"), ("respan", "at_once")}
CELLS = [(kind, name) for kind in CROWDS for name, (dialect, _) in READERS.items() if dialect != kind and (kind, name) not in _NOT]


@asynccontextmanager
async def listing(serve: Serve, crowd: Crowd, auth: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway whose target `vendor` is a crowd."""
    async with serving(crowd.app, "on") as url:
        target = {"adapter": type(crowd).adapter, "base_url": url, "requests_per_minute": 1_000_000, **more}
        async with serve(targets={"vendor": target}, server={"log_level": "warning"}, **({"auth": auth} if auth else {})) as client:
            yield client


async def names(client: httpx.AsyncClient, size: int = 100, **query: Any) -> list[str]:
    return [name async for page, _ in by_cursor(client, size, **query) for name in page]


def tries(numbers: list[int]) -> list[str]:
    return [f"try {number}" for number in reversed(numbers)]


@pytest.mark.parametrize(("kind", "way"), CELLS)
async def test_every_page_is_bounded_and_nothing_is_lost_or_repeated(serve: Serve, kind: str, way: str) -> None:
    crowd = CROWDS[kind](list(range(1, MANY + 1)))
    async with listing(serve, crowd) as client:
        seen: list[str] = []
        calls: list[int] = []
        async for page, _ in READERS[way][1](client, 100):
            seen += page
            calls.append(len(crowd.calls))
        if way == "by_dataset":
            assert sorted(seen) == sorted(tries(crowd.numbers))
        else:
            assert seen == tries(crowd.numbers)
        # One reading of everything at most, then a call or two for a page.
        assert calls[0] <= MANY // 100 + 5
        assert all(after - before <= 2 for before, after in pairwise(calls))


@pytest.mark.parametrize("kind", ["phoenix", "evalguard", "respan"])
async def test_what_comes_and_goes_between_pages_shifts_nothing(serve: Serve, kind: str) -> None:
    crowd = CROWDS[kind](list(range(1, 301)))
    async with listing(serve, crowd, index_age=0) as client:
        seen: list[str] = []
        deleted: set[str] = set()
        async for page, _ in by_cursor(client, 20):
            seen += page
            for number in (*crowd.numbers[-2:-1], *crowd.numbers[:1]):
                crowd.numbers.remove(number)
                deleted.add(f"try {number}")
            crowd.numbers.append(crowd.numbers[-1] + 1)
        assert len(seen) == len(set(seen))
        assert {f"try {number}" for number in range(1, 301)} - deleted <= set(seen)


async def test_what_is_changed_through_the_gateway_is_right_at_once_and_its_cursor_stays_good(serve: Serve) -> None:
    crowd = Storing(list(range(1, 61)))
    async with listing(serve, crowd, index_age=3600) as client:
        first = (await client.get("/v1@vendor/experiments?limit=20")).json()
        at_the_border = next(
            item for item in (await client.get("/v1@vendor/experiments?limit=60")).json()["items"] if item["name"] == "try 40"
        )
        for item in (first["items"][3], at_the_border):
            assert (await client.delete(f"/v1@vendor/experiments/{item['id']}")).status_code == 200
        renamed = await client.patch(f"/v1@vendor/experiments/{first['items'][0]['id']}", json={"name": "renamed"})
        assert renamed.status_code == 200, renamed.text
        body = {"name": "new", "dataset_id": first["items"][0]["dataset_id"], "variants": [{"steps": [{"kind": "wait"}]}]}
        assert (await client.post("/v1@vendor/experiments", json=body)).status_code == 201
        second = (await client.get("/v1@vendor/experiments", params={"limit": 20, "cursor": first["next_cursor"]})).json()
        assert [item["name"] for item in second["items"]] == tries(list(range(20, 40)))
        left = ["new", "renamed", *(name for name in tries(list(range(1, 60))) if name not in ("try 57", "try 40"))]
        assert await names(client) == left
        page = await client.get("/v1@vendor/experiments?limit=1&total=true")
        assert (page.json()["total"], page.headers["crosswalk-origin"]) == (len(left), "emulated")


async def test_the_age_is_told_and_bounded(serve: Serve) -> None:
    crowd = Storing(list(range(1, 31)))
    async with listing(serve, crowd, index_age=3600) as client:
        answer = await client.get("/v1@vendor/experiments")
        assert int(answer.headers["crosswalk-index-age"]) <= 2
        crowd.numbers.remove(17)
        assert "try 17" in await names(client)
    async with listing(serve, crowd, index_age=0) as client:
        assert await names(client) == tries(crowd.numbers)
        crowd.numbers.remove(18)
        assert await names(client) == tries(crowd.numbers)
        native = await client.get("/v1@vendor/datasets?limit=2")
        assert "crosswalk-index-age" not in native.headers


@pytest.mark.parametrize("each", [1, 7, 150])
async def test_pages_that_shift_while_they_are_read_lose_nothing(serve: Serve, each: int) -> None:
    crowd = Serving(list(range(1, 1001)))

    def meanwhile() -> None:
        if 1 < len(crowd.calls) < 5:
            newest = [number for number in crowd.numbers if number <= 1000][-each:]
            crowd.numbers = [number for number in crowd.numbers if number not in newest]
        crowd.numbers.append(1000 + len(crowd.calls))

    crowd.meanwhile = meanwhile
    async with listing(serve, crowd, index_age=3600) as client:
        listed = set(await names(client, sort="name"))
    assert {f"try {number}" for number in range(1, 1001 - 3 * each)} <= listed


async def test_a_reading_that_was_cut_off_goes_on_where_it_was(serve: Serve) -> None:
    crowd = Serving(list(range(1, 801)))
    crowd.fault = lambda number: JSONResponse({"detail": "no"}, 400) if number == 5 else None
    async with listing(serve, crowd) as client:
        failed = await client.get("/v1@vendor/experiments")
        assert (failed.status_code, failed.json()["vendor_status"]) == (400, 400)
    before = len(crowd.calls)
    async with listing(serve, crowd) as client:
        assert await names(client) == tries(crowd.numbers)
    assert len([call for call in crowd.calls[before:] if "list" in call]) == 4


async def test_when_a_reading_takes_too_long_the_pages_are_walked(serve: Serve) -> None:
    crowd = Storing(list(range(1, 21)), delay=0.15)
    async with listing(serve, crowd, timeout=0.6) as client:
        answer = await client.get("/v1@vendor/experiments")
        assert [item["name"] for item in answer.json()["items"]] == tries(crowd.numbers)
        assert "crosswalk-index-age" not in answer.headers


async def test_conditions_and_orders_are_paged_by_value(serve: Serve) -> None:
    crowd = Evaluating(list(range(1, 301)))
    async with listing(serve, crowd) as client:
        by_name = await names(client, 17, sort="-name")
        assert by_name == sorted(tries(crowd.numbers), reverse=True)
        some = await names(client, 7, where=where("name", "contains", "try 2"), sort="name")
        assert some == sorted(name for name in tries(crowd.numbers) if name.startswith("try 2"))
        assert await names(client, 50, where=where("name", "endswith", "7")) == [
            name for name in tries(crowd.numbers) if name.endswith("7")
        ]
        wrong = await client.get("/v1@vendor/experiments?cursor=nonsense")
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_request")
        wrong = await client.get("/v1@vendor/experiments?sort=name&cursor=@bm9uc2Vuc2U")
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("sort", [["dataset_name", "name"], ["name", "-created_at"], ["-progress", "-name"]])
async def test_an_order_that_the_target_cannot_say_in_full_is_kept_all_the_same(serve: Serve, sort: list[str]) -> None:
    crowd = Serving(list(range(1, 131)))
    async with listing(serve, crowd) as client:
        answer = await client.get("/v1@vendor/experiments", params={"limit": 10, "offset": 10, "sort": sort})
        reverse = sort[1] == "-name"
        assert [item["name"] for item in answer.json()["items"]] == sorted(tries(crowd.numbers), reverse=reverse)[10:20]


async def test_a_fault_of_the_target_is_told(serve: Serve) -> None:
    crowd = Storing(list(range(1, 31)))
    async with listing(serve, crowd, index_age=0, retries=0) as client:
        assert len(await names(client)) == 30
        crowd.fault = lambda number: JSONResponse({"error": "down"}, 503)
        answer = await client.get("/v1@vendor/experiments")
        assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")


async def test_each_scope_has_its_own_index(serve: Serve) -> None:
    import hashlib

    crowd = Storing(list(range(1, 11)))
    keys = [
        {"name": name, "sha256": hashlib.sha256(name.encode()).hexdigest(), "role": "admin", "scope": name, **more}
        for name, more in (("one", {}), ("two", {}), ("none", {"targets": ["local"]}))
    ]
    async with listing(serve, crowd, index_age=3600, auth={"mode": "keys", "keys": keys}) as client:
        one, two, none = ({"authorization": f"Bearer {key['name']}"} for key in keys)
        assert len((await client.get("/v1@vendor/experiments", headers=one)).json()["items"]) == 10
        crowd.numbers.append(11)
        assert len((await client.get("/v1@vendor/experiments", headers=two)).json()["items"]) == 11
        assert len((await client.get("/v1@vendor/experiments", headers=one)).json()["items"]) == 10
        assert (await client.get("/v1@vendor/experiments", headers=none)).status_code == 403
