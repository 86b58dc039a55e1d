"""What the gateway says about itself, idempotency keys, and receipts."""

import httpx
import pytest

from adapters.registry import discover
from schemas.operations import Op
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

DATASET = {"name": "questions", "examples": [{"input": "2+2?", "reference": "4"}]}


async def test_capabilities_name_every_operation_and_dialect(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/capabilities")).json()["operations"]
    assert set(answer) == set(Op)
    assert set(answer["create_dataset"]) == set(discover())
    assert answer["create_dataset"]["canonical"] == "native"


async def test_targets_are_listed_without_addresses(serve: Serve) -> None:
    async with serve() as client:
        items = (await client.get("/v1/targets")).json()["items"]
    assert items == [{"name": "local", "adapter": "local", "routes": [], "embedded": True}]


async def test_an_idempotency_key_gives_the_first_answer_again(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await client.post("/v1/datasets", json=DATASET, headers=headers)
    again = await client.post("/v1/datasets", json=DATASET, headers=headers)
    other = await client.post("/v1/datasets", json=DATASET, headers={"Idempotency-Key": "two"})
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert (first.headers["crosswalk-origin"], again.headers["crosswalk-origin"]) == ("emulated", "replayed")
    assert other.json()["id"] != first.json()["id"]


async def test_a_key_outlives_a_restart(serve: Serve) -> None:
    async with serve() as client:
        first = await client.post("/v1/datasets", json=DATASET, headers={"Idempotency-Key": "one"})
    async with serve() as client:
        again = await client.post("/v1/datasets", json=DATASET, headers={"Idempotency-Key": "one"})
    assert again.content == first.content


async def test_a_key_used_for_another_request_is_refused(client: httpx.AsyncClient) -> None:
    await client.post("/v1/datasets", json=DATASET, headers={"Idempotency-Key": "one"})
    refused = await client.post("/v1/datasets", json={"name": "others"}, headers={"Idempotency-Key": "one"})
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["detail"]
    listed = (await client.get("/v1/datasets")).json()["items"]
    assert [dataset["name"] for dataset in listed] == ["questions"]


async def test_a_refused_request_may_be_corrected_under_its_key(client: httpx.AsyncClient) -> None:
    refused = await client.post("/v1/datasets", json={"name": ""}, headers={"Idempotency-Key": "one"})
    corrected = await client.post("/v1/datasets", json=DATASET, headers={"Idempotency-Key": "one"})
    assert (refused.status_code, corrected.status_code) == (400, 201)


async def test_keys_of_two_scopes_do_not_meet(serve: Serve) -> None:
    from hashlib import sha256

    keys = [{"name": n, "sha256": sha256(n.encode()).hexdigest(), "role": "editor", "scope": n} for n in ("ann", "bob")]
    async with serve(auth={"mode": "keys", "keys": keys}) as client:
        ids = []
        for name in ("ann", "bob"):
            headers = {"Idempotency-Key": "one", "Authorization": f"Bearer {name}"}
            ids.append((await client.post("/v1/datasets", json=DATASET, headers=headers)).json()["id"])
        seen = (await client.get("/v1/datasets", headers={"Authorization": "Bearer ann"})).json()["items"]
    assert ids[0] != ids[1]
    assert [dataset["id"] for dataset in seen] == [ids[0]]


async def test_an_unknown_receipt_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/receipts/none")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
