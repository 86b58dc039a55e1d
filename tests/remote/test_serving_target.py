"""A vendor that runs experiments itself and numbers its pages, played by a second gateway, answers the other dialects."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face
from tests.remote.runs import ended

pytestmark = pytest.mark.anyio

EXAMPLES = [{"input": "France", "reference": "Paris", "metadata": {"n": 1}}, {"input": {"q": "Japan"}, "reference": {"a": "Tokyo"}}]


@pytest.fixture
async def client(serve: Serve, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    vendor = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with (
        serving(gateway_app(vendor), "on") as url,
        serve(targets={"rsp": {"adapter": "respan", "base_url": f"{url}/respan"}}) as client,
    ):
        yield client


async def test_what_the_vendor_runs(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@rsp")
    dataset = await canonical.post("/datasets", {"name": "capitals", "metadata": {"k": 1}, "examples": EXAMPLES})
    assert (dataset["example_count"], (await canonical.get(f"/datasets/{dataset['id']}"))["metadata"]) == (2, {"k": 1})
    listed = (await canonical.get(f"/datasets/{dataset['id']}/examples"))["items"]
    assert [(item["input"], item["reference"], item["position"]) for item in listed] == [
        ("France", "Paris", 0),
        ({"q": "Japan"}, {"a": "Tokyo"}, 1),
    ]
    body = {
        "name": "served",
        "dataset_id": dataset["id"],
        "variants": [{"steps": [{"kind": "completion", "config": {"model": "echo"}}]}],
        "evaluators": [{"evaluator": "exact_match"}],
        "tags": ["x"],
    }
    created = await canonical.ask("POST", "/experiments", 201, json=body)
    assert (created.headers["crosswalk-origin"], "crosswalk-lost" in created.headers) == ("translated", False)
    experiment = await ended(canonical, created.json()["id"])
    assert (experiment["status"], experiment["tags"]) == ("completed", ["x"])
    one = f"/experiments/{experiment['id']}"
    runs = (await canonical.get(f"{one}/runs"))["items"]
    assert [(run["example_id"], run["example_position"]) for run in runs] == [(listed[1]["id"], 1), (listed[0]["id"], 0)]
    assert all(run["scores"][0]["evaluator"] == "exact_match" and run["scores"][0]["id"] for run in runs)
    summary = await canonical.get(f"{one}/summary")
    assert (summary["runs"], [figures["evaluator"] for figures in summary["evaluators"]]) == (2, ["exact_match"])
    assert [run["example"]["input"] for run in await canonical.get(f"{one}/export")] == ["France", {"q": "Japan"}]


async def test_more_repetitions_than_experiments_may_be_made_are_refused(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@rsp")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": EXAMPLES})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "wait"}]}], "repetitions": 51}
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    assert (refused["code"], [issue["pointer"] for issue in refused["errors"]]) == ("loss_refused", ["/repetitions"])
    await canonical.ask("POST", "/experiments", 201, json={**body, "repetitions": 1})


async def test_numbered_pages_are_walked_by_cursor(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@rsp")
    names = [f"d{number}" for number in range(5)]
    for name in names:
        await canonical.post("/datasets", {"name": name})
        await asyncio.sleep(0.002)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await canonical.get("/datasets", limit=2, **({"cursor": cursor} if cursor else {}))
        seen.extend(item["name"] for item in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names[::-1]


async def test_a_client_that_runs_itself(client: httpx.AsyncClient) -> None:
    """What a client of a storing vendor sends: dataset, experiment, runs, evaluations; the vendor's waiting traces take the runs."""
    phoenix = Face(client, "/phoenix@rsp/v1")
    upload = {"name": "capitals", "inputs": [{"q": "France"}, {"q": "Japan"}], "outputs": [{"a": "Paris"}, {"a": "Tokyo"}]}
    made = (await phoenix.post("/datasets/upload?sync=true", upload, 200))["data"]
    listed = (await phoenix.get(f"/datasets/{made['dataset_id']}/examples"))["data"]
    assert [(item["input"], item["output"]) for item in listed["examples"]] == [
        ({"q": "France"}, {"a": "Paris"}),
        ({"q": "Japan"}, {"a": "Tokyo"}),
    ]
    body = {"name": "mine", "description": None, "metadata": {}, "repetitions": 1, "version_id": listed["version_id"]}
    experiment = (await phoenix.post(f"/datasets/{made['dataset_id']}/experiments", body, 200))["data"]
    for example in listed["examples"]:
        run = {
            "dataset_example_id": example["node_id"],
            "output": {"answer": example["input"]["q"]},
            "repetition_number": 1,
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-01T00:00:01Z",
            "trace_id": None,
            "error": None,
        }
        run_id = (await phoenix.post(f"/experiments/{experiment['id']}/runs", run, 200))["data"]["id"]
        await phoenix.ask("POST", f"/experiments/{experiment['id']}/runs", 409, json=run)
        evaluation = {
            "experiment_run_id": run_id,
            "name": "right",
            "annotator_kind": "CODE",
            "start_time": "2026-01-01T00:00:01Z",
            "end_time": "2026-01-01T00:00:02Z",
            "result": {"score": 1.0},
        }
        await phoenix.post("/experiment_evaluations", evaluation, 200)
    runs = (await phoenix.get(f"/experiments/{experiment['id']}/runs"))["data"]
    assert {(run["dataset_example_id"], run["output"]["answer"]) for run in runs} == {
        (example["node_id"], example["input"]["q"]) for example in listed["examples"]
    }
    records = await phoenix.get(f"/experiments/{experiment['id']}/json")
    assert [record["annotations"][0]["score"] for record in records] == [1.0, 1.0]
