"""A create whose answer is lost: what it made is found, nothing is made twice, and who asks again meets his first attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.remote.faulty import Faulty, bad_gateway, cut, faulty, page, root, silent, truncated
from tests.remote.life import WAITS, Document, Face

pytestmark = pytest.mark.anyio

VENDORS = ("phoenix", "respan", "evalguard")
FAULTS = {"silence": silent, "502": bad_gateway, "half": truncated, "page": page, "cut": cut}


@dataclass
class Place:
    """A gateway before a vendor that can be made to spoil its answers, and a client of the vendor itself."""

    client: httpx.AsyncClient
    direct: httpx.AsyncClient
    vendor: Faulty
    name: str

    @property
    def face(self) -> Face:
        return Face(self.client, f"/v1@{self.name}")


@pytest.fixture(params=VENDORS)
async def place(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> AsyncIterator[Place]:
    async with faulty(tmp_path) as (url, vendor), httpx.AsyncClient(base_url=url) as direct:
        limits = {"timeout": 1.5, "retries": 0, "requests_per_minute": 60_000, "breaker_failures": 100}
        target = {"adapter": request.param, "base_url": url + root(request.param), **limits}
        async with serve(targets={request.param: target}) as client:
            yield Place(client, direct, vendor, request.param)


async def prepared(face: Face) -> tuple[Document, Document]:
    dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}, {"input": "b"}]})
    return dataset, await face.post("/experiments", {"name": "before", "dataset_id": dataset["id"], "variants": WAITS})


Create = Callable[[Face, Document, Document], Awaitable[httpx.Response]]


def _create(path: str, body: Any) -> Create:
    async def create(face: Face, dataset: Document, experiment: Document) -> httpx.Response:
        said = body(dataset, experiment)
        return await face.client.post(face.at + path.format(dataset=dataset["id"], experiment=experiment["id"]), json=said)

    return create


CREATES: dict[str, tuple[Create, dict[str, str]]] = {
    "dataset": (
        _create("/datasets", lambda d, e: {"name": "new", "examples": [{"input": "x"}]}),
        {"phoenix": "POST .*/datasets/upload", "respan": "POST .*/api/datasets/$", "evalguard": "POST .*/datasets$"},
    ),
    "example": (
        _create("/datasets/{dataset}/examples", lambda d, e: {"examples": [{"input": "x", "reference": "y"}]}),
        {"phoenix": "POST .*/datasets/upload", "respan": "POST .*/logs/(bulk/)?$"},
    ),
    "examples": (
        _create("/datasets/{dataset}/examples", lambda d, e: {"examples": [{"input": "x"}, {"input": "y"}]}),
        {"phoenix": "POST .*/datasets/upload", "respan": "POST .*/logs/(bulk/)?$"},
    ),
    "experiment": (
        _create("/experiments", lambda d, e: {"name": "new", "dataset_id": d["id"], "variants": WAITS}),
        {"phoenix": "POST .*/experiments$", "respan": "POST .*/api/v2/experiments/$", "evalguard": "POST .*/evals$"},
    ),
    "run": (
        _create("/experiments/{experiment}/runs", lambda d, e: {"example_position": 0, "output": "o"}),
        {"phoenix": "POST .*/runs$", "evalguard": "POST .*/results$"},
    ),
    "score": (
        _create(
            "/experiments/{experiment}/runs",
            lambda d, e: {"example_position": 0, "output": "o", "scores": [{"evaluator": "right", "value": 1.0, "value_type": "number"}]},
        ),
        {"phoenix": "POST .*/experiment_evaluations$"},
    ),
    "evaluator": (
        _create("/evaluators", lambda d, e: {"name": "Right", "slug": "right", "kind": "llm", "definition": {"prompt": "?"}}),
        {"respan": "POST .*/api/evaluators/$"},
    ),
}


@pytest.mark.parametrize("what", CREATES)
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_was_made_without_an_answer_is_found(place: Place, what: str, fault: str) -> None:
    create, paths = CREATES[what]
    if place.name not in paths:
        return  # kept by the gateway, or accepted by its outbox
    dataset, experiment = await prepared(place.face)
    place.vendor.after[paths[place.name]] = FAULTS[fault]
    place.vendor.forget()
    answer = await create(place.face, dataset, experiment)
    assert not place.vendor.after, "the fault did not happen"
    assert answer.status_code < 300, answer.text
    assert place.vendor.count(paths[place.name]) == 1
    made = answer.json()
    assert made.get("id") or made["ids"]
    if what == "experiment":
        listed = (await place.direct.get("/v1/experiments")).json()["items"]
        assert sorted(item["name"] for item in listed) == ["before", "new"]
        assert (await place.face.get(f"/experiments/{made['id']}"))["name"] == "new"


@pytest.mark.parametrize("what", ["dataset", "experiment"])
async def test_what_was_not_made_stays_unknown_and_is_not_made_by_asking_again(place: Place, what: str) -> None:
    """The vendor never heard of it: until its time is over nobody knows, and the same request looks instead of writing."""
    create, paths = CREATES[what]
    dataset, experiment = await prepared(place.face)
    place.vendor.forget()
    place.vendor.before[paths[place.name]] = silent
    first = await create(place.face, dataset, experiment)
    if what == "experiment" and place.name == "evalguard":
        assert (first.status_code, place.vendor.count(paths[place.name])) == (201, 1)  # asked again under its key
        return
    assert (first.json()["code"], first.json()["retryable"]) == ("outcome_unknown", False)
    second = await create(place.face, dataset, experiment)
    if second.status_code >= 300:
        assert (second.json()["code"], place.vendor.count(paths[place.name])) == ("outcome_unknown", 1)
        await asyncio.sleep(1.5)
        second = await create(place.face, dataset, experiment)
    assert second.status_code < 300, second.text
    assert place.vendor.count(paths[place.name]) == 2
    if what == "experiment":
        listed = (await place.direct.get("/v1/experiments")).json()["items"]
        assert sorted(item["name"] for item in listed) == ["before", "new"]


async def test_the_same_request_finds_what_its_first_attempt_made(place: Place) -> None:
    """The record shows up only after the first answer was given."""
    create, paths = CREATES["experiment"]
    dataset, experiment = await prepared(place.face)
    blind = {
        "phoenix": "GET .*/experiments",
        "respan": "(GET|POST) .*/experiments/(list/|[0-9a-f]+/)",
        "evalguard": "GET .*/(evals|experiments)",
    }
    place.vendor.after[paths[place.name]] = silent
    place.vendor.before[blind[place.name]] = bad_gateway
    first = await create(place.face, dataset, experiment)
    if place.name == "evalguard":
        assert first.status_code == 201  # asked again under its key
        return
    assert first.json()["code"] == "outcome_unknown", first.text
    place.vendor.before.clear()
    second = await create(place.face, dataset, experiment)
    assert second.status_code < 300, second.text
    assert place.vendor.count(paths[place.name]) == 2  # one before, one for both attempts
    listed = (await place.direct.get("/v1/experiments")).json()["items"]
    assert sorted(item["name"] for item in listed) == ["before", "new"]


async def test_who_hangs_up_and_asks_again_is_given_the_first_answer(serve: Serve, tmp_path: Path) -> None:
    async with faulty(tmp_path) as (url, vendor), httpx.AsyncClient(base_url=url) as direct:
        from tests.gateway.upstream.stub import gateway

        (tmp_path / "g").mkdir()
        async with (
            gateway(tmp_path / "g", url + root("phoenix"), dialect="phoenix") as before,
            httpx.AsyncClient(base_url=before) as client,
        ):
            face = Face(client, "/v1@vendor")
            dataset, _ = await prepared(face)

            async def late(answer: list[Any], send: Any) -> None:
                await asyncio.sleep(0.8)
                for message in answer:
                    await send(message)

            vendor.after["POST .*/experiments$"] = late
            body = {"name": "new", "dataset_id": dataset["id"], "variants": WAITS}
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/v1@vendor/experiments", json=body, timeout=0.4)
            joined = await client.post("/v1@vendor/experiments", json=body)
            assert (joined.status_code, joined.headers["crosswalk-origin"]) == (201, "replayed")
            vendor.after["POST .*/experiments$"] = late
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/v1@vendor/experiments", json={**body, "name": "other"}, timeout=0.4)
            await asyncio.sleep(1)
            kept = await client.post("/v1@vendor/experiments", json={**body, "name": "other"})
            assert (kept.status_code, kept.headers["crosswalk-origin"]) == (201, "replayed")
            again = await client.post("/v1@vendor/experiments", json={**body, "name": "other"})
            assert (again.status_code, again.headers["crosswalk-origin"]) != (201, "replayed")
        listed = (await direct.get("/v1/experiments")).json()["items"]
        assert sorted(item["name"] for item in listed) == ["before", "new", "other", "other"]


async def test_two_equal_requests_of_callers_who_wait_are_two(place: Place) -> None:
    dataset, _ = await prepared(place.face)
    body = {"name": "twin", "dataset_id": dataset["id"], "variants": WAITS}
    made = await asyncio.gather(*(place.face.post("/experiments", body) for _ in range(2)))
    assert len({one["id"] for one in made}) == 2


async def test_a_failure_after_something_was_made_does_not_invite_to_make_it_again(serve: Serve, tmp_path: Path) -> None:
    """The record is made, then reading it fails for a while: a client that repeats what is retryable would make a second one."""
    async with faulty(tmp_path) as (url, vendor):
        target = {"adapter": "respan", "base_url": url + root("respan"), "retries": 0, "requests_per_minute": 60_000}
        async with serve(targets={"t": target}) as client:
            face = Face(client, "/v1@t")
            dataset, _ = await prepared(face)
            vendor.before["GET .*/api/v2/experiments/[^/]+/$"] = bad_gateway
            vendor.forget()
            body = {"name": "new", "dataset_id": dataset["id"], "variants": WAITS}
            answer = await client.post("/v1@t/experiments", json=body)
            assert answer.status_code < 300 or not answer.json()["retryable"], answer.text
            assert vendor.count("POST .*/api/v2/experiments/$") == 1
