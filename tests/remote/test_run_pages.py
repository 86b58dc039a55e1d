"""Pages of runs with their scores from a vendor that tells scores only of all runs at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import WAITS, Face

pytestmark = pytest.mark.anyio

MANY, SIZE = 23, 5


class Counting:
    """An application whose calls are remembered by the last part of their path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls.append(f"{scope['method']} {scope['path'].rpartition('/')[2]}")
        await self.app(scope, receive, send)


@pytest.fixture
async def vendor(tmp_path: Path) -> Counting:
    return Counting(gateway_app(Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})))


@pytest.fixture
async def face(serve: Serve, vendor: Counting) -> AsyncIterator[Face]:
    async with serving(vendor, "on") as url, serve(targets={"phx": {"adapter": "phoenix", "base_url": f"{url}/phoenix"}}) as client:
        yield Face(client, "/v1@phx")


async def scored(face: Face) -> str:
    """An experiment of many runs, run n scored n / 100."""
    examples = [{"input": f"question {number}", "reference": number} for number in range(MANY)]
    dataset = await face.post("/datasets", {"name": "many", "examples": examples})
    experiment = await face.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": WAITS})
    for number in range(MANY):
        score = {"evaluator": "right", "value": number / 100, "value_type": "number"}
        run = {"example_position": number, "output": number, "scores": [score]}
        await face.post(f"/experiments/{experiment['id']}/runs", run)
    return str(experiment["id"])


async def test_a_page_costs_a_page(face: Face, vendor: Counting) -> None:
    experiment = await scored(face)
    vendor.calls.clear()
    runs, cursor, answers = [], None, list[httpx.Response]()
    while True:
        answers.append(
            await face.ask("GET", f"/experiments/{experiment}/runs", params={"limit": SIZE, **({"cursor": cursor} if cursor else {})})
        )
        page = answers[-1].json()
        runs += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [run["example_position"] for run in runs] == list(reversed(range(MANY)))
    assert [(run["input"], run["reference"]) for run in runs] == [(f"question {number}", number) for number in reversed(range(MANY))]
    assert [run["scores"][0]["value"] for run in runs] == [number / 100 for number in reversed(range(MANY))]
    whole = [call for call in vendor.calls if call in ("GET json", "GET examples")]
    assert sorted(whole) == ["GET examples", "GET json"]
    assert "crosswalk-index-age" not in answers[0].headers
    assert int(answers[-1].headers["crosswalk-index-age"]) <= 60


async def test_what_is_scored_between_pages_is_shown_by_the_next(face: Face, vendor: Counting) -> None:
    experiment = await scored(face)
    first = await face.get(f"/experiments/{experiment}/runs", limit=SIZE)
    everything = (await face.get(f"/experiments/{experiment}/runs", limit=MANY))["items"]
    for number, run in enumerate(everything[SIZE : SIZE + 2]):
        again = {"evaluator": "right", "value": 0.5 + number, "value_type": "number"}
        await face.post(f"/experiments/{experiment}/runs/{run['id']}/scores", again)
        second = await face.get(f"/experiments/{experiment}/runs", limit=SIZE, cursor=first["next_cursor"])
        shown = next(item for item in second["items"] if item["id"] == run["id"])
        assert shown["scores"][0]["value"] == 0.5 + number
