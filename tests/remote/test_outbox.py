"""A vendor that makes the places of runs itself, played by a second gateway: what cannot be written yet is accepted, shown, and delivered once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.compose import gateway_app
from gateway.execution.lock import ExecutionLock
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


@pytest.fixture
def undelivered(tmp_path: Path) -> Iterator[None]:
    """Another process is the one that delivers, and does not."""
    lock = ExecutionLock(f"sqlite:///{tmp_path / 'gateway.db'}", "outbox.resp")
    assert lock.acquire()
    yield
    lock.release()


@pytest.mark.usefixtures("undelivered")
async def test_figures_and_lists_with_what_is_not_delivered_yet(serve: Serve, vendor: str) -> None:
    async with serve(**targets(vendor)) as client:
        face = Face(client, "/v1@resp")
        experiment = await with_runs(face, "first", [True, False, True])
        one = f"/experiments/{experiment['id']}"
        page = await face.get(f"{one}/runs", limit=2)
        rest = await face.get(f"{one}/runs", limit=2, cursor=page["next_cursor"])
        assert [run["output"] for run in [*page["items"], *rest["items"]]] == [2, 1, 0]
        assert rest["next_cursor"] is None
        alone = await face.get(f"{one}/runs/{rest['items'][0]['id']}")
        assert (alone["output"], alone["model"], alone["metadata"], alone["latency_ms"]) == (0, "m", {"seed": 0}, 2000.0)
        (score,) = alone["scores"]
        assert await face.get(f"{one}/runs/{alone['id']}/scores/{score['id']}") == score
        summary = await face.get(f"{one}/summary")
        assert (summary["runs"], summary["evaluators"][0]["true_count"]) == (3, 2)
        bars = await face.get(f"{one}/histogram", evaluator="right")
        assert [bar["count"] for bar in bars["bins"]] == [1, 2]
        failed = await face.get(f"{one}/runs", where='{"field": "scores.right", "operator": "eq", "value": false}', total=True)
        assert ([item["output"] for item in failed["items"]], failed["total"]) == ([1], 1)
        other = await with_runs(face, "second", [False, False, True])
        compared = await face.get("/compare", experiment_ids=[experiment["id"], other["id"]], metric="right")
        assert [(side["runs"], round(side["mean"], 2)) for side in compared["sides"]] == [(3, 0.67), (3, 0.33)]
        listed = (await face.get("/experiments"))["items"]
        assert [(item["name"], item["counts"]["succeeded"], item["delivery"]) for item in listed] == [
            ("second", 3, "pending"),
            ("first", 3, "pending"),
        ]
        again = await face.ask("POST", f"{one}/runs", 409, json={"example_id": alone["example_id"], "output": "other"})
        assert again.json()["code"] == "conflict"
    async with httpx.AsyncClient(base_url=vendor) as behind:
        held = (await Face(behind, "/v1").get("/experiments"))["items"]
        assert [item["counts"]["succeeded"] for item in held] == [0, 0]


async def with_runs(face: Face, name: str, values: list[bool]) -> Document:
    dataset = await face.post(
        "/datasets", {"name": f"{name} set", "examples": [{"input": place, "reference": "r"} for place in range(len(values))]}
    )
    experiment: Document = await face.post(
        "/experiments", {"name": name, "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "wait"}]}]}
    )
    for place, value in enumerate(values):
        run = {
            "example_position": place,
            "output": place,
            "model": "m",
            "metadata": {"seed": place},
            "started_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T00:00:02Z",
            "scores": [{"evaluator": "right", "value": value, "value_type": "boolean"}],
        }
        await face.post(f"/experiments/{experiment['id']}/runs", run)
    return experiment


async def test_what_the_vendor_runs_takes_no_runs_of_others(client: httpx.AsyncClient) -> None:
    face = Face(client, "/v1@resp")
    dataset = await face.post("/datasets", {"name": "set", "examples": [{"input": "a"}]})
    body = {"name": "served", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "completion", "config": {"model": "echo"}}]}]}
    experiment = await face.post("/experiments", body)
    refused = await face.ask("POST", f"/experiments/{experiment['id']}/runs", 409, json={"example_position": 0, "output": "mine"})
    assert refused.json()["code"] == "conflict"
    one = f"/experiments/{experiment['id']}"
    whole = await eventually(lambda: face.get(one), lambda found: found["status"] == "completed")
    assert (whole["counts"]["succeeded"], whole["delivery"]) == (1, None)
    (run,) = (await face.get(f"{one}/runs"))["items"]
    assert (run["example_position"], run["input"], run["status"], run["delivery"]) == (0, "a", "succeeded", None)
    score = {"evaluator": "tone", "value": 0.5, "value_type": "number", "explanation": "so"}
    accepted = await face.ask("POST", f"{one}/runs/{run['id']}/scores", 201, json=score)
    assert accepted.headers["crosswalk-origin"] == "accepted"
    await eventually(lambda: face.get(one), lambda found: found["delivery"] == "delivered")
    (scored,) = (await face.get(f"{one}/runs"))["items"]
    assert [(item["id"], item["value"], item["explanation"]) for item in scored["scores"]] == [(accepted.json()["id"], 0.5, "so")]


async def test_a_waiting_run_is_completed_by_a_change(client: httpx.AsyncClient) -> None:
    face = Face(client, "/v1@resp")
    dataset = await face.post("/datasets", {"name": "set", "examples": [{"input": "a"}]})
    experiment = await face.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "wait"}]}]})
    one = f"/experiments/{experiment['id']}"
    (waiting,) = (await face.get(f"{one}/runs"))["items"]
    assert waiting["status"] == "waiting"
    changed = (await face.ask("PATCH", f"{one}/runs/{waiting['id']}", json={"output": "b", "trace_id": "t"})).json()
    assert (changed["id"], changed["status"], changed["output"]) == (waiting["id"], "succeeded", "b")
    await eventually(lambda: face.get(one), lambda found: found["delivery"] == "delivered")
    (run,) = (await face.get(f"{one}/runs"))["items"]
    assert (run["id"], run["status"], run["output"], run["trace_id"], run["input"]) == (waiting["id"], "succeeded", "b", "t", "a")


@pytest.mark.usefixtures("undelivered")
async def test_a_deleted_experiment_takes_what_waits_with_it(serve: Serve, vendor: str, tmp_path: Path) -> None:
    async with serve(**targets(vendor)) as client:
        face = Face(client, "/v1@resp")
        experiment = await with_runs(face, "first", [True])
        config = tmp_path / "crosswalk.toml"
        config.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "gateway.db"}"\n')
        waiting = await asyncio.to_thread(listed_by_command, config)
        assert [(item["evaluator"], item["state"], item["target"]) for item in waiting] == [
            (None, "pending", "resp"),
            ("right", "pending", "resp"),
        ]
        await face.ask("DELETE", f"/experiments/{experiment['id']}")
        assert await asyncio.to_thread(listed_by_command, config) == []
        await face.ask("GET", f"/experiments/{experiment['id']}/runs", 404)


def listed_by_command(config: Path) -> Any:
    result = CliRunner().invoke(app, ["outbox", "--json", "--config", str(config)])
    assert result.exit_code == 0, result.output
    # The gateway of this process logs to the same place.
    return json.loads(next(line for line in result.stdout.splitlines() if line.startswith("{")))["records"]
