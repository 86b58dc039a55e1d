"""Runs that callers bring to vendors that judge none: the gateway does, and what waits for its output has its place here."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.remote.facing import Facing, before, names
from tests.remote.letters import PROJECT
from tests.remote.life import WAITS, Document, Face

pytestmark = pytest.mark.anyio

STORES = ["phoenix", "evalguard"]
EXAMPLES = [{"input": "a", "reference": "A"}, {"input": "b", "reference": "B"}]
BODY = {"name": "e", "examples": EXAMPLES, "variants": WAITS, "evaluators": [{"evaluator": "exact_match"}]}


@pytest.fixture
async def facing(serve: Serve, tmp_path: Path) -> AsyncIterator[Facing]:
    async with before(serve, tmp_path) as facing:
        yield facing


async def until(ask: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    """What is answered once it is as wanted."""
    late = time.monotonic() + 20
    while not done(found := await ask()):
        assert time.monotonic() < late, found
        await asyncio.sleep(0.05)
    return found


async def judged(face: Face, experiment: Document) -> dict[str, list[tuple[str, float]]]:
    """The scores of every run, as soon as each has one."""
    page = await until(
        lambda: face.get(f"/experiments/{experiment['id']}/runs"),
        lambda page: all(run["scores"] for run in page["items"]) and page["items"],
    )
    return {run["output"]: [(score["evaluator"], float(score["value"])) for score in run["scores"]] for run in page["items"]}


@pytest.mark.parametrize("vendor", STORES)
async def test_the_gateway_judges_what_callers_bring(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (client, face, behind):
        made = await face.ask("POST", "/experiments", 201, json=BODY)
        experiment = made.json()
        assert ([use["evaluator"] for use in experiment["evaluators"]], experiment["status"]) == (["exact_match"], "waiting")
        receipt = (await client.get(f"/v1/receipts/{made.headers['crosswalk-receipt']}")).json()
        assert "/evaluators" in {note["canonical"] for note in receipt["emulated"]}
        one = f"/experiments/{experiment['id']}/runs"
        await face.post(one, {"example_position": 0, "output": "A"})
        assert await judged(face, experiment) == {"A": [("exact_match", 1.0)]}
        await face.post(one, {"example_position": 1, "output": "C"})
        assert await judged(face, experiment) == {"A": [("exact_match", 1.0)], "C": [("exact_match", 0.0)]}
        assert (await face.get(f"/experiments/{experiment['id']}"))["status"] == "completed"
        (held,) = (await behind.get("/experiments"))["items"]
        told = (await behind.get(f"/experiments/{held['id']}/runs"))["items"]
        assert {run["output"]: [float(score["value"]) for score in run["scores"]] for run in told} == {"A": [1.0], "C": [0.0]}


@pytest.mark.parametrize("vendor", STORES)
async def test_what_was_brought_before_a_restart_is_judged_after_it(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (client, face, _):
        client.app.state.remotes["there"].undertaker._may = lambda: False  # type: ignore[attr-defined]
        experiment = await face.post("/experiments", BODY)
        runs = [{"example_position": place, "output": output} for place, output in enumerate("AC")]
        await face.post(f"/experiments/{experiment['id']}/runs/batch", {"runs": runs})
    async with facing(vendor) as (_, face, _):
        assert await judged(face, experiment) == {"A": [("exact_match", 1.0)], "C": [("exact_match", 0.0)]}


@pytest.mark.parametrize("vendor", STORES)
async def test_evaluators_that_cannot_judge_are_refused_by_name_and_nothing_stays(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, behind):
        await face.post("/evaluators", {"name": "mine", "slug": "mine", "kind": "code", "definition": {"code": "1"}})
        for name in ("nobody", "mine"):
            evaluators = [{"evaluator": "exact_match"}, {"evaluator": name}]
            refused = (await face.ask("POST", "/experiments", 422, json={**BODY, "evaluators": evaluators})).json()
            assert (refused["code"], [issue["pointer"] for issue in refused["errors"]]) == ("loss_refused", ["/evaluators"])
            assert f"'{name}'" in refused["detail"]
            assert "Left behind" not in refused["detail"]
        assert (await behind.get("/experiments"))["items"] == []
        assert (await behind.get("/datasets"))["items"] == []


@pytest.mark.parametrize("vendor", STORES)
async def test_without_an_executor_nobody_would_judge(facing: Facing, vendor: str) -> None:
    async with facing(vendor, execution={"enabled": False}) as (_, face, behind):
        refused = (await face.ask("POST", "/experiments", 422, json=BODY)).json()
        assert (refused["code"], [issue["pointer"] for issue in refused["errors"]]) == ("loss_refused", ["/evaluators"])
        assert (await behind.get("/experiments"))["items"] == (await behind.get("/datasets"))["items"] == []


@pytest.mark.parametrize("vendor", ["phoenix", "respan"])
async def test_rows_that_come_without_scores_are_judged(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (client, _, behind):
        evals = Face(client, "/evalguard@there/api/v1")
        body = {"projectId": PROJECT, "name": "e", "model": "m", "prompt": "", "cases": [], "scorers": ["exact-match"], "external": True}
        run = (await evals.post("/evals", body))["data"]
        rows = [{"test_case_index": place, "input": str(place), "expected": "A", "output": output} for place, output in enumerate("AC")]
        await evals.ask("POST", f"/evals/{run['id']}/results", json={"results": rows})
        found = await until(
            lambda: evals.get(f"/evals/{run['id']}"), lambda found: all("exact-match" in row["scores"] for row in found["data"]["results"])
        )
        assert [row["scores"]["exact-match"]["score"] for row in found["data"]["results"]] == [1.0, 0.0]
        assert names(await behind.get("/experiments")) == ["e"]


async def waiting(client: httpx.AsyncClient) -> tuple[Face, Document, list[Document]]:
    respan = Face(client, "/respan@there/api")
    dataset = await respan.post("/datasets/", {"name": "d", "is_empty": True})
    rows = [{"input": "a", "expected_output": "A"}, {"input": "b", "expected_output": "B"}]
    await respan.post(f"/datasets/{dataset['id']}/logs/bulk/", {"logs": rows})
    body = {"name": "e", "dataset_id": dataset["id"], "workflow": [{"type": "wait", "config": {}}], "evaluator_slugs": ["exact-match"]}
    experiment = await respan.post("/v2/experiments/", body)
    traces = (await respan.get(f"/v2/experiments/{experiment['id']}/logs/list/"))["results"]
    return respan, experiment, sorted(traces, key=lambda trace: str(trace["input"]))


async def test_traces_wait_where_the_vendor_knows_none_that_do(facing: Facing) -> None:
    async with facing("phoenix") as (client, face, behind):
        respan, experiment, traces = await waiting(client)
        assert [(trace["input"], trace["status"]) for trace in traces] == [("a", "pending"), ("b", "pending")]
        assert experiment["status"] == "waiting_for_annotations"
        counts = (await face.get(f"/experiments/{experiment['id']}"))["counts"]
        assert (counts["expected"], counts["waiting"], counts["missing"]) == (2, 2, 0)
        (held,) = (await behind.get("/experiments"))["items"]
        assert (await behind.get(f"/experiments/{held['id']}/runs"))["items"] == []
        trace = f"/v2/experiments/{experiment['id']}/logs/{traces[0]['id']}/"
        early = await respan.ask("POST", f"/logs/{traces[0]['id']}/scores/", 400, json={"evaluator_slug": "tone", "numerical_value": 1})
        assert "waits for its output" in early.text
    async with facing("phoenix") as (client, face, behind):
        respan = Face(client, "/respan@there/api")
        resumed = (await respan.ask("PATCH", trace, json={"input": "a", "output": "A"})).json()
        assert (resumed["id"], resumed["output"], resumed["status"]) == (traces[0]["id"], "A", "success")
        await respan.ask("PATCH", trace, 400, json={"input": "a", "output": "again"})
        score = await respan.post(f"/logs/{traces[0]['id']}/scores/", {"evaluator_slug": "tone", "numerical_value": 0.25})
        changed = await respan.ask("PATCH", f"/logs/{traces[0]['id']}/scores/{score['id']}/", json={"numerical_value": 0.5})
        assert changed.json()["numerical_value"] == 0.5
        found = await until(lambda: respan.get(trace), lambda found: len(found["scores"]) == 2)
        assert (found["id"], found["scores"]["exact-match"]["boolean_value"], found["scores"]["tone"]["numerical_value"]) == (
            traces[0]["id"],
            True,
            0.5,
        )
        shown = (await respan.get(f"/v2/experiments/{experiment['id']}/logs/list/"))["results"]
        assert {(item["id"], item["status"]) for item in shown} == {(traces[0]["id"], "success"), (traces[1]["id"], "pending")}
        (held,) = (await behind.get("/experiments"))["items"]
        (run,) = (await behind.get(f"/experiments/{held['id']}/runs"))["items"]
        assert (run["output"], {score["evaluator"]: score["value"] for score in run["scores"]}) == ("A", {"exact-match": 1.0, "tone": 0.5})
        await face.post(f"/experiments/{experiment['id']}/runs", {"example_position": 1, "output": "B"})
        again = await respan.get(f"/v2/experiments/{experiment['id']}/logs/{traces[1]['id']}/")
        assert (again["output"], again["status"]) == ("B", "success")
        assert (await respan.get(f"/v2/experiments/{experiment['id']}/"))["status"] == "completed"
        assert names(await face.get("/experiments")) == ["e"]


async def test_a_place_of_a_deleted_experiment_names_nothing(facing: Facing) -> None:
    async with facing("phoenix") as (client, face, _):
        respan, experiment, traces = await waiting(client)
        await face.ask("DELETE", f"/experiments/{experiment['id']}")
        other = await face.post("/experiments", {**BODY, "name": "later"})
        # As where the vendor gives a number anew.
        asides = client.app.state.remotes["there"].asides  # type: ignore[attr-defined]
        await asides.put("default", experiment["id"], {"announced": "another time"}, anew=True)
        gone = await respan.ask("POST", f"/logs/{traces[0]['id']}/scores/", 404, json={"evaluator_slug": "tone", "numerical_value": 1})
        assert gone.json()["detail"] == "Not found."
        assert (await face.get(f"/experiments/{other['id']}/runs"))["items"] == []
