"""Two keys of different scopes: neither sees the other's records, receipts, chosen ids or idempotency answers, in any dialect."""

from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest

from adapters.demo import DemoCall
from adapters.registry import discover
from gateway.routing import prefix_of
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

KEYS = {
    "mode": "keys",
    "keys": [{"name": n, "sha256": sha256(n.encode()).hexdigest(), "role": "editor", "scope": n} for n in ("ann", "bob")],
}
ANN, BOB = {"Authorization": "Bearer ann"}, {"Authorization": "Bearer bob"}
DEMOS = [name for name, adapter in discover().items() if adapter.demo]

LISTS = {
    "canonical": ("/v1/datasets", "/v1/experiments", "/v1/experiments?flat=true", "/v1/evaluators", "/v1/prompts", "/v1/projects"),
    "phoenix": ("/phoenix/v1/datasets", "/phoenix/v1/projects"),
    "respan": ("/respan/api/v2/experiments/", "/respan/api/datasets/list/", "/respan/api/evaluators/"),
    "evalguard": ("/evalguard/api/v1/evals", "/evalguard/api/v1/prompts/experiments", "/evalguard/api/v1/datasets"),
}


async def play(client: httpx.AsyncClient, dialect: str) -> list[tuple[DemoCall, httpx.Response]]:
    """The dialect's demo, asked by ann; every call with its answer."""
    adapter = discover()[dialect]
    assert adapter.demo
    plan, done = adapter.demo("ann's"), []
    try:
        call = next(plan)
        while True:
            content = None if call.body is None else orjson.dumps(call.body)
            answer = await client.request(
                call.method, f"/{prefix_of(adapter)}{call.path}", content=content, headers={**ANN, "Content-Type": "application/json"}
            )
            assert answer.status_code < 300, answer.text
            done.append((call, answer))
            call = plan.send(answer.json() if answer.content else None)
    except StopIteration:
        return done


@pytest.mark.parametrize("dialect", DEMOS)
async def test_nothing_of_one_scope_is_seen_in_another(serve: Serve, dialect: str) -> None:
    async with serve(auth=KEYS) as client:
        done = await play(client, dialect)
        project = (await client.get("/evalguard/api/v1/project/current", headers=BOB)).json()["projectId"]
        for lists in LISTS.values():
            for path in lists:
                query = {"projectId": project} if path.startswith("/evalguard") else {}
                answer = await client.get(path, params=query, headers=BOB) if query else await client.get(path, headers=BOB)
                assert answer.status_code == 200, f"{path}: {answer.text}"
                assert "ann's" not in answer.text, path
        for call, answer in done:
            if call.method == "GET" and "current" not in call.path:
                seen = await client.get(f"/{prefix_of(discover()[dialect])}{call.path}", headers=BOB)
                assert seen.status_code in (400, 403, 404) or not _holds(seen, answer), f"{call.path}: {seen.text[:300]}"


@pytest.mark.parametrize("dialect", DEMOS)
async def test_receipts_belong_to_a_scope(serve: Serve, dialect: str) -> None:
    async with serve(auth=KEYS) as client:
        ids = {answer.headers.get("crosswalk-receipt") for _, answer in await play(client, dialect)} - {None}
        for receipt in ids:
            assert (await client.get(f"/v1/receipts/{receipt}", headers=ANN)).status_code == 200
            assert (await client.get(f"/v1/receipts/{receipt}", headers=BOB)).status_code == 404


async def test_an_id_somebody_chose_is_free_for_somebody_else(serve: Serve) -> None:
    async with serve(auth=KEYS) as client:
        body: dict[str, Any] = {"alias": "nightly", "name": "n", "examples": [{"input": "1"}], "variants": [{"steps": [{"kind": "wait"}]}]}
        made = [(await client.post("/v1/experiments", json=body, headers=who)).json() for who in (ANN, BOB)]
        assert made[0]["id"] != made[1]["id"]
        for who, own in zip((ANN, BOB), made, strict=True):
            assert (await client.get("/v1/experiments/nightly", headers=who)).json()["id"] == own["id"]
        assert (await client.delete(f"/v1/experiments/{made[0]['id']}", headers=BOB)).status_code == 404
        assert (await client.patch("/v1/experiments/nightly", json={"name": "bob's"}, headers=BOB)).status_code == 200
        assert (await client.get("/v1/experiments/nightly", headers=ANN)).json()["name"] == "n"


def _holds(seen: httpx.Response, owned: httpx.Response) -> bool:
    """Whether an answer shows anything of what its owner was shown: an empty page does not."""
    return "ann's" in seen.text or (seen.content == owned.content and any(word in seen.text for word in ("Paris", "Lima")))
