"""A real Phoenix as the target of the other dialects."""

from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.remote.letters import compared, told
from tests.remote.life import Face, lived, made, ran
from tests.remote.runs import checked, ended, executed
from tests.remote.splits import at, projects_lived, splits_lived

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(serve: Serve, real_phoenix: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(targets={"phx": {"adapter": "phoenix", "base_url": real_phoenix}}) as client:
        client.timeout = httpx.Timeout(60)
        yield client


async def test_the_canonical_life(client: httpx.AsyncClient, real_phoenix: str) -> None:
    name = f"capitals {token_hex(4)}"
    held = await lived(Face(client, "/v1@phx"), name)
    async with httpx.AsyncClient(base_url=real_phoenix) as phoenix:
        datasets = (await phoenix.get("/v1/datasets", params={"name": name})).json()["data"]
        assert [dataset["example_count"] for dataset in datasets] == [3]
        experiments = (await phoenix.get(f"/v1/datasets/{datasets[0]['id']}/experiments")).json()["data"]
        assert [(item["name"], item["successful_run_count"], item["missing_run_count"]) for item in experiments] == [
            (f"{name} again", 3, 0),
            ("renamed", 2, 1),
        ]
        records = (await phoenix.get(f"/v1/experiments/{experiments[1]['id']}/json")).json()
        assert [(record["input"], record["output"], record["annotations"][0]["score"]) for record in records] == [
            ({"input": "France"}, {"answer": 0}, 1.0),
            ({"country": "Japan"}, {"answer": 1}, 0.0),
        ]
    canonical = Face(client, "/v1@phx")
    await canonical.ask("DELETE", f"/experiments/{held['other']['id']}")
    gone = (await canonical.ask("GET", f"/experiments/{held['other']['id']}", 404)).json()
    assert (gone["code"], gone["vendor"], gone["vendor_status"]) == ("not_found", "phoenix", 404)


async def test_splits_and_projects(client: httpx.AsyncClient, real_phoenix: str) -> None:
    canonical = Face(client, "/v1@phx")
    await splits_lived(canonical, at(real_phoenix), f"split-{token_hex(4)}")
    await projects_lived(canonical, at(real_phoenix), f"project-{token_hex(4)}")


async def test_respan_reads_what_phoenix_holds(client: httpx.AsyncClient) -> None:
    canonical, respan = Face(client, "/v1@phx"), Face(client, "/respan@phx/api/v2")
    _, experiment = await made(canonical, f"capitals {token_hex(4)}")
    await ran(canonical, experiment, [True, False])
    one = f"/experiments/{experiment['id']}"
    shown = await respan.get(f"{one}/")
    assert (shown["name"], shown["workflow"], shown["tags"]) == (experiment["name"], [{"type": "wait", "config": {}}], [{"name": "x"}])
    traces = await respan.get(f"{one}/logs/list/")
    assert [(trace["input"], trace["scores"]["right"]["boolean_value"]) for trace in traces["results"]] == [
        ({"country": "Japan"}, False),
        ("France", True),
    ]
    summary: dict[str, Any] = await respan.get(f"{one}/logs/summary/")
    assert (summary["number_of_requests"], summary["total_cost"], summary["scores"]["right"]["true_count"]) == (2, 0.5, 1)


async def test_ids_last_across_restarts(serve: Serve, real_phoenix: str, tmp_path: Path) -> None:
    settings = {"targets": {"phx": {"adapter": "phoenix", "base_url": real_phoenix}}}
    async with serve(**settings) as client:
        dataset, experiment = await made(Face(client, "/v1@phx"), f"capitals {token_hex(4)}")
    async with serve(**settings) as client:
        found = await Face(client, "/v1@phx").get(f"/experiments/{experiment['id']}")
        assert (found["name"], found["dataset_id"], found["tags"]) == (experiment["name"], dataset["id"], ["x"])


async def test_the_gateway_runs_experiments_on_it(client: httpx.AsyncClient, real_phoenix: str) -> None:
    canonical = Face(client, "/v1@phx")
    experiment = await executed(canonical, f"words {token_hex(4)}")
    await checked(canonical, experiment)
    async with httpx.AsyncClient(base_url=real_phoenix) as phoenix:
        (dataset,) = (await phoenix.get("/v1/datasets", params={"name": experiment["name"].removesuffix(" run")})).json()["data"]
        (held,) = (await phoenix.get(f"/v1/datasets/{dataset['id']}/experiments")).json()["data"]
        assert held["successful_run_count"] == 3
        records = (await phoenix.get(f"/v1/experiments/{held['id']}/json")).json()
        assert [sorted(note["name"] for note in record["annotations"]) for record in records] == [["contains", "exact_match"]] * 3


async def test_templated_variants_are_compared_on_it(client: httpx.AsyncClient, real_phoenix: str) -> None:
    evalguard, name = Face(client, "/evalguard@phx/api/v1"), f"capitals {token_hex(4)}"
    await told(evalguard, await compared(evalguard, name), name)
    async with httpx.AsyncClient(base_url=real_phoenix) as phoenix:
        (dataset,) = (await phoenix.get("/v1/datasets", params={"name": name})).json()["data"]
        held = (await phoenix.get(f"/v1/datasets/{dataset['id']}/experiments")).json()["data"]
        assert [(item["name"], item["successful_run_count"]) for item in held] == [(f"{name} tone · polite", 2), (f"{name} tone · bare", 2)]


async def test_a_respan_definition_is_run_on_it(client: httpx.AsyncClient) -> None:
    respan, canonical = Face(client, "/respan@phx/api/v2"), Face(client, "/v1@phx")
    dataset = await canonical.post(
        "/datasets",
        {"name": f"words {token_hex(4)}", "examples": [{"input": "one", "reference": "one"}, {"input": "two", "reference": "two"}]},
    )
    body = {
        "name": "served",
        "dataset_id": dataset["id"],
        "workflow": [{"type": "completion", "config": {"model": "echo"}}],
        "evaluator_slugs": ["exact_match"],
    }
    made = (await respan.ask("POST", "/experiments/", 201, json=body)).json()
    await ended(canonical, made["id"])
    shown = await respan.get(f"/experiments/{made['id']}/")
    assert (shown["status"], shown["workflow"][0]["type"], shown["evaluator_slugs"]) == ("completed", "completion", ["exact_match"])
    summary = await respan.get(f"/experiments/{made['id']}/logs/summary/")
    assert (summary["number_of_requests"], set(summary["scores"])) == (2, {"exact_match"})


async def test_nothing_of_a_deleted_record_is_shown_with_the_one_that_gets_its_id(client: httpx.AsyncClient, real_phoenix: str) -> None:
    canonical = Face(client, "/v1@phx")
    name = f"capitals {token_hex(4)}"
    _, experiment = await made(canonical, name)
    (run,) = await ran(canonical, experiment, [True])
    async with httpx.AsyncClient(base_url=real_phoenix) as phoenix:
        (dataset,) = (await phoenix.get("/v1/datasets", params={"name": name})).json()["data"]
        (held,) = (await phoenix.get(f"/v1/datasets/{dataset['id']}/experiments")).json()["data"]
        (example, *_) = (await phoenix.get(f"/v1/datasets/{dataset['id']}/examples")).json()["data"]["examples"]
        assert (await phoenix.delete(f"/v1/experiments/{held['id']}")).status_code == 204
        new = (await phoenix.post(f"/v1/datasets/{dataset['id']}/experiments", json={"name": "theirs"})).json()["data"]
        assert new["id"] == held["id"]
        times = {"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-02-01T00:00:01Z"}
        body = {"dataset_example_id": example["node_id"], "output": "theirs", "repetition_number": 1, **times}
        assert (await phoenix.post(f"/v1/experiments/{new['id']}/runs", json=body)).status_code == 200
    found = await canonical.get(f"/experiments/{experiment['id']}")
    assert (found["name"], found["tags"], found["metric"], found["metadata"]) == ("theirs", [], None, {})
    shown = await canonical.get(f"/experiments/{experiment['id']}/runs/{run['id']}")
    assert (shown["output"], shown["model"], shown["cost"], shown["metadata"]) == ("theirs", None, None, {})
