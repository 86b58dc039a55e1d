"""A gateway that is killed, or left without an answer, between making an experiment at a vendor and undertaking to run it: it is run all the same, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.process import Gateway
from tests.remote.faulty import answered, bad_gateway, faulty, root, silent
from tests.remote.life import Document, Face
from tests.remote.test_outbox import eventually

pytestmark = pytest.mark.anyio

RUNS = [{"name": "plain", "steps": [{"kind": "completion", "config": {"template": "Say {{input}}", "model": "echo"}}]}]
CREATE = "POST .*/experiments$"


async def dataset(face: Face) -> Document:
    made: Document = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}, {"input": "b"}]})
    return made


def definition(dataset_id: str) -> dict[str, Any]:
    return {"name": "new", "dataset_id": dataset_id, "variants": RUNS}


async def outputs(direct: httpx.AsyncClient) -> list[list[str]]:
    """What was recorded of each experiment at the vendor."""
    found = (await direct.get("/v1/experiments")).json()["items"]
    pages = [(await direct.get(f"/v1/experiments/{item['id']}/runs")).json()["items"] for item in found]
    return [sorted(str(run["output"]) for run in page) for page in pages]


async def test_kill_9_before_the_answer_to_a_create(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    async with faulty(tmp_path / "vendor") as (url, vendor), httpx.AsyncClient(base_url=url) as direct:
        gateway = Gateway(tmp_path, f'[targets.t]\nadapter = "phoenix"\nbase_url = "{url}{root("phoenix")}"\nversion = "20.26.1"\n')
        await asyncio.to_thread(gateway.start)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
                made = await dataset(Face(client, "/v1@t"))
                vendor.after[CREATE] = silent
                lost = asyncio.create_task(client.post("/v1@t/experiments", json=definition(made["id"])))
                await eventually(lambda: outputs(direct), lambda found: len(found) == 1, 20)
                gateway.kill()
                await asyncio.gather(lost, return_exceptions=True)
                assert await outputs(direct) == [[]]
                await asyncio.to_thread(gateway.start)
                found = await eventually(lambda: outputs(direct), lambda found: len(found[0]) == 2, 30)
        finally:
            gateway.kill()
        assert len(found) == 1
        assert vendor.count(CREATE) == 1
        assert vendor.count("POST .*/runs$") == 2


async def test_a_create_without_an_answer_is_run_when_it_shows_up(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is told that nobody knows; the experiment is there and is run."""
    monkeypatch.setattr("gateway.remote.intentions.PAUSE", 0.3)
    async with faulty(tmp_path) as (url, vendor), httpx.AsyncClient(base_url=url) as direct, serve(**_targets(url)) as client:
        made = await dataset(Face(client, "/v1@t"))
        vendor.always, vendor.after, vendor.before = True, {CREATE: silent}, {"GET .*/experiments": bad_gateway}
        answer = await client.post("/v1@t/experiments", json=definition(made["id"]))
        assert answer.json()["code"] == "outcome_unknown"
        vendor.after, vendor.before = {}, {}
        await eventually(lambda: outputs(direct), lambda found: [len(one) for one in found] == [2], 20)
        assert vendor.count(CREATE) == 1


async def test_what_the_vendor_refuses_is_not_intended_any_more(serve: Serve, tmp_path: Path) -> None:
    async with faulty(tmp_path) as (url, vendor), serve(**_targets(url)) as client:
        made = await dataset(Face(client, "/v1@t"))
        vendor.before[CREATE] = answered(422, b"No", b"text/plain")
        assert (await client.post("/v1@t/experiments", json=definition(made["id"]))).status_code == 400
        assert await _intended(client) == 0
        assert (await client.post("/v1@t/experiments", json=definition(made["id"]))).status_code == 201
        assert await _intended(client) == 0
        vendor.forget()
        await asyncio.sleep(2.5)
        assert not [asked for asked in vendor.seen if asked.startswith("GET") and asked.endswith("/experiments")]


async def test_what_is_noted_for_the_gateway_is_not_shown(serve: Serve, tmp_path: Path) -> None:
    async with faulty(tmp_path) as (url, _), serve(**_targets(url)) as client:
        made = await dataset(Face(client, "/v1@t"))
        created = (await client.post("/v1@t/experiments", json=definition(made["id"]))).json()
        shown = (await client.get(f"/v1@t/experiments/{created['id']}")).json()
        assert "intention" not in str(created)
        assert "intention" not in str(shown)


def _targets(url: str) -> dict[str, Any]:
    return {"targets": {"t": {"adapter": "phoenix", "base_url": url + root("phoenix"), "timeout": 1.5, "retries": 0, "version": "20.26.1"}}}


async def _intended(client: httpx.AsyncClient) -> int:
    from gateway.store.tables import intentions

    store = client.app.state.store  # type: ignore[attr-defined]
    return len(await store.read(lambda tx: tx.rows(intentions.select())))
