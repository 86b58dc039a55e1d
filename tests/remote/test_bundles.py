"""Experiments that a vendor holds as several of its own: repetitions where it runs a row once, and rows that come after the experiment."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Code, CrosswalkError
from tests.conftest import Serve
from tests.remote.facing import Facing, before, names
from tests.remote.letters import PROJECT
from tests.remote.life import WAITS, Document, Face

pytestmark = pytest.mark.anyio


@pytest.fixture
async def facing(serve: Serve, tmp_path: Path) -> AsyncIterator[Facing]:
    async with before(serve, tmp_path) as facing:
        yield facing


async def repeated(face: Face, turns: int = 2, **more: Any) -> tuple[Document, Document]:
    dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a", "reference": "A"}, {"input": "b"}]})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "repetitions": turns, **more}
    return dataset, await face.post("/experiments", body)


@pytest.mark.parametrize("vendor", ["respan", "evalguard"])
async def test_repetitions_are_experiments_there_and_one_here(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, behind):
        dataset, made = await repeated(face)
        assert (made["name"], made["repetitions"], made["status"], made["counts"]["expected"]) == ("e", 2, "waiting", 4)
        assert names(await behind.get("/experiments")) == ["e · repetition 2", "e · repetition 1"]
        one = f"/experiments/{made['id']}"
        lacking = (await face.get(f"{one}/runs/incomplete"))["items"]
        assert [(item["example"]["input"], item["repetitions"]) for item in lacking] == [("a", [1, 2]), ("b", [1, 2])]
        first = await face.post(f"{one}/runs", {"example_position": 0, "repetition": 2, "output": "A2"})
        assert (first["repetition"], first["experiment_id"], first["variant_id"]) == (2, made["id"], made["id"])
        runs = [{"example_position": place, "repetition": turn, "output": f"{place}{turn}"} for turn, place in ((1, 1), (2, 1), (1, 0))]
        added = await face.post(f"{one}/runs/batch", {"runs": runs})
        found = (await face.get(f"{one}/runs", sort="output"))["items"]
        assert [(run["output"], run["repetition"], run["example_position"]) for run in found] == [
            ("01", 1, 0),
            ("11", 1, 1),
            ("12", 2, 1),
            ("A2", 2, 0),
        ]
        assert [found[1]["id"], found[2]["id"], found[0]["id"]] == added["ids"]
        score = {"evaluator": "tone", "value": 0.5, "value_type": "number"}
        scored = await face.post(f"{one}/runs/{first['id']}/scores", score)
        assert scored["experiment_id"] == made["id"]
        shown = await face.get(f"{one}/runs/{first['id']}")
        assert (shown["repetition"], [one["value"] for one in shown["scores"]]) == (2, [0.5])
        summary = await face.get(f"{one}/summary")
        assert (summary["runs"], summary["succeeded"]) == (4, 4)
        assert (await face.get(f"{one}/export"))[0]["example"]["input"] == "a"
        await face.ask("POST", f"{one}/runs", 400, json={"example_position": 0, "repetition": 3, "output": "x"})
        other = await face.post("/experiments", {"name": "other", "dataset_id": dataset["id"], "variants": WAITS})
        listed = await face.get("/experiments", total=True)
        assert ([item["id"] for item in listed["items"]], listed["total"]) == ([other["id"], made["id"]], 2)
        page = await face.get("/experiments", limit=1)
        rest = await face.get("/experiments", limit=1, cursor=page["next_cursor"])
        assert [page["items"][0]["id"], rest["items"][0]["id"], rest["next_cursor"]] == [other["id"], made["id"], None]
        by_name = await face.get("/experiments", where='{"field": "name", "operator": "", "value": "e"}')
        assert [item["id"] for item in by_name["items"]] == [made["id"]]


@pytest.mark.parametrize("vendor", ["respan", "evalguard"])
async def test_what_is_said_of_the_whole_reaches_every_repetition(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, behind):
        _, made = await repeated(face)
        one = f"/experiments/{made['id']}"
        changed = (await face.ask("PATCH", one, json={"name": "f", "description": "why"})).json()
        assert (changed["name"], changed["description"]) == ("f", "why")
        if vendor == "respan":
            assert names(await behind.get("/experiments")) == ["f · repetition 2", "f · repetition 1"]
        refused = (await face.ask("PATCH", one, 501, json={"repetitions": 3})).json()
        assert "number cannot be changed" in refused["detail"]
        await face.ask("DELETE", one)
        await face.ask("GET", one, 404)
        assert (await behind.get("/experiments"))["items"] == []
        assert (await face.get("/experiments"))["items"] == []


@pytest.mark.parametrize("stuck", [False, True])
async def test_a_repetition_that_is_refused_takes_the_others_back_or_says_what_is_left(facing: Facing, stuck: bool) -> None:
    async with facing("respan") as (client, face, behind):
        dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        remote = client.app.state.remotes["there"]  # type: ignore[attr-defined]
        ask, seen = remote.sender.ask, []

        async def refusing(request: Any, account: Any, **more: Any) -> Any:
            if request.method == "POST" and request.path == "/api/v2/experiments/":
                seen.append(request)
                if len(seen) == 2:
                    raise CrosswalkError(Code.INVALID_REQUEST, "not another one")
            if stuck and request.method == "DELETE":
                raise CrosswalkError(Code.FORBIDDEN, "nor that")
            return await ask(request, account, **more)

        remote.sender.ask = refusing
        body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "repetitions": 3}
        refused = (await face.ask("POST", "/experiments", 400, json=body)).json()
        assert "not another one" in refused["detail"]
        assert ("Left behind at the target: 'e · repetition 1'" in refused["detail"]) is stuck
        assert (len(seen), names(await behind.get("/experiments"))) == (2, ["e · repetition 1"] if stuck else [])


async def test_more_repetitions_than_are_sensible_are_refused_by_name(facing: Facing) -> None:
    async with facing("evalguard") as (_, face, behind):
        dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "repetitions": 51}
        refused = (await face.ask("POST", "/experiments", 422, json=body)).json()
        assert (refused["code"], [issue["pointer"] for issue in refused["errors"]]) == ("loss_refused", ["/repetitions"])
        assert (await behind.get("/experiments"))["items"] == []


async def test_variants_and_repetitions_are_a_group_of_bundles_over_one_dataset(facing: Facing) -> None:
    async with facing("respan") as (_, face, behind):
        variants = [{**WAITS[0], "name": name} for name in ("A", "B")]
        body = {"name": "e", "examples": [{"input": 1}], "variants": variants, "repetitions": 2}
        made = await face.post("/experiments", body)
        assert ([variant["name"] for variant in made["variants"]], made["repetitions"], made["counts"]["expected"]) == (["A", "B"], 2, 4)
        there = ["e · B · repetition 2", "e · B · repetition 1", "e · A · repetition 2", "e · A · repetition 1"]
        assert names(await behind.get("/experiments")) == there
        assert len((await behind.get("/datasets"))["items"]) == 1
        assert [item["id"] for item in (await face.get("/experiments"))["items"]] == [made["id"]]
        assert names(await face.get("/experiments", flat=True)) == ["e · B", "e · A"]


@pytest.mark.parametrize("vendor", ["respan", "phoenix"])
async def test_rows_that_come_later_land(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (client, face, behind):
        evals = Face(client, "/evalguard@there/api/v1")
        body = {"projectId": PROJECT, "name": "mine", "model": "m", "prompt": "", "cases": [], "scorers": [], "external": True}
        run = (await evals.post("/evals", body))["data"]
        assert names(await face.get("/experiments")) == ["mine"]
        assert (await behind.get("/experiments"))["items"] == []

        def rows(*places: int) -> Document:
            scores = {"s": {"score": 0.5, "passed": True}}
            told = ({"input": f"i{n}", "expected": f"e{n}", "output": f"o{n}", "scores": scores} for n in places)
            return {"results": [{"test_case_index": place, **row} for place, row in zip(places, told, strict=True)]}

        await evals.ask("POST", f"/evals/{run['id']}/results", json=rows(1, 0))
        await evals.ask("POST", f"/evals/{run['id']}/results", json=rows(3, 2))
        await evals.ask("POST", f"/evals/{run['id']}/results", json=rows(3, 2))
        await evals.ask("PATCH", f"/evals/{run['id']}", json={"status": "passed", "summary": {"score": 0.5}})
        found = (await evals.get(f"/evals/{run['id']}"))["data"]
        assert (found["status"], [(row["input"], row["expected"], row["output"]) for row in found["results"]]) == (
            "passed",
            [(f"i{n}", f"e{n}", f"o{n}") for n in range(4)],
        )
        assert [row["scores"]["s"]["score"] for row in found["results"]] == [0.5] * 4
        assert names(await behind.get("/experiments")) == ["mine · part 2", "mine"]
        assert [item["name"] for item in (await evals.get("/evals", projectId=PROJECT))["data"]] == ["mine"]
        runs = (await face.get(f"/experiments/{run['id'].replace('-', '')}/runs", sort="example_position"))["items"]
        assert [(item["example_position"], item["output"]) for item in runs] == [(n, f"o{n}") for n in range(4)]
        await evals.ask("DELETE", f"/evals/{run['id']}")
        assert (await behind.get("/experiments"))["items"] == []


async def test_a_receipt_says_that_one_is_made_as_several(facing: Facing) -> None:
    async with facing("evalguard") as (client, face, _):
        dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "repetitions": 2, "alias": "mine"}
        made = await face.ask("POST", "/experiments", 201, json=body)
        assert made.headers["crosswalk-origin"] == "emulated"
        receipt = (await client.get(f"/v1/receipts/{made.headers['crosswalk-receipt']}")).json()
        assert "/repetitions" in {note["canonical"] for note in receipt["emulated"]}
        assert made.headers["crosswalk-lost"] == "/alias"


async def test_it_is_the_same_after_a_restart(facing: Facing) -> None:
    async with facing("evalguard") as (_, face, _):
        _, made = await repeated(face)
        run = await face.post(f"/experiments/{made['id']}/runs", {"example_position": 0, "repetition": 2, "output": "A"})
    async with facing("evalguard") as (client, face, _):
        found = await face.get(f"/experiments/{made['id']}/runs/{run['id']}")
        assert (found["repetition"], found["output"], found["experiment_id"]) == (2, "A", made["id"])
        assert [item["id"] for item in (await face.get("/experiments"))["items"]] == [made["id"]]
        listed = (await client.get("/phoenix@there/v1/datasets")).json()["data"]
        shown = (await client.get(f"/phoenix@there/v1/datasets/{listed[0]['id']}/experiments")).json()["data"]
        assert [(item["name"], item["repetitions"], item["successful_run_count"]) for item in shown] == [("e", 2, 1)]


async def test_rows_that_come_at_the_same_time_land_once(facing: Facing) -> None:
    async with facing("phoenix") as (client, _, behind):
        evals = Face(client, "/evalguard@there/api/v1")
        body = {"projectId": PROJECT, "name": "mine", "model": "m", "prompt": "", "cases": [], "scorers": [], "external": True}
        run = (await evals.post("/evals", body))["data"]
        rows = [{"test_case_index": place, "input": str(place), "output": str(place)} for place in range(6)]
        lots = [rows[:2], rows[2:4], rows[4:], rows[:2]]
        await asyncio.gather(*(evals.ask("POST", f"/evals/{run['id']}/results", json={"results": lot}) for lot in lots))
        found = (await evals.get(f"/evals/{run['id']}"))["data"]
        assert [row["output"] for row in found["results"]] == [str(place) for place in range(6)]
        assert sum(item["counts"]["succeeded"] for item in (await behind.get("/experiments"))["items"]) == 6


async def test_pages_hold_every_experiment_once(facing: Facing) -> None:
    async with facing("respan") as (_, face, _):
        dataset, first = await repeated(face, 3)
        plain = {"dataset_id": dataset["id"], "variants": WAITS}
        others = [await face.post("/experiments", {"name": f"plain {number}", **plain}) for number in range(3)]
        _, last = await repeated(face, 2)
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await face.get("/experiments", limit=2, **cursor)
            assert len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert sorted(seen) == sorted(one["id"] for one in [first, *others, last])
        assert (await face.get("/experiments", total="true", limit=2))["total"] == 5
