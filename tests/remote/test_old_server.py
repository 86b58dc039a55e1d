"""An older server of a vendor as target (played by a second gateway that behaves as one): recipes step in for what it lacks, and capabilities say so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import WAITS, Face, lived, made, ran
from tests.remote.runs import checked, executed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    store = {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}
    settings = Settings.model_validate({"store": store, "surfaces": {"phoenix": {"version": "11.38.0"}}})
    async with serving(gateway_app(settings), "on") as url:
        yield url


@pytest.fixture
async def client(serve: Serve, vendor: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(targets={"old": {"adapter": "phoenix", "base_url": f"{vendor}/phoenix"}}) as client:
        yield client


async def test_the_canonical_life(client: httpx.AsyncClient, vendor: str) -> None:
    held = await lived(Face(client, "/v1@old"), "capitals")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        listed = (await behind.get("/v1/experiments")).json()["items"]
        # The vendor cannot change a record: its new name is the gateway's own.
        assert [(item["name"], item["counts"]["succeeded"]) for item in listed] == [("capitals again", 3), ("capitals try", 2)]
    refused = (await Face(client, "/v1@old").ask("DELETE", f"/experiments/{held['other']['id']}", 501)).json()
    assert (refused["code"], refused["vendor"]) == ("unsupported", "phoenix")
    assert "delete experiment" in refused["detail"]


async def test_capabilities_say_what_the_version_lacks(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/capabilities")).json()
    able = answer["targets"]["old"]
    assert answer["versions"] == {"old": "11.38.0"}
    names = ("get_experiment", "update_experiment", "delete_experiment", "list_incomplete_runs", "list_incomplete_scores", "set_tag")
    assert [able[name] for name in names] == ["native", "emulated", "unsupported", "emulated", "emulated", "unsupported"]


async def test_counts_follow_from_the_runs(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    dataset, experiment = await made(canonical, "capitals")
    assert experiment["counts"] == {"examples": 3, "expected": 3, "succeeded": 0, "failed": 0, "waiting": 0, "missing": 3}
    await ran(canonical, experiment, [True])
    await canonical.post(f"/experiments/{experiment['id']}/runs", {"example_position": 1, "status": "failed", "error": "no"})
    again = await canonical.ask("POST", f"/experiments/{experiment['id']}/runs", 409, json={"example_position": 1, "output": "yes"})
    assert again.json()["vendor_body"] == "This experiment run has already been submitted"
    found = await canonical.get(f"/experiments/{experiment['id']}")
    assert (found["status"], found["counts"]["succeeded"], found["counts"]["failed"], found["counts"]["missing"]) == ("waiting", 1, 1, 1)
    assert found["progress"] == pytest.approx(2 / 3)
    for query in ({}, {"limit": 1}, {"dataset_id": dataset["id"]}, {"dataset_id": dataset["id"], "limit": 5}, {"sort": "-progress"}):
        assert (await canonical.get("/experiments", **query))["items"] == [found], query
    where = '{"field": "status", "operator": "eq", "value": "%s"}'
    assert [item["id"] for item in (await canonical.get("/experiments", where=where % "waiting"))["items"]] == [experiment["id"]]
    assert (await canonical.get("/experiments", where=where % "completed"))["items"] == []


async def test_lists_are_paged_although_the_vendor_pages_nothing(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    ids = [
        (await canonical.post("/experiments", {"name": f"e{number}", "dataset_id": dataset["id"], "variants": WAITS}))["id"]
        for number in range(5)
    ]
    seen: list[str] = []
    page: dict[str, Any] = {"next_cursor": None}
    while not seen or page["next_cursor"]:
        page = await canonical.get("/experiments", dataset_id=dataset["id"], limit=2, **({"cursor": page["next_cursor"]} if seen else {}))
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
    assert seen == ids[::-1]


async def test_a_change_is_kept_by_the_gateway_and_said_to_be(client: httpx.AsyncClient, serve: Serve, vendor: str) -> None:
    canonical = Face(client, "/v1@old")
    _, experiment = await made(canonical, "capitals")
    one = f"/experiments/{experiment['id']}"
    changed = await canonical.ask("PATCH", one, json={"name": "renamed", "description": "better", "metadata": {"team": "u"}})
    assert changed.headers["crosswalk-origin"] == "emulated"
    assert "crosswalk-lost" not in changed.headers
    receipt = (await client.get(f"/v1/receipts/{changed.headers['crosswalk-receipt']}")).json()
    assert {entry["canonical"] for entry in receipt["kept_aside"]} == {"/name", "/description", "/metadata"}
    async with serve(targets={"old": {"adapter": "phoenix", "base_url": f"{vendor}/phoenix"}}) as restarted:
        found = await Face(restarted, "/v1@old").get(one)
    assert (found["name"], found["description"], found["metadata"], found["tags"]) == ("renamed", "better", {"team": "u"}, ["x"])
    refused = (await canonical.ask("PATCH", one, 422, json={"repetitions": 3})).json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("loss_refused", "/repetitions")
    await canonical.ask("PATCH", "/experiments/none-of-ours", 404, json={"name": "x"})


async def test_names_ride_in_the_metadata_and_others_are_told_by_their_project(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@old")
    dataset, experiment = await made(canonical, "capitals")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        (held,) = (await behind.get("/phoenix/v1/datasets")).json()["data"]
        made_there = await behind.post(f"/phoenix/v1/datasets/{held['id']}/experiments", json={"name": "seen nowhere"})
    project = made_there.json()["data"]["project_name"]
    listed = (await canonical.get("/experiments", dataset_id=dataset["id"]))["items"]
    assert [item["name"] for item in listed] == [project, experiment["name"]]
    assert experiment["name"] == "capitals try"


async def test_what_the_version_cannot_be_told_is_refused_or_kept(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    examples = [{"input": "a", "reference": 1, "alias": "mine", "splits": ["train"]}, {"input": "b", "reference": 2}]
    dataset = await canonical.post("/datasets", {"name": "d", "examples": examples})
    shown = (await canonical.get(f"/datasets/{dataset['id']}/examples"))["items"]
    assert [(example["alias"], example["splits"]) for example in shown] == [("mine", ["train"]), (None, [])]
    body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "splits": ["train"]}
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    assert refused["errors"][0]["pointer"] == "/splits"
    await canonical.ask("POST", "/datasets?mode=append", 201, json={"name": "d", "examples": [{"input": "c", "reference": 3}]})
    whole = {"name": "d", "examples": [*examples, {"input": "c", "reference": 3}]}
    same = await canonical.ask("POST", "/datasets?mode=replace", 201, json=whole)
    assert same.json()["id"] == dataset["id"]
    other = await canonical.ask("POST", "/datasets?mode=replace", 501, json={**whole, "examples": examples[:1]})
    assert other.json()["code"] == "unsupported"


async def test_the_gateway_runs_experiments_on_it(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    await checked(canonical, await executed(canonical, "words"))


async def test_a_configured_version_is_taken_without_asking(serve: Serve, vendor: str) -> None:
    target = {"adapter": "phoenix", "base_url": f"{vendor}/phoenix", "version": "12.9"}
    async with serve(targets={"old": target}) as client:
        answer = (await client.get("/v1/capabilities")).json()
        assert answer["versions"] == {"old": "12.9"}
        assert (answer["targets"]["old"]["delete_experiment"], answer["targets"]["old"]["update_experiment"]) == ("native", "emulated")


async def test_a_vendor_that_is_upgraded_is_spoken_to_anew(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    _, experiment = await made(canonical, "capitals")
    remote = client.app.state.remotes["old"]  # type: ignore[attr-defined]
    assert remote.release.version == "11.38.0"
    remote.sender.release = "20.26.1"
    await remote.settle()
    assert (remote.release.version, remote.support("delete_experiment")) == ("20.26.1", "native")
    # It is back at the old one: what it answers is not taken for the new one's.
    assert (await canonical.get(f"/experiments/{experiment['id']}"))["counts"]["missing"] == 3
