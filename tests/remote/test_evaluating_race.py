"""Two gateways write scores of one result of a vendor that replaces results as a whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.gateway.upstream.stub import serving
from tests.remote.life import WAITS, Face

pytestmark = pytest.mark.anyio

PATIENCE = 10.0


@dataclass
class Referee:
    """Lets the second writer write between the first one's write and its reading back; both have read before.

    Writers are told apart by their keys. Nobody is held before they are `racing`.
    """

    app: ASGIApp
    racing: bool = False
    first_writes: bool = False
    writes: list[str] = field(default_factory=list)
    second_waits: asyncio.Event = field(default_factory=asyncio.Event)
    first_wrote: asyncio.Event = field(default_factory=asyncio.Event)
    second_wrote: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.racing:
            await self.app(scope, receive, send)
            return
        who = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        uploads = scope["method"] == "POST" and scope["path"].endswith("/results")
        if uploads and who == "second":
            self.second_waits.set()
            await asyncio.wait_for(self.first_wrote.wait(), PATIENCE)
        elif uploads and not self.first_writes:
            await asyncio.wait_for(self.second_waits.wait(), PATIENCE)
            self.first_writes = True
        elif self.first_writes and who == "first":
            await asyncio.wait_for(self.second_wrote.wait(), PATIENCE)
        await self.app(scope, receive, send)
        if uploads:
            self.writes.append(who)
            (self.second_wrote if who == "second" else self.first_wrote).set()


@asynccontextmanager
async def gateway(folder: Path, name: str, vendor: str) -> AsyncIterator[Face]:
    """One of the gateways, with a store and a key of its own."""
    target = {"adapter": "evalguard", "base_url": f"{vendor}/evalguard", "api_key": name}
    settings = {"store": {"url": f"sqlite:///{folder / name}.db"}, "targets": {"eg": target}}
    app = gateway_app(Settings.model_validate(settings))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Face(client, "/v1@eg")


async def prepared(face: Face) -> None:
    """An experiment of the caller's with one run that nobody has judged."""
    dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    experiment = await face.post("/experiments", {"name": "shared", "dataset_id": dataset["id"], "variants": WAITS})
    await face.post(f"/experiments/{experiment['id']}/runs", {"example_position": 0, "output": "x"})


async def found(face: Face) -> str:
    (experiment,) = (await face.get("/experiments"))["items"]
    (run,) = (await face.get(f"/experiments/{experiment['id']}/runs"))["items"]
    return f"/experiments/{experiment['id']}/runs/{run['id']}"


async def test_a_score_that_another_gateway_wrote_over_is_written_again(tmp_path: Path) -> None:
    played: dict[str, Any] = {"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}}
    referee = Referee(gateway_app(Settings.model_validate(played)))
    async with (
        serving(referee, "on") as url,
        gateway(tmp_path, "first", url) as first,
        gateway(tmp_path, "second", url) as second,
    ):
        await prepared(first)
        paths = [await found(first), await found(second)]
        referee.racing = True
        await asyncio.gather(
            first.post(f"{paths[0]}/scores", {"evaluator": "tone", "value": 1.0}),
            second.post(f"{paths[1]}/scores", {"evaluator": "length", "value": 0.5}),
        )
        referee.racing = False
        assert referee.writes == ["first", "second", "first"]
        for face, path in zip((first, second), paths, strict=True):
            scores = {score["evaluator"]: score["value"] for score in (await face.get(f"{path}/scores"))["items"]}
            assert scores == {"tone": 1.0, "length": 0.5}
