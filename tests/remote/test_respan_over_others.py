"""Pipelines and spreadsheets of one dialect over a vendor of another, played by a second gateway."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face

pytestmark = pytest.mark.anyio

EXACT = {"type": "eval", "config": {"evaluator_id": "exact-match"}}
COLUMN = {"id": "plain", "name": "plain", "model": "echo", "prompt_messages": [{"role": "user", "content": "{{word}}"}]}
ROWS = [{"id": "one", "input": {"word": "abc"}, "ideal_output": "abc"}, {"id": "two", "input": {"word": "xyz"}}]


@pytest.fixture
async def face(serve: Serve, tmp_path: Path) -> AsyncIterator[Face]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with (
        serving(gateway_app(settings), "on") as url,
        serve(targets={"phx": {"adapter": "phoenix", "base_url": f"{url}/phoenix"}}) as client,
    ):
        yield Face(client, "/respan@phx/api")


async def until(face: Face, path: str, wanted: Any) -> Any:
    for _ in range(400):
        found = await face.get(path)
        if wanted(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_a_pipeline_judges_an_experiment_of_a_vendor_that_knows_none(face: Face) -> None:
    body = {"name": "judges", "type": "evaluators", "trigger_event_type": "eval_only", "tasks": [EXACT]}
    made = await face.post("/workflows/", body)
    await face.post(f"/workflows/{made['workflow_id']}/commits/", {}, 200)
    dataset = await face.post("/datasets/", {"name": "words", "is_empty": True})
    rows = [{"input": "abc", "output": "x", "expected_output": "abc"}, {"input": "xyz", "output": "y", "expected_output": "no"}]
    await face.post(f"/datasets/{dataset['id']}/logs/bulk/", {"logs": rows})
    asked = {
        "dataset_id": dataset["id"],
        "workflow": [{"type": "completion", "config": {"model": "echo", "template": "{{input}}"}}],
        "evaluator_workflow_ids": [made["id"]],
    }
    experiment = await face.post("/v2/experiments/", asked)
    assert (experiment["evaluator_workflow_ids"], experiment["evaluator_ids"]) == ([made["id"]], [])
    path = f"/v2/experiments/{experiment['id']}/"
    assert (await until(face, path, lambda seen: seen["status"] == "completed"))["evaluator_workflow_ids"] == [made["id"]]
    listed = await until(face, f"{path}logs/list/", lambda seen: all(trace["scores"] for trace in seen["results"]))
    assert {trace["input"]: trace["scores"]["exact-match"]["boolean_value"] for trace in listed["results"]} == {"abc": True, "xyz": False}


async def test_a_spreadsheet_is_run_there_and_judging_it_later_is_refused_by_name(face: Face) -> None:
    sheet = await face.post("/experiments/create", {"name": "sheet", "columns": [COLUMN], "rows": ROWS})
    path = f"/experiments/{sheet['id']}"
    await face.post(f"{path}/rows", {"rows": [{"id": "three", "input": {"word": "def"}}]}, 200)
    await face.post(f"{path}/run", {}, 200)
    found = await until(face, path, lambda seen: seen["status"] != "running")
    assert [row["id"] for row in found["rows"]] == ["one", "two", "three"]
    assert ["xyz" in result["output"]["content"] for result in found["rows"][1]["results"]] == [True]
    refused = await face.ask("POST", f"{path}/run-evals", 422, json={"evaluator_slugs": ["icontains"]})
    assert "/evaluators" in refused.json()["detail"]
