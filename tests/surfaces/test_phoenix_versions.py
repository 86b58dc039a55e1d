"""The surface as an older server: `[surfaces.phoenix] version`. Facts of 11.38.0 are from a real one (`tests/vendors/remote/test_phoenix_2025.py` asks it)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from adapters.registry import discover
from adapters.versions import numbers, spoken
from gateway.cli import app
from gateway.settings import SettingsError
from schemas.operations import Op
from tests.conftest import Serve
from tests.readme import generated

pytestmark = pytest.mark.anyio

TIMES = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z"}
EXPERIMENT = ["id", "dataset_id", "dataset_version_id", "repetitions", "metadata", "project_name", "created_at", "updated_at"]


@pytest.fixture
async def old(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(surfaces={"phoenix": {"version": "11.38.0"}}) as client:
        yield client


async def told(client: httpx.AsyncClient, method: str, path: str, status: int = 200, body: Any = None) -> httpx.Response:
    answer = await client.request(method, f"/phoenix{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer


async def experiment(client: httpx.AsyncClient) -> tuple[str, str]:
    uploaded = await told(
        client, "POST", "/v1/datasets/upload?sync=true", body={"name": "d", "inputs": [{"q": 1}, {"q": 2}], "example_ids": ["x", "y"]}
    )
    assert list(uploaded.json()["data"]) == ["dataset_id", "version_id"]
    dataset = uploaded.json()["data"]["dataset_id"]
    made = (
        await told(client, "POST", f"/v1/datasets/{dataset}/experiments", body={"name": "n", "splits": "any", "repetitions": 2})
    ).json()["data"]
    assert list(made) == EXPERIMENT
    return dataset, made["id"]


async def test_records_have_the_fields_of_their_time(old: httpx.AsyncClient) -> None:
    dataset, made = await experiment(old)
    listed = (await told(old, "GET", f"/v1/datasets/{dataset}/experiments?limit=0&cursor=nonsense")).json()
    assert (list(listed), [list(item) for item in listed["data"]]) == (["data"], [EXPERIMENT])
    assert list((await told(old, "GET", f"/v1/experiments/{made}")).json()["data"]) == EXPERIMENT
    content = (await told(old, "GET", f"/v1/datasets/{dataset}/examples?split=none")).json()["data"]
    assert list(content) == ["dataset_id", "version_id", "examples"]
    assert [list(example) for example in content["examples"]] == [["id", "input", "output", "metadata", "updated_at"]] * 2
    assert (await told(old, "GET", "/arize_phoenix_version")).text == "11.38.0"


async def test_what_came_later_is_not_there(old: httpx.AsyncClient) -> None:
    _, made = await experiment(old)
    one = f"/v1/experiments/{made}"
    for method in ("PATCH", "DELETE"):
        refused = await told(old, method, one, 405, {"name": "x"} if method == "PATCH" else None)
        assert (refused.text, refused.headers["x-phoenix-server-version"]) == ("Method Not Allowed", "11.38.0")
    for path in ("incomplete-runs", "incomplete-evaluations?evaluation_name=e", "tags"):
        await told(old, "GET", f"{one}/{path}", 404)
    refused = await told(old, "POST", "/v1/datasets/upload?sync=true", 422, {"name": "d", "action": "update", "inputs": []})
    assert refused.text == "Invalid dateset action: update"
    taken = await told(old, "POST", "/v1/datasets/upload?sync=true", 409, {"name": "d", "inputs": [{"q": 1}]})
    assert taken.text == "Dataset with the same name already exists: name='d'"


async def test_a_run_is_recorded_once_even_if_it_failed(old: httpx.AsyncClient) -> None:
    dataset, made = await experiment(old)
    example = (await told(old, "GET", f"/v1/datasets/{dataset}/examples")).json()["data"]["examples"][0]["id"]
    body = {"dataset_example_id": example, "output": None, "repetition_number": 1, "error": "bad", **TIMES}
    run = (await told(old, "POST", f"/v1/experiments/{made}/runs", body=body)).json()["data"]["id"]
    again = await told(old, "POST", f"/v1/experiments/{made}/runs", 409, {**body, "error": None})
    assert again.text == "This experiment run has already been submitted"
    result = {"score": 1, "metadata": {"r": 1}}
    evaluation = {"experiment_run_id": run, "name": "e", "annotator_kind": "CODE", "result": result, "metadata": {"t": 2}, **TIMES}
    await told(old, "POST", "/v1/experiment_evaluations", body=evaluation)
    (record,) = (await told(old, "GET", f"/v1/experiments/{made}/json")).json()
    assert (record["error"], record["annotations"][0]["metadata"]) == ("bad", {"t": 2})
    assert "metadata" not in (await told(old, "GET", f"/v1/experiments/{made}/csv")).text.partition("\n")[0].split(",")


async def test_the_other_dialects_of_an_old_surface_know_everything(old: httpx.AsyncClient) -> None:
    await experiment(old)
    (shown,) = (await old.get("/v1/experiments")).json()["items"]
    assert (shown["name"], shown["counts"]["missing"]) == ("n", 4)


async def test_the_reference_describes_what_that_server_has(old: httpx.AsyncClient) -> None:
    paths = (await old.get("/phoenix/openapi.json")).json()["paths"]
    assert set(paths["/v1/experiments/{experiment_id}"]) == {"get"}
    assert "/v1/experiments/{experiment_id}/tags" not in paths
    operations = (await old.get("/v1/capabilities")).json()["operations"]
    assert (operations["update_experiment"]["phoenix"], operations["get_experiment"]["phoenix"]) == ("unsupported", "native")


@pytest.mark.parametrize(
    ("version", "there"),
    [
        ("11.38", {Op.CREATE_EXPERIMENT}),
        ("12.9.0", {Op.CREATE_EXPERIMENT, Op.DELETE_EXPERIMENT}),
        ("17.5", {Op.CREATE_EXPERIMENT, Op.DELETE_EXPERIMENT, Op.UPDATE_EXPERIMENT}),
        ("99.0.0", {Op.CREATE_EXPERIMENT, Op.DELETE_EXPERIMENT, Op.UPDATE_EXPERIMENT, Op.SET_TAG}),
        ("", {Op.CREATE_EXPERIMENT, Op.DELETE_EXPERIMENT, Op.UPDATE_EXPERIMENT, Op.SET_TAG}),
    ],
)
def test_operations_come_with_their_version(version: str, there: set[Op]) -> None:
    asked = (Op.CREATE_EXPERIMENT, Op.DELETE_EXPERIMENT, Op.UPDATE_EXPERIMENT, Op.SET_TAG)
    assert {op for op in asked if op in spoken(discover()["phoenix"], version).by_operation} == there


def test_versions_compare_by_their_numbers() -> None:
    assert numbers("9.10.0") < numbers("10.2") < numbers("10.10.1")
    assert numbers("11.38") == numbers("11.38.0")


async def test_a_version_that_is_none_stops_the_start(serve: Serve) -> None:
    with pytest.raises(SettingsError, match=r"surfaces\.phoenix\.version"):
        async with serve(surfaces={"phoenix": {"version": "latest"}}):
            pass


def test_the_command_line_shows_a_dialect_as_it_was() -> None:
    shown = CliRunner().invoke(app, ["adapters", "--json", "--at", "phoenix=11.38.0"])
    operations = json.loads(shown.stdout)["operations"]
    assert (operations["delete_experiment"]["phoenix"], operations["delete_experiment"]["respan"]) == ("unsupported", "native")
    assert CliRunner().invoke(app, ["adapters", "--at", "respan=1.0"]).exit_code == 2


def test_readme_says_what_came_with_which_version() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"<!-- versions -->\n{generated()['versions']}\n<!-- /versions -->" in readme, "write it anew: python -m tests.readme"
