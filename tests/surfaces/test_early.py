"""What cannot work is said when it is asked for, in the dialect's own shape; a group exists only where dialects have groups."""

import httpx
import pytest

from schemas.ids import Kind

pytestmark = pytest.mark.anyio

STEP = {"kind": "completion", "config": {"template": "{{input}}"}}


def definition(**more: object) -> dict[str, object]:
    variants = [{"name": name, "steps": [STEP]} for name in ("A", "B")]
    return {"name": "n", "examples": [{"input": "4", "reference": "4"}], "variants": variants, **more}


async def test_an_unknown_evaluator_is_refused_and_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/experiments", json=definition(evaluators=[{"evaluator": "exactmatch"}]))
    assert answer.status_code == 400
    assert "exactmatch" in answer.json()["detail"]
    dataset = (await client.post("/respan/api/datasets/", json={"name": "d", "is_empty": True})).json()["id"]
    body = {"dataset_id": dataset, "workflow": [{"type": "duplicate", "config": {}}], "evaluator_slugs": ["exactmatch"]}
    answer = await client.post("/respan/api/v2/experiments/", json=body)
    assert answer.status_code == 400
    assert "exactmatch" in answer.text
    assert (await client.get("/v1/experiments")).json()["items"] == []


async def test_who_runs_the_experiment_may_name_scores_freely(client: httpx.AsyncClient) -> None:
    body = definition(variants=[{"name": "", "steps": [{"kind": "wait"}]}], evaluators=[{"evaluator": "my own"}])
    assert (await client.post("/v1/experiments", json=body)).status_code == 201


async def test_a_group_has_no_place_where_variants_are_experiments(client: httpx.AsyncClient) -> None:
    group = (await client.post("/v1/experiments", json=definition())).json()
    arm = group["variants"][0]["id"]
    number = client.app.state.store.ids.number(group["id"], Kind.EXPERIMENT)  # type: ignore[attr-defined]
    assert number
    for method in ("GET", "DELETE"):
        answer = await client.request(method, f"/respan/api/v2/experiments/{group['id']}/")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    assert (await client.patch(f"/respan/api/v2/experiments/{group['id']}/", json={"name": "x"})).status_code == 404
    assert (await client.get(f"/respan/api/v2/experiments/{arm}/")).json()["name"] == "n · A"
    assert (await client.get(f"/v1/experiments/{group['id']}")).json()["name"] == "n"


async def test_a_body_that_is_no_object_is_said_to_be_none(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/datasets", json=[1])
    assert answer.status_code == 400
    assert "object" in answer.json()["detail"]
    assert "NewDataset" not in answer.text


async def test_the_front_door_leads_to_the_reference(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@pytest.mark.parametrize(
    "query", ["sort=nmae", "sort=-created", 'where={"field":"nmae","value":"x"}', 'where={"any":[{"field":"name"},{"field":"nope.x"}]}']
)
async def test_a_field_that_does_not_exist_neither_sorts_nor_filters(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/v1/experiments?{query}")
    assert answer.status_code == 400
    assert "there is no field" in answer.json()["detail"]
    assert "created_at" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "sort=-created_at&sort=name",
        'where={"field":"metadata.team","value":"x"}',
        'where={"field":"counts.failed","operator":"gt","value":0}',
    ],
)
async def test_fields_that_exist_do(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/v1/experiments?{query}")).status_code == 200
