"""The main job, visibly: the same small experiment asked for in each dialect over HTTP, run, scored and compared."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
from starlette.types import ASGIApp

from adapters.base import Adapter
from adapters.demo import DemoCall, DemoOutcome
from gateway.routing import prefix_of

Progress = Callable[[str, str], None]
"""Told which dialect is doing what."""

_DEADLINE = 60.0
_METRIC = "exact-match"


class DemoFailed(Exception):
    """A call of the demo was refused, or an experiment did not finish in time; the text says which."""


@dataclass(frozen=True)
class Line:
    """One line of the closing table: times in seconds, the winner as the comparison states it."""

    dialect: str
    origin: str
    experiments: int
    runs: int
    scores: int
    winner: str
    statement: str
    seconds: float


async def run(client: httpx.AsyncClient, adapters: Mapping[str, Adapter], label: str, progress: Progress) -> list[Line]:
    """The demo in every dialect that has one, in turn; `label` makes the names of what it creates unlike earlier ones. Raises DemoFailed."""
    return [
        await _one(client, adapter, f"capitals, asked in {adapter.name} {label}".strip(), progress)
        for adapter in adapters.values()
        if adapter.demo
    ]


async def _one(client: httpx.AsyncClient, adapter: Adapter, name: str, progress: Progress) -> Line:
    started = perf_counter()
    outcome, origin = await _play(client, adapter, name, progress)
    progress(adapter.name, "comparing")
    compared = await _compare(client, name)
    # Where each variant is an experiment of its own, it is named `<name> · <variant>`.
    winner = compared["winner"]["name"].rsplit(" · ", 1)[-1] if compared.get("winner") else "none"
    seconds = perf_counter() - started
    return Line(adapter.name, origin, len(outcome.experiments), outcome.runs, outcome.scores, winner, compared["statement"], seconds)


async def _play(client: httpx.AsyncClient, adapter: Adapter, name: str, progress: Progress) -> tuple[DemoOutcome, str]:
    assert adapter.demo is not None
    plan = adapter.demo(name)
    deadline = perf_counter() + _DEADLINE
    origin, answer = "", None
    try:
        call = next(plan)
        while True:
            progress(adapter.name, call.doing)
            await asyncio.sleep(call.pause)
            response = await _send(client, adapter, call)
            origin = response.headers.get("crosswalk-origin", origin)
            answer = orjson.loads(response.content) if response.content else None
            if perf_counter() > deadline:
                raise DemoFailed(f"{adapter.name}: not done after {_DEADLINE:.0f} seconds")
            call = plan.send(answer)
    except StopIteration as finished:
        return finished.value, origin


async def _send(client: httpx.AsyncClient, adapter: Adapter, call: DemoCall) -> httpx.Response:
    content = None if call.body is None else orjson.dumps(call.body)
    headers = {"Content-Type": "application/json"} if content else {}
    response = await client.request(call.method, f"/{prefix_of(adapter)}{call.path}", content=content, headers=headers)
    if response.status_code >= 400:
        hint = _KEY_HINTS.get(response.status_code, "")
        raise DemoFailed(f"{adapter.name}: {call.method} {call.path} answered {response.status_code}: {response.text[:300]}{hint}")
    return response


_KEY_HINTS = {401: " (name a key: --key, or CROSSWALK_KEY)", 403: " (the demo writes: its key needs the role editor)"}


async def _compare(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """What `/v1/compare` says of the experiments of this name, whichever dialect made them."""
    where = {"field": "name", "operator": "startswith", "value": name}
    listed = await client.get("/v1/experiments", params={"flat": "true", "where": orjson.dumps(where).decode(), "sort": "created_at"})
    if listed.status_code != 200:
        raise DemoFailed(f"listing experiments answered {listed.status_code}: {listed.text[:300]}")
    ids = [("experiment_ids", item["id"]) for item in listed.json()["items"]]
    compared = await client.get(f"/v1/compare?{urlencode([*ids, ('metric', _METRIC)])}")
    if compared.status_code != 200:
        raise DemoFailed(f"comparing answered {compared.status_code}: {compared.text[:300]}")
    found: dict[str, Any] = compared.json()
    return found


async def seed(app: ASGIApp, adapters: Mapping[str, Adapter]) -> bool:
    """Put the demo's data into a store that holds no experiment yet; whether anything was put there. Raises DemoFailed."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        listed = await client.get("/v1/experiments", params={"limit": 1})
        if listed.status_code == 401:
            raise DemoFailed("keys are needed here: crosswalk demo --key KEY puts the same data there")
        if listed.status_code != 200:
            raise DemoFailed(f"listing experiments answered {listed.status_code}")
        if listed.json()["items"]:
            return False
        await run(client, adapters, "", lambda dialect, doing: None)
        return True
