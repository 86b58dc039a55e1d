"""Changes that take back what was said before, and what lists and records say of the same experiment, before every vendor."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.remote.facing import Facing, before
from tests.remote.life import WAITS, Document, Face

pytestmark = pytest.mark.anyio

VENDORS = ["phoenix", "respan", "evalguard"]


@pytest.fixture
async def facing(serve: Serve, tmp_path: Path) -> AsyncIterator[Facing]:
    async with before(serve, tmp_path) as facing:
        yield facing


async def begun(face: Face, **more: object) -> tuple[Document, str]:
    dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a", "reference": "A"}, {"input": "b"}]})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, **more}
    return dataset, f"/experiments/{(await face.post('/experiments', body))['id']}"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_what_was_said_is_taken_back_by_null_and_by_nothing(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, _behind):
        _, one = await begun(face, description="d", metadata={"k": 1}, tags=["x"])
        cleared: Document = {"description": None, "metadata": {}, "tags": []}
        changed = (await face.ask("PATCH", one, json=cleared)).json()
        assert {name: changed[name] for name in cleared} == cleared
        assert {name: (await face.get(one))[name] for name in cleared} == cleared


@pytest.mark.parametrize("vendor", VENDORS)
async def test_runs_are_taken_after_experiments_were_listed(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, _behind):
        dataset, one = await begun(face)
        assert [item["name"] for item in (await face.get("/experiments", dataset_id=dataset["id"]))["items"]] == ["e"]
        await face.post(f"{one}/runs", {"example_position": 0, "output": "o"})


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_list_and_the_record_count_alike(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, _behind):
        dataset, one = await begun(face)
        assert await _told(face, dataset, one) == ("waiting", 0.0, 0, 0, 2)
        await face.post(f"{one}/runs", {"example_position": 0, "error": "it broke"})
        assert (await _told(face, dataset, one))[2:] == (0, 1, 1)
        await face.post(f"{one}/runs", {"example_position": 1, "output": "o"})
        assert await _told(face, dataset, one) == ("completed_with_errors", 1.0, 1, 1, 0)


async def _told(face: Face, dataset: Document, one: str) -> tuple[str, float, int, int, int]:
    """How an experiment stands by itself, after it was seen to stand so in lists."""
    listed = [(await face.get("/experiments", **query))["items"][0] for query in ({"dataset_id": dataset["id"]}, {"limit": 1})]
    alone = await face.get(one)
    shown = [
        (each["status"], each["progress"], *(each["counts"][name] for name in ("succeeded", "failed", "missing")))
        for each in [alone, *listed]
    ]
    assert shown[1:] == shown[:1] * 2
    return shown[0]


EXTENSIONS = {"another": {"x": [1, None]}}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_what_no_field_claims_comes_back_from_every_record(facing: Facing, vendor: str) -> None:
    more = {"extensions": EXTENSIONS}
    async with facing(vendor) as (_, face, _behind):
        dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a", **more}], **more})
        experiment = await face.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, **more})
        one = f"/experiments/{experiment['id']}"
        run = await face.post(f"{one}/runs", {"example_position": 0, "output": "o", **more})
        await face.post(f"{one}/runs/{run['id']}/scores", {"evaluator": "s", "value": 1, "value_type": "number", **more})
        (example,) = (await face.get(f"/datasets/{dataset['id']}/examples"))["items"]
        read = await face.get(f"{one}/runs/{run['id']}")
        shown = [await face.get(f"/datasets/{dataset['id']}"), example, await face.get(one), read, *read["scores"]]
        assert [each["extensions"].get("another") for each in shown] == [EXTENSIONS["another"]] * 5
        changed = (await face.ask("PATCH", one, json={"extensions": {"another": {"y": 2}}})).json()
        assert changed["extensions"]["another"] == {**EXTENSIONS["another"], "y": 2}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_absent_null_and_empty_references_stay_apart(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, _behind):
        examples = [{"input": "a"}, {"input": "b", "reference": None}, {"input": "c", "reference": {}}, {"input": "d", "reference": ""}]
        dataset = await face.post("/datasets", {"name": "d", "examples": examples})
        shown = (await face.get(f"/datasets/{dataset['id']}/examples"))["items"]
        assert [example["reference"] for example in shown] == [None, None, {}, ""]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_recorded_run_is_not_completed_again(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (client, _face, _behind):
        respan = Face(client, "/respan@there/api")
        dataset = await respan.post("/datasets/", {"name": "d", "is_empty": True})
        await respan.post(f"/datasets/{dataset['id']}/logs/", {"input": "a"})
        body = {"name": "e", "dataset_id": dataset["id"], "workflow": [{"type": "wait", "config": {}}]}
        one = f"/v2/experiments/{(await respan.post('/v2/experiments/', body))['id']}/logs"
        (trace,) = (await respan.post(f"{one}/list/", {}, 200))["results"]
        await respan.ask("PATCH", f"{one}/{trace['id']}/", json={"input": "a", "output": "first"})
        await respan.ask("PATCH", f"{one}/{trace['id']}/", 400, json={"input": "a", "output": "second"})
        assert (await respan.get(f"{one}/{trace['id']}/"))["output"] == "first"


async def test_prompt_experiments_are_listed_beside_repetitions(facing: Facing) -> None:
    async with facing("evalguard") as (_, face, behind):
        dataset, _ = await begun(face, repetitions=2)
        prompts = [{"name": name, "steps": [{"kind": "completion", "config": {"template": name}}]} for name in ("one", "two")]
        evaluators = [{"evaluator": "exact-match"}]
        made = await face.post(
            "/experiments", {"name": "prompts", "dataset_id": dataset["id"], "variants": prompts, "evaluators": evaluators}
        )
        assert made["id"]
        listed = (await face.get("/experiments", dataset_id=dataset["id"]))["items"]
        assert [(item["name"], len(item["variants"])) for item in listed] == [(listed[0]["name"], 2), ("e", 1)]
        flat = (await face.get("/experiments", dataset_id=dataset["id"], flat=True))["items"]
        assert sorted(len(item["variants"]) for item in flat) == [1] * len(flat)
        assert len({item["name"] for item in flat}) == len(flat)
        assert len((await behind.get("/experiments"))["items"]) == 3


async def test_lists_count_what_the_vendor_has_run(facing: Facing) -> None:
    async with facing("respan") as (_, face, _behind):
        dataset = await face.post("/datasets", {"name": "d", "examples": [{"input": "a"}, {"input": "b"}]})
        variants = [{"name": "", "steps": [{"kind": "completion", "config": {"model": "echo"}}]}]
        made = await face.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": variants})
        async with asyncio.timeout(10):
            while (await face.get(f"/experiments/{made['id']}"))["status"] != "completed":
                await asyncio.sleep(0.05)
        (item,) = (await face.get("/experiments", dataset_id=dataset["id"]))["items"]
        assert (item["status"], item["counts"]["succeeded"], item["counts"]["missing"]) == ("completed", 2, 0)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_evaluator_has_one_histogram_by_either_name(facing: Facing, vendor: str) -> None:
    async with facing(vendor) as (_, face, _behind):
        evaluator = await face.post("/evaluators", {"name": "Tone", "slug": "tone", "kind": "human", "value_type": "number"})
        _, one = await begun(face)
        run = await face.post(f"{one}/runs", {"example_position": 0, "output": "o"})
        await face.post(f"{one}/runs/{run['id']}/scores", {"evaluator": evaluator["id"], "value": 3.5, "value_type": "number"})
        counts = [(await face.get(f"{one}/histogram", evaluator=name))["count"] for name in (evaluator["id"], "tone")]
        assert counts == [1, 1]
