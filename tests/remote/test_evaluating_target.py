"""A vendor that runs evaluations over inline cases, played by a second gateway, answers the other dialects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.life import WAITS, Document, Face, lived, made, ran
from tests.remote.runs import ended

pytestmark = pytest.mark.anyio

ASKS = [{"name": "plain", "steps": [{"kind": "completion", "config": {"template": "Say {{input}}", "model": "echo"}}]}]


@asynccontextmanager
async def playing(folder: Path, options: dict[str, Any]) -> AsyncIterator[str]:
    """The base URL of a gateway whose surface plays the vendor."""
    settings = {"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}, "surfaces": {"evalguard": options}}
    async with serving(gateway_app(Settings.model_validate(settings)), "on") as url:
        yield url


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    async with playing(tmp_path, {}) as url:
        yield url


@pytest.fixture
async def client(serve: Serve, vendor: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(**targets(vendor)) as client:
        yield client


def targets(vendor: str, **more: Any) -> dict[str, Any]:
    return {"targets": {"eg": {"adapter": "evalguard", "base_url": f"{vendor}/evalguard"}}, **more}


async def test_the_canonical_life(client: httpx.AsyncClient, vendor: str) -> None:
    held = await lived(Face(client, "/v1@eg"), "capitals")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        listed = (await behind.get("/v1/experiments")).json()["items"]
        assert len(listed) == 2
        assert {item["id"] for item in listed}.isdisjoint({held["experiment"]["id"], held["other"]["id"]})


async def evaluated(face: Face, name: str, **more: Any) -> Document:
    """An experiment that the vendor runs, once it has ended."""
    dataset = await face.post(
        "/datasets", {"name": name, "examples": [{"input": word, "reference": f"Say {word}"} for word in ("one", "two")]}
    )
    body = {"name": f"{name} run", "dataset_id": dataset["id"], "variants": ASKS, "evaluators": [{"evaluator": "exact_match"}], **more}
    created = await face.post("/experiments", body)
    return await ended(face, created["id"])


async def test_the_vendor_runs_what_it_can_say(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    experiment = await evaluated(canonical, "words")
    assert (experiment["status"], experiment["counts"]["succeeded"], experiment["counts"]["expected"]) == ("completed", 2, 2)
    assert experiment["variants"][0]["name"] == "plain"
    assert [(one["evaluator"], one["parameters"]) for one in experiment["evaluators"]] == [("exact_match", {})]
    runs = (await canonical.get(f"/experiments/{experiment['id']}/runs", sort="example_position"))["items"]
    assert [(run["input"], run["reference"], run["example_position"]) for run in runs] == [("one", "Say one", 0), ("two", "Say two", 1)]
    assert all(run["output"] and run["example_id"] for run in runs)
    assert {score["evaluator"] for run in runs for score in run["scores"]} == {"exact-match"}
    summary = await canonical.get(f"/experiments/{experiment['id']}/summary")
    assert (summary["runs"], [figures["evaluator"] for figures in summary["evaluators"]]) == (2, ["exact-match"])
    refused = await canonical.ask("POST", f"/experiments/{experiment['id']}/runs", 501, json={"example_position": 0, "output": "x"})
    assert "itself" in refused.json()["detail"]
    async with httpx.AsyncClient(base_url=f"{vendor}/evalguard/api/v1") as behind:
        project = (await behind.get("/project/current")).json()["projectId"]
        (held,) = (await behind.get("/evals", params={"projectId": project})).json()["data"]
        assert (held["name"], held["model"], held["config"]["scorers"]) == ("words run", "echo", ["exact-match"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"variants": [{"steps": [{"kind": "completion", "config": {"temperature": 0.5}}]}]}, "/variants/*/steps"),
        ({"variants": [{"steps": [{"kind": "completion", "config": {"template": "Say {{country}}"}}]}]}, "/variants/*/steps"),
        ({"variants": [{"steps": [{"kind": "duplicate", "config": {}}]}]}, "/variants/*/steps"),
        ({"evaluators": [{"evaluator": "exact_match", "parameters": {"ignore_case": True}}]}, "/evaluators/*/parameters"),
        ({"evaluators": [{"evaluator": "tone"}]}, "/evaluators"),
        ({"repetitions": 51}, "/repetitions"),
        ({"variants": WAITS, "evaluators": [{"evaluator": "nobody"}]}, "/evaluators"),
    ],
)
async def test_what_would_change_the_outcome_is_refused(client: httpx.AsyncClient, vendor: str, change: Document, pointer: str) -> None:
    canonical = Face(client, "/v1@eg")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    await canonical.post("/evaluators", {"name": "tone", "slug": "tone", "kind": "llm", "definition": {"template": "{{output}}"}})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": ASKS, "evaluators": [{"evaluator": "exact_match"}], **change}
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    assert (refused["code"], [issue["pointer"] for issue in refused["errors"]]) == ("loss_refused", [pointer])
    async with httpx.AsyncClient(base_url=vendor) as behind:
        assert (await behind.get("/v1/experiments")).json()["items"] == []


async def test_nothing_is_run_without_a_scorer(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@eg")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    refused = await canonical.ask("POST", "/experiments", 400, json={"dataset_id": dataset["id"], "variants": ASKS})
    assert "scorer" in refused.json()["detail"]


async def test_what_cannot_be_said_comes_back_and_the_receipt_says_so(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    _, experiment = await made(canonical, "capitals")
    body = {
        "example_position": 1,
        "output": {"answer": [1, 2]},
        "metadata": {"seed": 3},
        "scores": [
            {"evaluator": "tone", "value": "warm", "value_type": "label", "label": "warm", "annotator_kind": "human", "metadata": {"a": 1}}
        ],
    }
    answer = await canonical.ask("POST", f"/experiments/{experiment['id']}/runs", 201, json=body)
    assert "crosswalk-lost" not in answer.headers
    receipt = (await client.get(f"/v1/receipts/{answer.headers['crosswalk-receipt']}")).json()
    assert "/runs/*/metadata" in {entry["canonical"] for entry in receipt["kept_aside"]}
    run = await canonical.get(f"/experiments/{experiment['id']}/runs/{answer.json()['id']}")
    assert (run["output"], run["metadata"], run["input"]) == ({"answer": [1, 2]}, {"seed": 3}, {"country": "Japan"})
    (score,) = run["scores"]
    assert (score["value"], score["label"], score["annotator_kind"], score["metadata"]) == ("warm", "warm", "human", {"a": 1})
    path = f"/experiments/{experiment['id']}/runs/{run['id']}/scores"
    second = await canonical.post(path, {"evaluator": "right", "value": True, "value_type": "boolean"})
    both = (await canonical.get(path))["items"]
    assert [(one["evaluator"], one["value"]) for one in both] == [("tone", "warm"), ("right", True)]
    assert second["id"] == both[1]["id"]
    replaced = await canonical.post(path, {"evaluator": "right", "value": False, "value_type": "boolean"})
    assert replaced["id"] == second["id"]
    await canonical.ask("DELETE", f"{path}/{score['id']}", 200)
    assert [one["value"] for one in (await canonical.get(path))["items"]] == [False]
    async with httpx.AsyncClient(base_url=vendor) as behind:
        (held,) = (await behind.get("/v1/experiments")).json()["items"]
        (row,) = [row for row in (await behind.get(f"/v1/experiments/{held['id']}/runs")).json()["items"] if row["status"] == "succeeded"]
        assert (row["output"], row["passed"]) == ('{"answer":[1,2]}', False)


async def test_a_run_is_over_when_everyone_has_judged_everything(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    _, experiment = await made(canonical, "capitals")
    runs = await ran(canonical, experiment, [True, True])
    async with httpx.AsyncClient(base_url=f"{vendor}/evalguard/api/v1") as behind:
        project = (await behind.get("/project/current")).json()["projectId"]

        async def word() -> str:
            return str((await behind.get("/evals", params={"projectId": project})).json()["data"][0]["status"])

        third = await canonical.post(f"/experiments/{experiment['id']}/runs", {"example_position": 2, "output": "Lima"})
        assert (await word(), (await canonical.get(f"/experiments/{experiment['id']}"))["status"]) == ("running", "completed")
        path = f"/experiments/{experiment['id']}/runs/{third['id']}/scores"
        await canonical.post(path, {"evaluator": "right", "value": False, "value_type": "boolean"})
        assert await word() == "failed"
    found = await canonical.get(f"/experiments/{experiment['id']}")
    assert (found["status"], found["verdict"], found["counts"]["succeeded"]) == ("completed", "failed", len(runs) + 1)


async def test_many_results_go_in_one_upload(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@eg")
    body = {"name": "inline", "examples": [{"input": number} for number in range(5)], "variants": WAITS}
    experiment = await canonical.post("/experiments", body)
    runs = [{"example_position": place, "output": place, "scores": [{"evaluator": "s", "value": place / 4}]} for place in range(5)]
    added = await canonical.ask("POST", f"/experiments/{experiment['id']}/runs/batch", 201, json={"runs": runs})
    assert len(set(added.json()["ids"])) == 5
    page = await canonical.get(f"/experiments/{experiment['id']}/runs", sort="example_position", offset=1, limit=2, total=True)
    assert ([(run["input"], run["output"]) for run in page["items"]], page["total"]) == ([(1, 1), (2, 2)], 5)
    assert (await canonical.get(f"/experiments/{experiment['id']}"))["status"] == "completed"
    again = await canonical.ask("POST", f"/experiments/{experiment['id']}/runs/batch", 409, json={"runs": runs[:1]})
    assert again.json()["code"] == "conflict"


@pytest.mark.parametrize("options", [{}, {"bare_create": True}], ids=["id", "bare"])
@pytest.mark.parametrize("form", ["comparison", "ab"])
async def test_variants_are_a_prompt_experiment(serve: Serve, tmp_path: Path, options: dict[str, Any], form: str) -> None:
    async with playing(tmp_path, options) as vendor, serve(**targets(vendor)) as client:
        canonical = Face(client, "/v1@eg")
        dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a", "reference": "A: a"}, {"input": "b"}]})
        variants = [{"name": name, "steps": [{"kind": "completion", "config": {"template": f"{name}: {{{{input}}}}"}}]} for name in "AB"]
        body = {"name": "two", "dataset_id": dataset["id"], "variants": variants, "evaluators": [{"evaluator": "contains"}], "form": form}
        created = await canonical.post("/experiments", body)
        found = await ended(canonical, created["id"])
        assert (found["id"], found["name"], found["status"]) == (created["id"], "two", "completed")
        assert [variant["name"] for variant in found["variants"]] == ["A", "B"]
        runs = (await canonical.get(f"/experiments/{found['id']}/runs"))["items"]
        assert len({run["id"] for run in runs}) == 4
        arm = found["variants"][1]["id"]
        own = (await canonical.get(f"/experiments/{arm}/runs"))["items"]
        assert [run["variant_id"] for run in own] == [arm, arm]
        assert {run["id"] for run in own} < {run["id"] for run in runs}
        assert (await canonical.get(f"/experiments/{arm}"))["group_id"] == found["id"]
        compared = await canonical.get("/compare", experiment_ids=[found["id"]])
        assert [side["runs"] for side in compared["sides"]] == [2, 2]
        assert [item["id"] for item in (await canonical.get("/experiments"))["items"]] == [found["id"]]
        async with httpx.AsyncClient(base_url=vendor) as behind:
            assert len((await behind.get("/v1/experiments")).json()["items"]) == 1


async def test_variants_with_models_of_their_own_are_runs_of_one_group(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@eg")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    variants = [{"name": name, "steps": [{"kind": "completion", "config": {"template": "{{input}}", "model": "echo"}}]} for name in "AB"]
    body = {"name": "two", "dataset_id": dataset["id"], "variants": variants, "evaluators": [{"evaluator": "contains"}]}
    found = await ended(canonical, (await canonical.post("/experiments", body))["id"])
    assert (found["status"], [variant["name"] for variant in found["variants"]]) == ("completed", ["A", "B"])


async def test_a_phoenix_client_runs_and_scores(client: httpx.AsyncClient, vendor: str) -> None:
    phoenix = Face(client, "/phoenix@eg/v1")
    upload = {"action": "create", "name": "words", "inputs": [{"q": "one"}, {"q": "two"}], "outputs": [{"a": "1"}, {"a": "2"}]}
    dataset = (await phoenix.ask("POST", "/datasets/upload", 200, params={"sync": True}, json=upload)).json()["data"]
    taken = await phoenix.ask("POST", "/datasets/upload", 409, params={"sync": True}, json=upload)
    assert "already exists" in taken.text
    listed = (await phoenix.get(f"/datasets/{dataset['dataset_id']}/examples"))["data"]
    assert [example["input"] for example in listed["examples"]] == [{"q": "one"}, {"q": "two"}]
    body = {"name": "mine", "metadata": {"team": "t"}, "repetitions": 1, "version_id": listed["version_id"]}
    experiment = (await phoenix.ask("POST", f"/datasets/{dataset['dataset_id']}/experiments", 200, json=body)).json()["data"]
    assert (experiment["name"], experiment["metadata"]) == ("mine", {"team": "t"})
    for example in listed["examples"]:
        run = {
            "dataset_example_id": example["id"],
            "output": {"said": example["input"]["q"]},
            "repetition_number": 1,
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-01T00:00:01Z",
        }
        made = (await phoenix.ask("POST", f"/experiments/{experiment['id']}/runs", 200, json=run)).json()["data"]
        await phoenix.ask("POST", f"/experiments/{experiment['id']}/runs", 409, json=run)
        await asyncio.gather(*(_evaluated(phoenix, made["id"], name, score) for name, score in (("right", 1.0), ("tone", 0.25))))
    seen = (await phoenix.get(f"/experiments/{experiment['id']}"))["data"]
    assert (seen["example_count"], seen["successful_run_count"], seen["missing_run_count"]) == (2, 2, 0)
    runs = (await phoenix.get(f"/experiments/{experiment['id']}/runs"))["data"]
    assert [run["output"] for run in runs] == [{"said": "two"}, {"said": "one"}]
    (one, two) = await phoenix.get(f"/experiments/{experiment['id']}/json")
    assert (one["input"], one["reference_output"]) == ({"q": "one"}, {"a": "1"})
    assert {note["name"]: (note["score"], note["annotator_kind"]) for note in two["annotations"]} == {
        "right": (1.0, "CODE"),
        "tone": (0.25, "LLM"),
    }
    async with httpx.AsyncClient(base_url=vendor) as behind:
        (held,) = (await behind.get("/v1/experiments")).json()["items"]
        rows = (await behind.get(f"/v1/experiments/{held['id']}/runs")).json()["items"]
        assert {score["evaluator"] for row in rows for score in row["scores"]} == {"right", "tone"}
        assert (held["name"], held["status"], held["verdict"]) == ("mine", "completed", "failed")


async def _evaluated(phoenix: Face, run: str, name: str, score: float) -> None:
    body = {
        "experiment_run_id": run,
        "name": name,
        "annotator_kind": "LLM" if name == "tone" else "CODE",
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-01-01T00:00:01Z",
        "result": {"score": score, "label": "l", "explanation": "e"},
    }
    await phoenix.ask("POST", "/experiment_evaluations", 200, json=body)


async def test_a_respan_client_resumes_its_traces(client: httpx.AsyncClient) -> None:
    respan = Face(client, "/respan@eg/api/v2")
    dataset = await Face(client, "/v1@eg").post("/datasets", {"name": "words", "examples": [{"input": "one"}, {"input": {"q": "two"}}]})
    body = {"name": "by hand", "dataset_id": dataset["id"], "workflow": [{"type": "custom", "config": {}}]}
    made = (await respan.ask("POST", "/experiments/", 201, json=body)).json()
    listed = (await respan.get(f"/experiments/{made['id']}/logs/list/"))["results"]
    assert [trace["input"] for trace in listed] == [{"q": "two"}, "one"]
    for number, trace in enumerate(listed):
        path = f"/experiments/{made['id']}/logs/{trace['id']}/"
        await respan.ask("PATCH", path, 200, json={"output": f"answer {number}"})
    after = (await respan.get(f"/experiments/{made['id']}/logs/list/"))["results"]
    assert [trace["output"] for trace in after] == ["answer 0", "answer 1"]
    assert (await respan.get(f"/experiments/{made['id']}/"))["status"] == "completed"


async def test_a_respan_definition_is_run_by_the_vendor(client: httpx.AsyncClient) -> None:
    respan = Face(client, "/respan@eg/api/v2")
    dataset = await Face(client, "/v1@eg").post("/datasets", {"name": "words", "examples": [{"input": "one"}, {"input": "two"}]})
    body = {
        "name": "served",
        "dataset_id": dataset["id"],
        "workflow": [{"type": "completion", "config": {"model": "echo"}}],
        "evaluator_slugs": ["exact_match"],
    }
    made = (await respan.ask("POST", "/experiments/", 201, json=body)).json()
    await ended(Face(client, "/v1@eg"), made["id"])
    shown = await respan.get(f"/experiments/{made['id']}/")
    assert (shown["status"], shown["workflow"][0]["type"], shown["evaluator_slugs"]) == ("completed", "completion", ["exact_match"])
    traces = await respan.get(f"/experiments/{made['id']}/logs/list/")
    assert sorted(trace["input"] for trace in traces["results"]) == ["one", "two"]
    assert (await respan.get(f"/experiments/{made['id']}/logs/summary/"))["number_of_requests"] == 2


async def test_datasets_grow_and_their_versions_stay(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@eg")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}, {"input": ["b", 1], "splits": ["x"]}]})
    added = await canonical.post(f"/datasets/{dataset['id']}/examples", {"examples": [{"input": "c", "reference": {"r": 1}}]})
    now = (await canonical.get(f"/datasets/{dataset['id']}/examples"))["items"]
    assert [(item["input"], item["reference"], item["splits"]) for item in now] == [
        ("a", None, []),
        (["b", 1], None, ["x"]),
        ("c", {"r": 1}, []),
    ]
    assert added["ids"] == [now[2]["id"]]
    before = (await canonical.get(f"/datasets/{dataset['id']}/examples", version_id=dataset["version_id"]))["items"]
    assert [item["id"] for item in before] == [item["id"] for item in now[:2]]
    assert (await canonical.get(f"/datasets/{dataset['id']}"))["version_id"] not in ("", dataset["version_id"])
    assert len((await canonical.get(f"/datasets/{dataset['id']}/versions"))["items"]) == 2
    assert [item["id"] for item in (await canonical.get("/datasets"))["items"]] == [dataset["id"]]
    renamed = (await canonical.ask("PATCH", f"/datasets/{dataset['id']}", 200, json={"name": "e", "metadata": {"a": 1}})).json()
    assert (renamed["name"], renamed["metadata"]) == ("e", {"a": 1})
    await canonical.ask("DELETE", f"/datasets/{dataset['id']}", 200)
    await canonical.ask("GET", f"/datasets/{dataset['id']}", 404)


async def test_reading_a_dataset_writes_nothing(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    async with httpx.AsyncClient(base_url=f"{vendor}/evalguard/api/v1") as behind:
        project = (await behind.get("/project/current")).json()["projectId"]
        made = {"projectId": project, "name": "theirs", "cases": [{"input": "a"}]}
        theirs = (await behind.post("/datasets", json=made)).json()["data"]["id"]
        (listed,) = (await canonical.get("/datasets"))["items"]
        dataset = await canonical.get(f"/datasets/{listed['id']}")
        assert (dataset["name"], dataset["example_count"], dataset["version_id"]) == ("theirs", 1, listed["version_id"])
        version = await canonical.get(f"/datasets/{listed['id']}/versions/{dataset['version_id']}")
        assert (version["id"], version["dataset_id"], version["example_count"]) == (dataset["version_id"], dataset["id"], 1)
        assert (await behind.get(f"/datasets/{theirs}/versions")).json()["data"]["versions"] == []
        for count in (1, 2):
            shown = (await canonical.get(f"/datasets/{dataset['id']}/examples", version_id=dataset["version_id"]))["items"]
            assert len(shown) == count, "the dataset as it is, whenever it is asked for"
            await behind.post(f"/datasets/{theirs}/cases", json={"cases": [{"input": "b"}]})
    diff = f"/datasets/{dataset['id']}/versions/{dataset['version_id']}/diff"
    assert "was taken" in (await canonical.ask("GET", diff, 501)).json()["detail"]
    experiment = {"dataset_id": dataset["id"], "dataset_version_id": dataset["version_id"], "variants": ASKS}
    created = await canonical.post("/experiments", {**experiment, "evaluators": [{"evaluator": "exact_match"}]})
    assert (await ended(canonical, created["id"]))["counts"]["succeeded"] == 3


async def test_what_others_said_of_a_result_is_seen_beside_what_is_kept_of_it(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    experiment = await canonical.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": WAITS})
    path = f"/experiments/{experiment['id']}/runs"
    run = await canonical.post(path, {"example_position": 0, "output": "x"})
    for body in ({"evaluator": "tone", "value": "warm"}, {"evaluator": "right", "value": True}, {"evaluator": "length", "value": 0.5}):
        await canonical.post(f"{path}/{run['id']}/scores", body)

    async def scores() -> dict[str, Any]:
        (shown,) = (await canonical.get(path))["items"]
        return {score["evaluator"]: score["value"] for score in shown["scores"]}

    assert await scores() == {"tone": "warm", "right": True, "length": 0.5}
    async with httpx.AsyncClient(base_url=f"{vendor}/evalguard/api/v1") as behind:
        project = (await behind.get("/project/current")).json()["projectId"]
        (held,) = (await behind.get("/evals", params={"projectId": project})).json()["data"]
        (row,) = (await behind.get(f"/evals/{held['id']}/results")).json()["data"]
        said = {**row["scores"], "length": {"score": 0.9, "passed": True}, "theirs": {"score": 1, "passed": True}}
        del said["right"]
        row = {"test_case_index": 0, "input": "a", "output": "x", "latency_ms": 1, "passed": True, "scores": said}
        assert (await behind.post(f"/evals/{held['id']}/results", json={"results": [row]})).status_code == 200
    assert await scores() == {"tone": "warm", "length": 0.9, "theirs": 1}


async def test_projects_are_the_vendors(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@eg")
    made = (await canonical.ask("POST", "/projects", 201, params={"account": True}, json={"name": "Team One"})).json()
    assert (made["name"], made["slug"]) == ("Team One", "team-one")
    path = f"/projects/{made['id']}"
    assert (await canonical.get(path))["slug"] == "team-one"
    renamed = (await canonical.ask("PATCH", path, 200, json={"name": "Team two"})).json()
    assert (renamed["name"], renamed["slug"]) == ("Team two", "team-one")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        (held,) = (await behind.get("/v1/projects", params={"account": True})).json()["items"]
        assert (held["name"], held["id"] != made["id"]) == ("Team two", True)
        await canonical.ask("DELETE", path, 200)
        assert (await behind.get("/v1/projects", params={"account": True})).json()["items"] == []
    refused = await canonical.ask("POST", "/projects", 501, json={"name": "a place for traces"})
    assert refused.json()["code"] == "unsupported"
