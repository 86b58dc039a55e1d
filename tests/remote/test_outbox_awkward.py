"""Delivery to a vendor that trickles, stumbles and leaves one in doubt: nothing is lost, nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from gateway.remote import outbox_delivery
from gateway.remote.outbox_delivery import Rhythm
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.awkward import Awkward, Document, says, silent
from tests.remote.life import Face
from tests.remote.test_outbox import eventually

pytestmark = pytest.mark.anyio

WAITS = [{"steps": [{"kind": "wait"}]}]
Against = Callable[[Awkward], AbstractAsyncContextManager[Face]]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_delivery, "RHYTHM", Rhythm(look=0.05, first=0.05, longest=0.1, retry=0.05, pause=0.5, give_up=3, tries=4))


@pytest.fixture
def against(serve: Serve) -> Against:
    """A gateway before this vendor; asked twice, it is restarted."""

    @asynccontextmanager
    async def running(vendor: Awkward) -> AsyncIterator[Face]:
        async with serving(vendor.app) as url:
            target = {"adapter": "respan", "base_url": url, "api_key": "k", "timeout": 0.5, "retries": 0, "requests_per_minute": 100_000}
            async with serve(targets={"resp": target}) as client:
                yield Face(client, "/v1@resp")

    return running


async def made(face: Face, inputs: list[Any]) -> Document:
    dataset = await face.post("/datasets", {"name": "set", "examples": [{"input": value, "reference": None} for value in inputs]})
    body = {"name": "try", "dataset_id": dataset["id"], "variants": WAITS}
    experiment: Document = await face.post("/experiments", body)
    return experiment


async def posted(face: Face, experiment: Document, outputs: list[Any], **more: Any) -> list[Document]:
    path = f"/experiments/{experiment['id']}/runs"
    return [await face.post(path, {"example_position": place, "output": output, **more}) for place, output in enumerate(outputs)]


async def delivered(face: Face, experiment: Document, seconds: float = 10) -> Document:
    one = f"/experiments/{experiment['id']}"
    found: Document = await eventually(lambda: face.get(one), lambda seen: seen["delivery"] != "pending", seconds)
    assert found["delivery"] == "delivered"
    return found


async def test_places_that_trickle_in(against: Against) -> None:
    vendor = Awkward(shown=[0, 0, 0, 1, 1, 2, 2, 3, 4], ticket=True)
    async with against(vendor) as face:
        experiment = await made(face, [{"q": 1}, {"q": 2}, {"q": 1}, {"q": 3}])
        assert (experiment["status"], experiment["native_status"]) == ("unknown", "some_new_word")
        runs = await posted(face, experiment, ["a", "b", "c", "d"])
        shown = (await face.get(f"/experiments/{experiment['id']}/runs"))["items"]
        assert [(run["id"], run["output"], run["delivery"]) for run in shown] == [
            (run["id"], run["output"], "pending") for run in runs[::-1]
        ]
        await delivered(face, experiment)
        assert sorted(body["output"] for _, body in vendor.patches) == ["a", "b", "c", "d"]
        assert {trace["output"]: trace["input"]["q"] for trace in vendor.traces} == {"a": 1, "b": 2, "c": 1, "d": 3}
        after = (await face.get(f"/experiments/{experiment['id']}/runs"))["items"]
        assert [(run["id"], run["output"], run["delivery"]) for run in after] == [
            (run["id"], run["output"], "delivered") for run in runs[::-1]
        ]
        assert all(path.endswith("/") for path in vendor.paths)


async def test_values_as_texts_lists_as_arrays_and_the_first_form(against: Against) -> None:
    vendor = Awkward(texts=True, bare=True, first_form=True)
    async with against(vendor) as face:
        experiment = await made(face, [{"question": "a long question, cut at the top"}, "plain text", 17])
        (stored,) = vendor.experiments.values()
        assert stored["workflow"] == [{"type": "custom", "config": {}}]
        await posted(face, experiment, [{"answer": 1}, "42", 3.5])
        await delivered(face, experiment)
        shown = (await face.get(f"/experiments/{experiment['id']}/runs"))["items"]
        assert [(run["input"], run["output"]) for run in shown[::-1]] == [
            ({"question": "a long question, cut at the top"}, {"answer": 1}),
            ("plain text", "42"),
            (17, 3.5),
        ]


async def test_a_limit_is_kept_to_and_a_fault_repeated(against: Against) -> None:
    limited = says(429, {"detail": "Rate limit exceeded", "retry_after": 1}, **{"Retry-After": "1"})
    fault = says(500, {"detail": "Internal server error", "error_code": "INTERNAL_ERROR"})
    vendor = Awkward(before={"resume": [limited, fault]})
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        started = asyncio.get_running_loop().time()
        await posted(face, experiment, ["y"])
        await delivered(face, experiment)
        assert asyncio.get_running_loop().time() - started >= 1
        assert (vendor.calls.count("resume"), len(vendor.patches)) == (3, 1)


@pytest.mark.parametrize(
    "fault", [silent, says(500, {"detail": "Internal server error"}), says(504, {"detail": "late"})], ids=["silent", "500", "504"]
)
async def test_a_write_that_took_place_unseen_is_not_repeated(against: Against, fault: Any) -> None:
    vendor = Awkward(after={"resume": [fault], "score": [fault]})
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        await posted(face, experiment, ["y"], scores=[{"evaluator": "right", "value": 1.0, "value_type": "number"}])
        await delivered(face, experiment)
        assert [body["output"] for _, body in vendor.patches] == ["y"]
        assert len(vendor.scores) == 1


async def test_a_create_without_an_answer_is_found(against: Against) -> None:
    vendor = Awkward(after={"create": [silent]})
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        assert experiment["name"] == "try"
        assert vendor.calls.count("create") == 1
        lost = Awkward(before={"create": [silent]})
    async with against(lost) as face:
        dataset = await face.post("/datasets", {"name": "set", "examples": [{"input": "x"}]})
        body = {"name": "try", "dataset_id": dataset["id"], "variants": WAITS}
        refused = await face.client.post("/v1@resp/experiments", json=body)
        assert (refused.status_code >= 500, refused.json()["code"]) == (True, "outcome_unknown")
        assert lost.experiments == {}


async def test_a_restart_in_the_middle_loses_nothing(against: Against) -> None:
    vendor = Awkward(shown=[0])
    async with against(vendor) as face:
        experiment = await made(face, ["a", "b"])
        runs = await posted(face, experiment, [1, 2], scores=[{"evaluator": "right", "value": 0.5, "value_type": "number"}])
    vendor.shown = [2]
    vendor.after = {"resume": [silent]}
    async with against(vendor) as face:
        await eventually(_patched(vendor, 1), bool)
    vendor.after = {}
    async with against(vendor) as face:
        await delivered(face, experiment)
        shown = (await face.get(f"/experiments/{experiment['id']}/runs"))["items"]
        assert [(run["id"], run["output"], run["scores"][0]["value"]) for run in shown[::-1]] == [
            (run["id"], run["output"], 0.5) for run in runs
        ]
    assert sorted(body["output"] for _, body in vendor.patches) == [1, 2]
    assert len(vendor.scores) == 2


def _patched(vendor: Awkward, number: int) -> Any:
    async def look() -> bool:
        return len(vendor.patches) >= number

    return look


async def test_an_unknown_evaluator_is_made_known(against: Against) -> None:
    vendor = Awkward(evaluators=set())
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        await posted(face, experiment, ["y"], scores=[{"evaluator": "tone", "value": 0.5, "value_type": "number"}])
        await delivered(face, experiment)
        assert vendor.evaluators == {"tone"}
        assert len(vendor.scores) == 1


async def test_a_failed_run_stays_with_the_gateway(against: Against) -> None:
    vendor = Awkward()
    async with against(vendor) as face:
        experiment = await made(face, ["x", "y"])
        one = f"/experiments/{experiment['id']}"
        await face.post(f"{one}/runs", {"example_position": 0, "output": None, "status": "failed", "error": "nope"})
        await face.post(f"{one}/runs", {"example_position": 1, "output": "fine"})
        found = await delivered(face, experiment)
        assert (found["status"], found["counts"]["failed"], found["counts"]["succeeded"]) == ("unknown", 1, 1)
        shown = (await face.get(f"{one}/runs"))["items"]
        assert [(run["status"], run["error"], run["delivery"]) for run in shown] == [
            ("succeeded", None, "delivered"),
            ("failed", "nope", "pending"),
        ]
        assert [trace["status"] for trace in vendor.traces] == ["pending", "success"]
        again = await face.post(f"{one}/runs", {"example_position": 0, "output": "now"})
        assert again["id"] == shown[1]["id"]
        await eventually(_patched(vendor, 2), bool)
        conflict = await face.ask("POST", f"{one}/runs", 409, json={"example_position": 1, "output": "other"})
        assert conflict.json()["code"] == "conflict"


async def test_a_client_of_another_dialect_reads_its_failed_run_as_failed(against: Against) -> None:
    async with against(Awkward()) as face:
        other = Face(face.client, "/phoenix@resp/v1")
        upload = {"name": "set", "inputs": [{"q": "x"}, {"q": "y"}], "outputs": [{}, {}]}
        dataset = (await other.ask("POST", "/datasets/upload", params={"sync": "true"}, json=upload)).json()["data"]["dataset_id"]
        examples = (await other.get(f"/datasets/{dataset}/examples"))["data"]["examples"]
        made = (await other.post(f"/datasets/{dataset}/experiments", {"name": "try"}, 200))["data"]["id"]
        times = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z", "repetition_number": 1}
        for example, said in zip(examples, ({"output": None, "error": "nope"}, {"output": "fine"}), strict=True):
            await other.post(f"/experiments/{made}/runs", {"dataset_example_id": example["id"], **times, **said}, 200)

        async def counted() -> Document:
            found: Document = (await other.get(f"/experiments/{made}"))["data"]
            return found

        found = await eventually(counted, lambda seen: seen["missing_run_count"] == 0)
        assert (found["successful_run_count"], found["failed_run_count"]) == (1, 1)
        runs = (await other.get(f"/experiments/{made}/runs"))["data"]
        assert sorted((run["error"] or "", run["output"]) for run in runs) == [("", "fine"), ("nope", None)]
        await asyncio.sleep(0.3)
        assert (await counted())["failed_run_count"] == 1


async def test_what_is_refused_fails_visibly(against: Against) -> None:
    vendor = Awkward(before={"resume": [says(422, {"detail": "Validation error", "errors": {"output": ["Too odd."]}})]})
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        await posted(face, experiment, ["y"])
        one = f"/experiments/{experiment['id']}"
        await eventually(lambda: face.get(one), lambda seen: seen["delivery"] == "failed")
        (run,) = (await face.get(f"{one}/runs"))["items"]
        assert (run["output"], run["delivery"]) == ("y", "failed")
        metrics = (await face.client.get("/metrics")).text
        assert 'crosswalk_outbox_records{state="failed",target="resp"} 1.0' in metrics
        assert 'crosswalk_outbox_failed_total{target="resp"} 1.0' in metrics


async def test_a_second_score_replaces_the_first_where_servers_refuse_two(against: Against) -> None:
    vendor = Awkward()
    async with against(vendor) as face:
        experiment = await made(face, ["x"])
        (run,) = await posted(face, experiment, ["y"], scores=[{"evaluator": "right", "value": 0.5, "value_type": "number"}])
        await delivered(face, experiment)
        path = f"/experiments/{experiment['id']}/runs/{run['id']}/scores"
        again = await face.post(path, {"evaluator": "right", "value": 0.75, "value_type": "number"})
        assert again["id"] == run["scores"][0]["id"]
        await delivered(face, experiment)
        assert vendor.calls.count("rescore") == 1
        assert [score["numerical_value"] for score in vendor.traces[0]["scores"].values()] == [0.75]
        (score,) = (await face.get(path))["items"]
        assert (score["id"], score["value"]) == (again["id"], 0.75)
