"""A vendor that gives the ids of deleted records to new ones: what the gateway keeps of the one is never shown with, or done to, the other.

The vendor is a second gateway whose counters are set back to the highest number there is, which is where the real server on SQLite takes its next number from.
"""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.remote.incarnation import another, marked
from gateway.settings import Settings
from schemas.ids import Kind
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face, made, ran

pytestmark = pytest.mark.anyio


class Vendor:
    """The vendor as its own users know it."""

    def __init__(self, client: httpx.AsyncClient, store: Path) -> None:
        self.client = client
        self.store = store

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.client.request(method, f"/phoenix/v1{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"] if answer.content else None

    async def newest(self) -> Any:
        dataset = (await self.ask("GET", "/datasets?limit=1"))[0]
        return dataset["id"], (await self.ask("GET", f"/datasets/{dataset['id']}/experiments"))[0]

    async def replaced(self, name: str) -> Any:
        """The newest experiment deleted, and a new one made that gets its id."""
        dataset, experiment = await self.newest()
        await self.ask("DELETE", f"/experiments/{experiment['id']}")
        self.set_back()
        new = await self.ask("POST", f"/datasets/{dataset}/experiments", {"name": name, "metadata": {"theirs": True}})
        assert new["id"] == experiment["id"]
        return new

    def set_back(self) -> None:
        """As the real server counts: the next number is the highest one there is plus one."""
        with sqlite3.connect(self.store) as tables:
            for (name,) in tables.execute("SELECT name FROM sqlite_sequence").fetchall():
                tables.execute(f"UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM {name}) WHERE name = ?", (name,))
        tables.close()


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    store = tmp_path / "vendor.db"
    async with (
        serving(gateway_app(Settings.model_validate({"store": {"url": f"sqlite:///{store}"}})), "on") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield Vendor(client, store)


@pytest.fixture
async def client(serve: Serve, vendor: Vendor) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(**targets(vendor)) as client:
        yield client


def targets(vendor: Vendor, **more: Any) -> dict[str, Any]:
    return {"targets": {"phx": {"adapter": "phoenix", "base_url": f"{vendor.client.base_url}/phoenix"}}, **more}


async def kept(client: httpx.AsyncClient, record: str) -> Any:
    return await client.app.state.remotes["phx"].asides.of("default", [record])  # type: ignore[attr-defined]


async def test_an_experiment_shows_nothing_of_the_one_before(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    _dataset, experiment = await made(canonical, "capitals")
    one = f"/experiments/{experiment['id']}"
    await client.app.state.remotes["phx"].asides.put("default", experiment["id"], {"error": "an old one"}, anew=False)  # type: ignore[attr-defined]
    assert (await canonical.get(one))["error"] == "an old one"
    await vendor.replaced("theirs")
    for found in (await canonical.get(one), (await canonical.get("/experiments"))["items"][0]):
        assert (found["id"], found["name"], found["error"], found["tags"], found["metadata"]) == (
            experiment["id"],
            "theirs",
            None,
            [],
            {"theirs": True},
        )
    assert await kept(client, experiment["id"]) == {}


async def test_a_run_shows_nothing_of_the_one_before(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    _, experiment = await made(canonical, "capitals")
    (run,) = await ran(canonical, experiment, [True])
    _, theirs = await vendor.newest()
    (before,) = await vendor.ask("GET", f"/experiments/{theirs['id']}/runs")
    new = await vendor.replaced("theirs")
    times = {"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-02-01T00:00:01Z"}
    body = {"dataset_example_id": before["dataset_example_id"], "output": "theirs", "repetition_number": 1, **times}
    assert (await vendor.ask("POST", f"/experiments/{new['id']}/runs", body))["id"] == before["id"]
    found = await canonical.get(f"/experiments/{experiment['id']}/runs/{run['id']}")
    assert (found["output"], found["model"], found["cost"], found["metadata"], found["scores"]) == ("theirs", None, None, {}, [])


async def test_a_run_without_times_is_told_by_those_it_was_given(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    _, experiment = await made(canonical, "capitals")
    run = await canonical.post(f"/experiments/{experiment['id']}/runs", {"example_position": 0, "output": 1, "model": "ours"})
    assert set((await kept(client, run["id"]))[run["id"]]["incarnation"]) == {
        *("experiment_id", "example_id", "repetition", "started_at", "ended_at"),
    }
    assert (await canonical.get(f"/experiments/{experiment['id']}/runs/{run['id']}"))["model"] == "ours"


async def test_a_dataset_shows_nothing_of_the_one_before(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "mine", "tags": ["geo"], "examples": [{"input": 1}]})
    (theirs,) = await vendor.ask("GET", "/datasets")
    await vendor.ask("DELETE", f"/datasets/{theirs['id']}")
    vendor.set_back()
    new = await vendor.ask("POST", "/datasets/upload?sync=true", {"name": "theirs", "inputs": [{"q": 1}]})
    assert new["dataset_id"] == theirs["id"]
    found = await canonical.get(f"/datasets/{dataset['id']}")
    assert (found["name"], found["tags"]) == ("theirs", [])


async def test_a_change_does_not_bring_back_what_was_kept_of_the_one_before(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    _, experiment = await made(canonical, "capitals")
    asides = client.app.state.remotes["phx"].asides  # type: ignore[attr-defined]
    telling = marked(asides.telling, Kind.EXPERIMENT, await canonical.get(f"/experiments/{experiment['id']}"))
    await asides.put("default", experiment["id"], {"error": "an old one", **telling}, anew=True)
    await vendor.replaced("theirs")
    await canonical.ask("PATCH", f"/experiments/{experiment['id']}", json={"name": "renamed"})
    assert (await canonical.get(f"/experiments/{experiment['id']}"))["error"] is None


async def test_a_group_keeps_off_the_experiment_that_has_an_arms_id(client: httpx.AsyncClient, vendor: Vendor) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "words", "examples": [{"input": 1}]})
    variants = [{"name": name, "steps": [{"kind": "wait"}]} for name in ("a", "b")]
    group = await canonical.post("/experiments", {"name": "g", "dataset_id": dataset["id"], "variants": variants})
    stranger = await vendor.replaced("theirs")
    found = await canonical.get(f"/experiments/{group['id']}")
    assert [variant["name"] for variant in found["variants"]] == ["a"]
    listed = (await canonical.get("/experiments"))["items"]
    assert {item["name"] for item in listed} == {"g", "theirs"}
    await canonical.ask("PATCH", f"/experiments/{group['id']}", 404, json={"name": "h"})
    await canonical.ask("DELETE", f"/experiments/{group['id']}")
    _, left = await vendor.newest()
    assert (left["id"], left["name"], left["metadata"]) == (stranger["id"], "theirs", {"theirs": True})


async def test_the_gateway_does_not_run_the_experiment_that_has_the_id_of_one_it_was_to_run(serve: Serve, vendor: Vendor) -> None:
    async with serve(**targets(vendor)) as client:
        canonical = Face(client, "/v1@phx")
        dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        body = {"name": "e", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "completion"}]}]}
        draft = await canonical.ask("POST", "/experiments", 201, json=body, params={"draft": True})
        executor = client.app.state.remotes["phx"].undertaker  # type: ignore[attr-defined]
        executor._may = lambda: False
        await canonical.ask("POST", f"/experiments/{draft.json()['id']}/start", 200)
        new = await vendor.replaced("theirs")
        executor._may = lambda: True
        await executor._sweep()
        await executor._jobs["default", draft.json()["id"]][0]
        _, left = await vendor.newest()
        assert (left["id"], left["name"], left["metadata"], left["successful_run_count"]) == (new["id"], "theirs", {"theirs": True}, 0)


def test_what_is_not_known_of_both_tells_nothing() -> None:
    telling = {Kind.EXPERIMENT: ("trace_project", "created_at")}
    first = marked(telling, Kind.EXPERIMENT, {"trace_project": "p", "created_at": None})
    assert first == {"incarnation": {"trace_project": "p"}}
    assert not another(first, marked(telling, Kind.EXPERIMENT, {"created_at": "2026"}))
    assert another(first, marked(telling, Kind.EXPERIMENT, {"trace_project": "q"}))
    assert marked(telling, Kind.RUN, {"created_at": "2026"}) == {}
