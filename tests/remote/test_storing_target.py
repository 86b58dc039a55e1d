"""A vendor that only stores, played by a second gateway, answers the other dialects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.compose import gateway_app
from gateway.settings import Settings
from schemas.ids import Kind
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.letters import compared, told
from tests.remote.life import WAITS, Face, lived, made, ran
from tests.remote.runs import checked, ended, executed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'vendor.db'}"}})
    async with serving(gateway_app(settings), "on") as url:
        yield url


@pytest.fixture
async def client(serve: Serve, vendor: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(**targets(vendor)) as client:
        yield client


def targets(vendor: str, **more: Any) -> dict[str, Any]:
    return {"targets": {"phx": {"adapter": "phoenix", "base_url": f"{vendor}/phoenix"}}, **more}


async def test_the_canonical_life(client: httpx.AsyncClient, vendor: str) -> None:
    held = await lived(Face(client, "/v1@phx"), "capitals")
    async with httpx.AsyncClient(base_url=vendor) as behind:
        listed = (await behind.get("/v1/experiments")).json()["items"]
        assert [item["name"] for item in listed] == ["capitals again", "renamed"]
        assert {item["id"] for item in listed}.isdisjoint({held["experiment"]["id"], held["other"]["id"]})
    canonical = Face(client, "/v1@phx")
    await canonical.ask("DELETE", f"/experiments/{held['other']['id']}")
    gone = await canonical.ask("GET", f"/experiments/{held['other']['id']}", 404)
    assert gone.json()["reference"] == held["other"]["id"]


async def test_what_was_stored_is_read_in_every_dialect(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    _, experiment = await made(canonical, "capitals")
    await ran(canonical, experiment, [True, False])
    respan = Face(client, "/respan@phx/api/v2")
    traces = await respan.get(f"/experiments/{experiment['id']}/logs/list/")
    assert [trace["scores"]["right"]["boolean_value"] for trace in traces["results"]] == [False, True]
    listed = await respan.get("/experiments/")
    assert [item["id"] for item in listed] == [experiment["id"]]


async def test_a_record_that_names_a_group_nobody_has_stands_for_itself(client: httpx.AsyncClient, vendor: str) -> None:
    # An A/B test made elsewhere: its variants are experiments there, whose metadata names a group that cannot be read.
    async with httpx.AsyncClient(base_url=vendor) as behind:
        await behind.post("/v1/experiments", json={"name": "before", "examples": [{"input": "a"}], "variants": WAITS})
        arms = [{"name": name, "steps": WAITS[0]["steps"]} for name in ("a", "b")]
        answer = await behind.post("/v1/experiments", json={"name": "both", "examples": [{"input": "a"}], "variants": arms})
        assert answer.status_code == 201
    listed = await Face(client, "/v1@phx").get("/experiments")
    assert [item["name"] for item in listed["items"]] == ["both · b", "both · a", "before"]


async def test_origins_and_receipts(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "tags": ["x"]}
    created = await canonical.ask("POST", "/experiments", 201, json=body)
    assert created.headers["crosswalk-origin"] == "translated"
    assert created.headers["crosswalk-attempts"] == "1"
    assert "crosswalk-lost" not in created.headers
    receipt = (await client.get(f"/v1/receipts/{created.headers['crosswalk-receipt']}")).json()
    assert {entry["canonical"] for entry in receipt["kept_aside"]} == {"/tags", "/variants/*/name"}
    summary = await canonical.ask("GET", f"/experiments/{created.json()['id']}/summary")
    assert summary.headers["crosswalk-origin"] == "emulated"


async def test_what_would_change_the_meaning_is_refused(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
    body = {
        "name": "e",
        "dataset_id": dataset["id"],
        "variants": [{"steps": [{"kind": "wait"}, {"kind": "completion", "config": {}}]}],
        "evaluators": [{"evaluator": "exact_match"}],
    }
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    assert refused["code"] == "loss_refused"
    assert {issue["pointer"] for issue in refused["errors"]} == {"/evaluators", "/variants/*/steps"}
    async with httpx.AsyncClient(base_url=vendor) as behind:
        assert (await behind.get("/v1/experiments")).json()["items"] == []


async def test_what_would_be_lost_can_be_reported_instead(serve: Serve, vendor: str) -> None:
    async with serve(**targets(vendor, loss={"phoenix": {"create_experiment": "report"}})) as client:
        canonical = Face(client, "/v1@phx")
        dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        body = {"name": "e", "dataset_id": dataset["id"], "variants": WAITS, "evaluators": [{"evaluator": "nobody"}]}
        created = await canonical.ask("POST", "/experiments", 201, json=body)
        assert created.headers["crosswalk-lost"] == "/evaluators"
        found = await canonical.get(f"/experiments/{created.json()['id']}")
        assert [use["evaluator"] for use in found["evaluators"]] == ["nobody"]


async def test_an_operation_nothing_can_stand_in_for_is_named(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    dataset, experiment = await made(canonical, "capitals")
    refused = (await canonical.ask("PATCH", f"/datasets/{dataset['id']}", 501, json={"name": "other"})).json()
    assert (refused["code"], refused["vendor"]) == ("unsupported", "phoenix")
    assert "update dataset" in refused["detail"]
    started = (await canonical.ask("POST", f"/experiments/{experiment['id']}/start", 501)).json()
    assert "caller runs" in started["detail"]


async def test_an_id_of_another_target_names_nothing(client: httpx.AsyncClient) -> None:
    local = await Face(client, "/v1").post("/datasets", {"name": "mine", "examples": [{"input": 1}]})
    canonical = Face(client, "/v1@phx")
    await canonical.post("/datasets", {"name": "theirs", "examples": [{"input": 1}]})
    missing = await canonical.ask("GET", f"/datasets/{local['id']}", 404)
    assert missing.headers["crosswalk-attempts"] == "0"
    await canonical.ask("GET", "/experiments/none-of-ours", 404)


async def test_evaluators_live_in_the_gateway_apart_for_each_target(client: httpx.AsyncClient) -> None:
    made = await Face(client, "/v1@phx").post("/evaluators", {"name": "tone", "slug": "tone", "kind": "code", "definition": {}})
    assert (await Face(client, "/v1@phx").get(f"/evaluators/{made['id']}"))["slug"] == "tone"
    await Face(client, "/v1").ask("GET", f"/evaluators/{made['id']}", 404)


async def test_many_runs_and_inline_examples(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    body = {"name": "inline", "examples": [{"input": number} for number in range(3)], "variants": WAITS, "repetitions": 2}
    experiment = await canonical.post("/experiments", body)
    assert experiment["counts"]["expected"] == 6
    runs = [{"example_position": place, "repetition": turn, "output": place} for place in range(3) for turn in (1, 2)]
    added = await canonical.post(f"/experiments/{experiment['id']}/runs/batch", {"runs": runs})
    assert len(set(added["ids"])) == 6
    assert (await canonical.get(f"/experiments/{experiment['id']}"))["status"] == "completed"
    page = await canonical.get(f"/experiments/{experiment['id']}/runs", offset=2, limit=2, total=True)
    assert ([run["output"] for run in page["items"]], page["total"]) == ([1, 1], 6)
    by_output = await canonical.get(f"/experiments/{experiment['id']}/runs", sort="output", limit=3)
    assert [run["output"] for run in by_output["items"]] == [0, 0, 1]


async def test_lists_across_datasets_come_whole_and_once(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    datasets = [await canonical.post("/datasets", {"name": f"d{n}", "examples": [{"input": n}]}) for n in range(3)]
    made = [
        (await canonical.post("/experiments", {"name": f"e{n}", "dataset_id": datasets[n % 3]["id"], "variants": WAITS}))["id"]
        for n in range(7)
    ]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await canonical.get("/experiments", limit=2, **({"cursor": cursor} if cursor else {}))
        seen.extend(item["id"] for item in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    await canonical.ask("GET", "/experiments", 400, params={"limit": 2, "cursor": "nowhere"})


async def test_the_gateway_runs_experiments_on_it(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@phx")
    await checked(canonical, await executed(canonical, "words"))
    async with httpx.AsyncClient(base_url=vendor) as behind:
        (held,) = (await behind.get("/v1/experiments")).json()["items"]
        assert (held["counts"]["succeeded"], held["name"]) == (3, "words run")


async def test_a_run_goes_on_after_a_restart(serve: Serve, vendor: str) -> None:
    async with serve(**targets(vendor, execution={"enabled": False})) as client:
        canonical = Face(client, "/v1@phx")
        dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": "a"}]})
        body = {"name": "e", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "completion", "config": {}}]}]}
        await canonical.ask("POST", "/experiments", 422, json=body)
        drafted = await canonical.ask("POST", "/experiments", 422, json=body, params={"draft": True})
        assert drafted.json()["code"] == "loss_refused"
    async with serve(**targets(vendor)) as client:
        canonical = Face(client, "/v1@phx")
        draft = await canonical.ask("POST", "/experiments", 201, json=body, params={"draft": True})
        assert draft.json()["status"] == "draft"

        experiment = draft.json()["id"]
    async with serve(**targets(vendor)) as client:
        canonical = Face(client, "/v1@phx")
        assert (await canonical.get(f"/experiments/{experiment}"))["status"] == "draft"
        await canonical.ask("POST", f"/experiments/{experiment}/start", 200)
    async with serve(**targets(vendor)) as client:
        found = await ended(Face(client, "/v1@phx"), experiment)
        assert (found["status"], found["counts"]["succeeded"]) == ("completed", 1)
        again = await Face(client, "/v1@phx").ask("POST", f"/experiments/{experiment}/cancel", 409)
        assert again.json()["code"] == "conflict"


async def test_a_respan_definition_is_run_on_it(client: httpx.AsyncClient) -> None:
    respan = Face(client, "/respan@phx/api/v2")
    dataset = await Face(client, "/v1@phx").post(
        "/datasets", {"name": "words", "examples": [{"input": word, "reference": "one"} for word in ("one", "two")]}
    )
    body = {
        "name": "served",
        "dataset_id": dataset["id"],
        "workflow": [{"type": "completion", "config": {"model": "echo"}}],
        "evaluator_slugs": ["exact_match"],
    }
    made = (await respan.ask("POST", "/experiments/", 201, json=body)).json()
    await ended(Face(client, "/v1@phx"), made["id"])
    shown = await respan.get(f"/experiments/{made['id']}/")
    assert (shown["status"], shown["workflow"][0]["type"], shown["evaluator_slugs"]) == ("completed", "completion", ["exact_match"])
    traces = await respan.get(f"/experiments/{made['id']}/logs/list/")
    assert sorted(trace["input"] for trace in traces["results"]) == ["one", "two"]
    assert all(trace["output"] for trace in traces["results"])
    summary = await respan.get(f"/experiments/{made['id']}/logs/summary/")
    assert summary["number_of_requests"] == 2
    assert set(summary["scores"]) == {"exact_match"}


async def test_variants_are_a_group_of_experiments_run_by_the_gateway(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post(
        "/datasets", {"name": "words", "examples": [{"input": {"q": word}, "reference": word} for word in "abcdef"]}
    )
    chains = {"bare": "{{q}}", "wordy": "The letter {{q}}"}
    body = {
        "name": "letters",
        "dataset_id": dataset["id"],
        "variants": [{"name": name, "steps": [{"kind": "completion", "config": {"template": text}}]} for name, text in chains.items()],
        "evaluators": [{"evaluator": "exact_match"}],
        "metric": "exact_match",
        "tags": ["x"],
    }
    made = await canonical.post("/experiments", body)
    assert ([variant["name"] for variant in made["variants"]], made["name"], made["tags"]) == (["bare", "wordy"], "letters", ["x"])
    assert made["id"] not in [variant["id"] for variant in made["variants"]]
    group = await ended(canonical, made["id"])
    assert (group["status"], group["counts"]["succeeded"], group["progress"]) == ("completed", 12, 1.0)
    async with httpx.AsyncClient(base_url=vendor) as behind:
        held = (await behind.get("/v1/experiments")).json()["items"]
        assert [item["name"] for item in held] == ["letters · wordy", "letters · bare"]
    compared = await canonical.get("/compare", experiment_ids=[made["id"]])
    assert [(side["variant"], side["runs"]) for side in compared["sides"]] == [("bare", 6), ("wordy", 6)]
    assert len(compared["rows"]) == 6
    summary = await canonical.get(f"/experiments/{made['id']}/summary")
    assert (summary["runs"], [figures["variant_id"] for figures in summary["evaluators"]]) == (
        12,
        [None, *(variant["id"] for variant in made["variants"])],
    )
    page = await canonical.get(f"/experiments/{made['id']}/runs", limit=5)
    rest = await canonical.get(f"/experiments/{made['id']}/runs", limit=50, cursor=page["next_cursor"])
    assert len({run["id"] for run in [*page["items"], *rest["items"]]}) == 12
    listed = await canonical.get("/experiments")
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    flat = await Face(client, "/respan@phx/api/v2").get("/experiments/")
    assert [item["name"] for item in flat] == ["letters · wordy", "letters · bare"]
    renamed = (await canonical.ask("PATCH", f"/experiments/{made['id']}", json={"name": "signs"})).json()
    assert renamed["name"] == "signs"
    assert (await canonical.get(f"/experiments/{made['variants'][0]['id']}"))["name"] == "signs · bare"
    await canonical.ask("DELETE", f"/experiments/{made['id']}")
    await canonical.ask("GET", f"/experiments/{made['id']}", 404)
    async with httpx.AsyncClient(base_url=vendor) as behind:
        assert (await behind.get("/v1/experiments")).json()["items"] == []


async def test_a_group_that_cannot_be_made_whole_is_not_made(client: httpx.AsyncClient, vendor: str) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "words", "examples": [{"input": 1}]})
    mixed = {"name": "mixed", "steps": [{"kind": "wait"}, {"kind": "completion"}]}
    body = {"name": "g", "dataset_id": dataset["id"], "variants": [{"name": "fine", "steps": [{"kind": "wait"}]}, mixed]}
    refused = (await canonical.ask("POST", "/experiments", 422, json=body)).json()
    assert refused["code"] == "loss_refused"
    async with httpx.AsyncClient(base_url=vendor) as behind:
        assert (await behind.get("/v1/experiments")).json()["items"] == []


async def test_templated_variants_are_compared_on_it(client: httpx.AsyncClient) -> None:
    evalguard = Face(client, "/evalguard@phx/api/v1")
    await told(evalguard, await compared(evalguard, "capitals"), "capitals")


async def test_what_a_target_can_is_told(client: httpx.AsyncClient) -> None:
    able = (await client.get("/v1/capabilities")).json()["targets"]["phx"]
    assert (able["get_experiment"], able["summarize"], able["start_experiment"], able["update_dataset"]) == (
        "native",
        "emulated",
        "emulated",
        "unsupported",
    )
    assert (able["list_scores"], able["create_evaluator"], able["delete_score"]) == ("emulated", "emulated", "unsupported")


async def test_nothing_of_a_deleted_run_is_shown_with_a_new_one_of_its_id(client: httpx.AsyncClient) -> None:
    canonical = Face(client, "/v1@phx")
    dataset = await canonical.post("/datasets", {"name": "d", "examples": [{"input": 1}]})
    asides = client.app.state.remotes["phx"].asides  # type: ignore[attr-defined]
    experiment = await canonical.post("/experiments", {"name": "e", "dataset_id": dataset["id"], "variants": WAITS})
    number = int(experiment["id"][-8:], 16)
    ids = client.app.state.remotes["phx"].ids  # type: ignore[attr-defined]
    run = ids.make(Kind.RUN, number)
    # What a run of an experiment that was deleted at the vendor left behind.
    await asides.put("default", run, {"model": "old", "cost": 9.0}, anew=True)
    made = await canonical.post(f"/experiments/{experiment['id']}/runs", {"example_position": 0, "output": "new"})
    assert made["id"] == run
    shown = await canonical.get(f"/experiments/{experiment['id']}/runs/{run}")
    assert (shown["output"], shown["model"], shown["cost"]) == ("new", None, None)
