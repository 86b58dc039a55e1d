"""A vendor that makes the places of runs itself, played by a second gateway: what cannot be written yet is accepted, shown, and delivered once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import Face

pytestmark = pytest.mark.anyio

Document = dict[str, Any]
QUESTIONS = ["France?", "Japan?", "Peru?", "Peru?"]
ANSWERS = ["Paris", "Tokyo", "Lima", "Cusco"]


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with serving(gateway_app(settings), "on") as url:
        yield url


def targets(vendor: str, **more: Any) -> Document:
    return {"targets": {"resp": {"adapter": "respan", "base_url": f"{vendor}/respan", "requests_per_minute": 100_000, **more}}}


@pytest.fixture
async def client(serve: Serve, vendor: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(**targets(vendor)) as client:
        yield client


async def eventually(look: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], seconds: float = 10) -> Any:
    """What `look` sees once it is as wanted."""
    async with asyncio.timeout(seconds):
        while not wanted(seen := await look()):
            await asyncio.sleep(0.05)
    return seen


async def uploaded(phoenix: Face) -> Document:
    body = {
        "action": "create",
        "name": "capitals",
        "description": "four",
        "inputs": [{"question": question} for question in QUESTIONS],
        "outputs": [{"answer": answer} for answer in ANSWERS],
        "metadata": [{"place": place} for place in range(4)],
    }
    data: Document = (await phoenix.ask("POST", "/datasets/upload", params={"sync": "true"}, json=body)).json()["data"]
    return data


async def started(phoenix: Face, dataset: Document) -> tuple[Document, list[Document]]:
    path = f"/datasets/{dataset['dataset_id']}"
    examples = (await phoenix.get(f"{path}/examples"))["data"]["examples"]
    created = await phoenix.post(
        f"{path}/experiments", {"name": "baseline", "description": "d", "metadata": {"k": 1}, "repetitions": 1}, 200
    )
    return created["data"], examples


def run_of(example: Document, place: int) -> Document:
    return {
        "dataset_example_id": example["id"],
        "output": {"answer": f"{ANSWERS[place]}!", "place": place},
        "repetition_number": 1,
        "start_time": "2026-01-01T00:00:00+00:00",
        "end_time": "2026-01-01T00:00:02+00:00",
        "trace_id": f"{place:032x}",
    }


def score_of(run: str, value: float) -> Document:
    return {
        "experiment_run_id": run,
        "name": "exact",
        "annotator_kind": "CODE",
        "start_time": "2026-01-01T00:00:03+00:00",
        "end_time": "2026-01-01T00:00:04+00:00",
        "result": {"score": value, "label": "good", "explanation": "because"},
        "trace_id": "ab" * 16,
        "metadata": {"judge": "rules"},
    }


async def test_a_phoenix_client_onto_a_vendor_that_takes_runs_later(client: httpx.AsyncClient, vendor: str) -> None:
    phoenix, canonical = Face(client, "/phoenix@resp/v1"), Face(client, "/v1@resp")
    dataset = await uploaded(phoenix)
    experiment, examples = await started(phoenix, dataset)
    assert [example["input"]["question"] for example in examples] == QUESTIONS
    assert (experiment["example_count"], experiment["missing_run_count"], experiment["metadata"]) == (4, 4, {"k": 1})
    one = f"/experiments/{experiment['id']}"
    runs = []
    for place, example in enumerate(examples):
        answer = await phoenix.ask("POST", f"{one}/runs", json=run_of(example, place))
        assert answer.headers["crosswalk-origin"] == "accepted"
        runs.append(answer.json()["data"]["id"])
    scores = [
        (await phoenix.ask("POST", "/experiment_evaluations", json=score_of(run, place / 4))).json() for place, run in enumerate(runs)
    ]
    assert len({score["data"]["id"] for score in scores}) == 4
    shown = (await phoenix.get(f"{one}/runs"))["data"]
    assert [run["id"] for run in shown] == runs[::-1]
    assert [run["output"]["place"] for run in shown] == [3, 2, 1, 0]
    exported = await phoenix.get(f"{one}/json")
    assert [(record["output"]["place"], record["annotations"][0]["score"]) for record in exported] == [(n, n / 4) for n in range(4)]
    ours = (await canonical.get("/experiments"))["items"][0]["id"]
    whole = await eventually(lambda: canonical.get(f"/experiments/{ours}"), lambda found: found["delivery"] == "delivered")
    assert whole["status"] == "completed"
    assert await phoenix.get(f"{one}/json") == exported
    assert (await phoenix.get(f"{one}/runs"))["data"] == shown
    counted = (await phoenix.get(one))["data"]
    assert (counted["successful_run_count"], counted["failed_run_count"], counted["missing_run_count"]) == (4, 0, 0)
    await _held(vendor)


async def _held(vendor: str) -> None:
    """What the vendor itself has."""
    async with httpx.AsyncClient(base_url=vendor) as behind:
        direct = Face(behind, "/v1")
        (experiment,) = (await direct.get("/experiments"))["items"]
        assert (experiment["name"], experiment["status"]) == ("baseline", "completed")
        held = (await direct.get(f"/experiments/{experiment['id']}/runs"))["items"]
        said = sorted((run["output"]["place"], run["input"]["question"], run["reference"]["answer"], run["latency_ms"]) for run in held)
        assert said == [(place, QUESTIONS[place], ANSWERS[place], 2000.0) for place in range(4)]
        given = {run["output"]["place"]: run["scores"] for run in held}
        assert all(len(scores) == 1 for scores in given.values())
        assert [(given[n][0]["evaluator"], given[n][0]["value"], given[n][0]["explanation"]) for n in range(4)] == [
            ("exact", n / 4, "because") for n in range(4)
        ]
