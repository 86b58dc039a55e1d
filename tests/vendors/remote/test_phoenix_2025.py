"""A real Phoenix 11.38.0 (September 2025): as target, and next to the surface that behaves as it does."""

from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.remote.life import WAITS, Face, lived, made
from tests.remote.runs import checked, executed

pytestmark = pytest.mark.anyio

TIMES = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z"}


@pytest.fixture
async def client(serve: Serve, phoenix_2025: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(targets={"old": {"adapter": "phoenix", "base_url": phoenix_2025}}) as client:
        client.timeout = httpx.Timeout(60)
        yield client


async def test_the_canonical_life(client: httpx.AsyncClient, phoenix_2025: str) -> None:
    name = f"capitals {token_hex(4)}"
    held = await lived(Face(client, "/v1@old"), name)
    assert (await client.get("/v1/capabilities")).json()["versions"] == {"old": "11.38.0"}
    async with httpx.AsyncClient(base_url=phoenix_2025) as phoenix:
        (dataset,) = (await phoenix.get("/v1/datasets", params={"name": name})).json()["data"]
        newest, first = (await phoenix.get(f"/v1/datasets/{dataset['id']}/experiments")).json()["data"]
        assert [item["metadata"]["crosswalk"]["name"] for item in (newest, first)] == [f"{name} again", f"{name} try"]
        records = (await phoenix.get(f"/v1/experiments/{first['id']}/json")).json()
        assert [(record["input"], record["output"], record["annotations"][0]["score"]) for record in records] == [
            ({"input": "France"}, {"answer": 0}, 1.0),
            ({"country": "Japan"}, {"answer": 1}, 0.0),
        ]
    refused = (await Face(client, "/v1@old").ask("DELETE", f"/experiments/{held['other']['id']}", 501)).json()
    assert (refused["code"], refused["vendor"]) == ("unsupported", "phoenix")


async def test_the_gateway_runs_experiments_on_it(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    await checked(canonical, await executed(canonical, f"words {token_hex(4)}"))


async def test_a_run_for_nothing_is_not_a_run_that_is_there_already(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    dataset, experiment = await made(canonical, f"capitals {token_hex(4)}")
    example = (await canonical.get(f"/datasets/{dataset['id']}/examples"))["items"][0]["id"]
    nothing = experiment["id"][:-8] + "000f4240"
    body = {"example_id": example, "output": 1}
    missing = (await canonical.ask("POST", f"/experiments/{nothing}/runs", 404, json=body)).json()
    assert (missing["code"], missing["reference"]) == ("not_found", nothing)
    await canonical.post(f"/experiments/{experiment['id']}/runs", body)
    await canonical.ask("POST", f"/experiments/{experiment['id']}/runs", 409, json=body)


async def test_respan_reads_its_counts(client: httpx.AsyncClient) -> None:
    canonical, respan = Face(client, "/v1@old"), Face(client, "/respan@old/api/v2")
    _, experiment = await made(canonical, f"capitals {token_hex(4)}")
    for place in range(3):
        await canonical.post(f"/experiments/{experiment['id']}/runs", {"example_position": place, "output": place})
    assert (await respan.get(f"/experiments/{experiment['id']}/"))["status"] == "completed"


async def test_the_surface_of_that_version_answers_alike(serve: Serve, phoenix_2025: str) -> None:
    name = f"alike {token_hex(4)}"
    async with httpx.AsyncClient(base_url=phoenix_2025) as phoenix:
        real = await asked(phoenix, "", name)
    async with serve(surfaces={"phoenix": {"version": "11.38.0"}}) as client:
        assert await asked(client, "/phoenix", name) == real


async def asked(client: httpx.AsyncClient, at: str, name: str) -> list[Any]:
    """What a server answers to one scenario: status, and the form of the body."""
    said: list[Any] = []

    async def ask(method: str, path: str, body: Any = None) -> Any:
        answer = await client.request(method, f"{at}/v1{path}", json=body)
        json = answer.headers.get("content-type") == "application/json" and answer.content
        said.append((method, answer.status_code, form(answer.json()) if json else answer.text))
        return answer.json()["data"] if json and isinstance(answer.json(), dict) and "data" in answer.json() else None

    upload = {"name": name, "inputs": [{"q": 1}, {"q": 2}], "outputs": [{"a": 1}, {"a": 2}], "example_ids": ["x", "x"], "splits": 3}
    dataset = (await ask("POST", "/datasets/upload?sync=true", upload))["dataset_id"]
    await ask("POST", "/datasets/upload?sync=true", upload)
    await ask("POST", "/datasets/upload?sync=true", {**upload, "action": "update"})
    await ask("POST", "/datasets/upload?sync=true", {**upload, "action": "append"})
    await ask("GET", f"/datasets?name={name}")
    examples = (await ask("GET", f"/datasets/{dataset}/examples?split=none"))["examples"]
    await ask("GET", f"/datasets/{dataset}/versions")
    experiment = (await ask("POST", f"/datasets/{dataset}/experiments", {"name": "n", "splits": 3, "version_id": None}))["id"]
    one = f"/experiments/{experiment}"
    run = {"dataset_example_id": examples[0]["id"], "output": [1], "repetition_number": 1, "error": "bad", **TIMES}
    recorded = (await ask("POST", f"{one}/runs", run))["id"]
    await ask("POST", f"{one}/runs", {**run, "error": None})
    await ask("POST", f"{one}/runs", {**run, "dataset_example_id": examples[1]["id"], "error": None})
    result = {"score": 1, "label": "l", "metadata": {"r": 1}}
    evaluation = {"experiment_run_id": recorded, "name": "e", "annotator_kind": "CODE", "result": result, "metadata": {"t": 2}, **TIMES}
    await ask("POST", "/experiment_evaluations", evaluation)
    await ask("GET", f"/datasets/{dataset}/experiments?limit=0")
    for path in (one, f"{one}/runs?limit=1", f"{one}/runs", f"{one}/json"):
        await ask("GET", path)
    said.append((await client.get(f"{at}/v1{one}/csv")).text.partition("\n")[0])
    for method in ("PATCH", "DELETE"):
        await ask(method, one)
    await ask("POST", f"{one}/tags", {"name": "t"})
    return said


def form(value: Any) -> Any:
    """A body without its values: names in their order, and the kinds of what stands under them."""
    if isinstance(value, dict):
        return [(name, form(part)) for name, part in value.items()]
    if isinstance(value, list):
        return [form(part) for part in value]
    return type(value).__name__


async def test_variants_that_it_cannot_take_back_are_named(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@old")
    dataset = await canonical.post("/datasets", {"name": f"words {token_hex(4)}", "examples": [{"input": 1}]})
    mixed = {"name": "mixed", "steps": [{"kind": "wait"}, {"kind": "completion"}]}
    body = {"name": "g", "dataset_id": dataset["id"], "variants": [{"name": "fine", "steps": WAITS[0]["steps"]}, mixed]}
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    left = (await canonical.get("/experiments", dataset_id=dataset["id"]))["items"]
    assert refused["code"] == "loss_refused"
    assert all(item["name"] in refused["detail"] for item in left)
