"""Workflows as Respan's clients ask for them: families, drafts, commits, deployments, and experiments that pipelines judge."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.surfaces.respan import EVALUATORS, EXPERIMENTS, WAIT, ask, dataset, experiment, resume, traces

pytestmark = pytest.mark.anyio

WORKFLOWS = "/respan/api/workflows/"
EXACT = {"type": "eval", "label": "exact", "config": {"evaluator_id": "exact-match"}}
CLOSE = {"type": "eval", "label": "close", "config": {"evaluator_slug": "levenshtein"}}
PIPELINE = {"name": "judges", "type": "evaluators", "trigger_event_type": "eval_only", "tasks": [EXACT, CLOSE]}


async def pipeline(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await ask(client, "POST", WORKFLOWS, {**PIPELINE, **more}, 201)
    return made


async def committed(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    made = await pipeline(client, **more)
    said: dict[str, Any] = await ask(client, "POST", f"{WORKFLOWS}{made['workflow_id']}/commits/", {"version_description": "first"})
    return said


async def settled(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    for _ in range(200):
        found: dict[str, Any] = await ask(client, "GET", f"{EXPERIMENTS}{identifier}/")
        if found["status"] in ("completed", "failed"):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_a_new_family_has_a_draft_with_ids_and_links(client: httpx.AsyncClient) -> None:
    made = await pipeline(client)
    assert (made["version"], made["is_read_only"], made["is_enabled"], made["deployed_version"]) == (1, False, False, None)
    first, second = made["tasks"]
    assert (first["next"], second["next"]) == (second["id"], None)
    assert (first["label"], first["config"]) == ("exact", {"evaluator_id": "exact-match"})
    assert made["id"] != made["workflow_id"]
    assert await ask(client, "GET", f"{WORKFLOWS}{made['workflow_id']}/") == made
    assert await ask(client, "GET", f"{WORKFLOWS}{made['id']}/", status=404) == {"detail": "Not found."}
    assert (await ask(client, "GET", f"{WORKFLOWS}{made['id']}/versions/"))["count"] == 0
    assert (await ask(client, "POST", WORKFLOWS, status=201))["type"] == "automations"


async def test_what_the_server_says_cannot_be_said_by_a_body(client: httpx.AsyncClient) -> None:
    made = await pipeline(client, is_enabled=True, is_read_only=True, version_description="mine", id="x", workflow_id="y")
    path = f"{WORKFLOWS}{made['workflow_id']}/"
    changed = await ask(client, "PATCH", path, {"is_read_only": True, "is_enabled": True})
    assert (changed["is_read_only"], changed["is_enabled"], changed["version_description"], changed["id"]) == (
        False,
        False,
        None,
        made["id"],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "nothing"},
        {"trigger_event_type": "scheduled"},
        {"schedule_cron": "0 * * * *", "trigger_event_type": "eval_only"},
        {"schedule_cron": "hourly", "trigger_event_type": "scheduled"},
        {"tasks": [{"label": "without a type"}]},
        {"tasks": [{"id": "a", "type": "eval"}, {"id": "a", "type": "eval"}]},
    ],
)
async def test_a_wrong_workflow_is_refused(client: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    await ask(client, "POST", WORKFLOWS, {"name": "wrong", **wrong}, 400)
    assert (await ask(client, "GET", WORKFLOWS))["count"] == 0


async def test_a_commit_freezes_and_a_deployment_takes_the_place_of_another(client: httpx.AsyncClient) -> None:
    first = await committed(client)
    path = f"{WORKFLOWS}{first['workflow_id']}/"
    assert (first["is_read_only"], first["version_description"]) == (True, "first")
    assert "detail" in await ask(client, "POST", f"{path}commits/", {}, 400)
    assert "detail" in await ask(client, "PATCH", path, {"tasks": []}, 400)
    assert "detail" in await ask(client, "PATCH", f"{path}versions/1/", {"tasks": []}, 403)
    second = await ask(client, "POST", f"{path}versions/", {"tasks": [CLOSE]}, 201)
    assert (second["version"], second["name"], second["type"], len(second["tasks"])) == (2, "judges", "evaluators", 1)
    assert "version" in await ask(client, "POST", f"{path}deployments/", {"version": 2}, 400)
    deployed = await ask(client, "POST", f"{path}deployments/", {})
    assert deployed == {
        "id": first["id"],
        "workflow_id": first["workflow_id"],
        "version": 1,
        "is_enabled": True,
        "is_read_only": True,
    }
    await ask(client, "POST", f"{path}commits/")
    assert (await ask(client, "POST", f"{path}deployments/", {"version": 2}))["id"] == second["id"]
    versions = (await ask(client, "GET", f"{path}versions/"))["results"]
    assert [(one["version"], one["is_enabled"], one["deployed_version"]) for one in versions] == [(2, True, 2), (1, False, 2)]
    for _ in range(2):
        await ask(client, "DELETE", f"{path}deployments/", status=204)
    assert (await ask(client, "GET", path))["deployed_version"] is None
    await ask(client, "POST", f"{path}deployments/", {"version": 9}, 404)


async def test_of_eight_commits_at_once_one_is_made_and_of_deployments_one_stands(client: httpx.AsyncClient) -> None:
    made = await pipeline(client)
    path = f"{WORKFLOWS}{made['workflow_id']}/"
    commits = await asyncio.gather(*(client.post(f"{path}commits/", json={"version_description": str(number)}) for number in range(8)))
    (won,) = [answer.json()["version_description"] for answer in commits if answer.status_code == 200]
    assert [answer.status_code for answer in commits].count(400) == 7
    assert (await ask(client, "GET", f"{path}versions/1/"))["version_description"] == won
    for _ in range(3):
        await ask(client, "POST", f"{path}versions/", {"tasks": [CLOSE]}, 201)
        await ask(client, "POST", f"{path}commits/")
    await asyncio.gather(*(client.post(f"{path}deployments/", json={"version": number}) for number in (1, 2, 3, 4)))
    versions = (await ask(client, "GET", f"{path}versions/"))["results"]
    assert [version["is_enabled"] for version in versions].count(True) == 1
    assert len({version["deployed_version"] for version in versions}) == 1


async def test_the_name_belongs_to_the_family(client: httpx.AsyncClient) -> None:
    made = await committed(client)
    path = f"{WORKFLOWS}{made['workflow_id']}/"
    await ask(client, "POST", f"{path}versions/", {}, 201)
    changed = await ask(client, "PATCH", path, {"name": "renamed", "is_starred": True, "tasks": [CLOSE]})
    assert (changed["version"], changed["name"], len(changed["tasks"])) == (2, "renamed", 1)
    frozen = await ask(client, "GET", f"{path}versions/1/")
    assert (frozen["name"], frozen["is_starred"], len(frozen["tasks"])) == ("renamed", True, 2)


async def test_lists_narrow_by_query_and_filters_together(client: httpx.AsyncClient) -> None:
    one = await committed(client, name="Alpha")
    await pipeline(client, name="alphabet")
    await ask(client, "POST", WORKFLOWS, {"name": "Alpha automation"}, 201)
    assert (await ask(client, "GET", f"{WORKFLOWS}?search=alpha"))["count"] == 3
    assert (await ask(client, "GET", f"{WORKFLOWS}?search=alpha&type=evaluators"))["count"] == 2
    body = {"filters": {"is_read_only": {"operator": "", "value": [True]}}}
    found = await ask(client, "POST", f"{WORKFLOWS}list/?type=evaluators&sort_by=-name", body)
    assert [item["id"] for item in found["results"]] == [one["id"]]
    assert "tasks" not in found["results"][0]
    pages = [await ask(client, "POST", f"{WORKFLOWS}list/?page={page}&page_size=2&sort_by=name") for page in (1, 2, 3)]
    assert [[item["name"] for item in page["results"]] for page in pages] == [["Alpha", "Alpha automation"], ["alphabet"], []]


async def test_a_draft_beside_a_later_committed_version_stands_for_the_family(client: httpx.AsyncClient) -> None:
    made = await pipeline(client)
    path = f"{WORKFLOWS}{made['workflow_id']}/"
    await ask(client, "POST", f"{path}versions/", {"tasks": []}, 201)
    assert (await ask(client, "POST", f"{path}commits/"))["version"] == 2
    assert (await ask(client, "GET", path))["version"] == 1
    assert [item["version"] for item in (await ask(client, "GET", WORKFLOWS))["results"]] == [1]


async def test_an_export_is_portable_and_never_enabled(client: httpx.AsyncClient) -> None:
    made = await pipeline(client)
    said = await ask(client, "GET", f"{WORKFLOWS}{made['workflow_id']}/?is_exporting=true")
    assert said["schema_version"] == "v1"
    assert (said["workflow"]["name"], said["workflow"]["is_enabled"], said["workflow"]["tasks"]) == ("judges", False, made["tasks"])
    again = await ask(client, "POST", WORKFLOWS, {"type": "evaluators", **said["workflow"]}, 201)
    assert again["tasks"] == made["tasks"]


async def test_a_validation_says_what_is_wrong_with_which_task(client: httpx.AsyncClient) -> None:
    good = await pipeline(client)
    said = await ask(client, "POST", f"{WORKFLOWS}{good['workflow_id']}/validations/")
    assert (said["status"], said["validation"], said["is_all_passed"]) == ("success", {"is_valid": True, "error": None}, True)
    assert [one["status"] for one in said["task_results"]] == ["passed", "passed"]
    nobody = {"id": "n", "type": "eval", "config": {"evaluator_id": "nobody"}}
    bad = await pipeline(client, tasks=[nobody, {"id": "w", "type": "webhook"}])
    said = await ask(client, "POST", f"{WORKFLOWS}{bad['workflow_id']}/validations/", {})
    assert (said["status"], said["is_all_passed"]) == ("validation_error", False)
    assert [(one["task_id"], one["status"]) for one in said["task_results"]] == [("n", "failed"), ("w", "skipped")]
    loose = await pipeline(client, tasks=[{**EXACT, "next": "elsewhere"}])
    said = await ask(client, "POST", f"{WORKFLOWS}{loose['workflow_id']}/validations/")
    assert "elsewhere" in said["validation"]["error"]
    empty = await pipeline(client, tasks=[])
    said = await ask(client, "POST", f"{WORKFLOWS}{empty['workflow_id']}/validations/")
    assert (said["status"], said["task_results"]) == ("success", [])


async def test_what_waits_for_events_is_kept_and_never_deployed(client: httpx.AsyncClient) -> None:
    made = await committed(client, type="automations", trigger_event_type="request_log")
    assert "request_log" in (await ask(client, "POST", f"{WORKFLOWS}{made['workflow_id']}/deployments/", {}, 400))["detail"]


async def test_a_deleted_family_is_gone_with_its_versions(client: httpx.AsyncClient) -> None:
    made = await committed(client)
    path = f"{WORKFLOWS}{made['workflow_id']}/"
    await ask(client, "DELETE", path, status=204)
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "versions/1/"), ("POST", "commits/"), ("POST", "validations/")):
        assert await ask(client, method, path + rest, status=404) == {"detail": "Not found."}
    assert (await ask(client, "GET", f"{path}versions/"))["results"] == []


async def test_an_experiment_is_judged_by_its_pipelines(client: httpx.AsyncClient) -> None:
    version = (await committed(client))["id"]
    body = {"dataset_id": await dataset(client), "workflow": [{"type": "duplicate", "config": {}}], "evaluator_workflow_ids": [version]}
    made = await ask(client, "POST", EXPERIMENTS, body, 201)
    assert (made["evaluator_workflow_ids"], made["evaluator_ids"]) == ([version], [])
    assert (await settled(client, made["id"]))["evaluator_workflow_ids"] == [version]
    found = await traces(client, made["id"])
    assert [set(trace["scores"]) for trace in found] == [{"exact-match", "levenshtein"}] * 3
    summary = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/summary/")
    assert set(summary["scores"]) == {"exact-match", "levenshtein"}


async def test_a_waiting_experiment_is_judged_by_its_pipeline_when_it_is_resumed(client: httpx.AsyncClient) -> None:
    version = (await committed(client, tasks=[EXACT]))["id"]
    made = await experiment(client, evaluator_workflow_ids=[version])
    trace = next(one for one in await traces(client, made["id"]) if one["expected_output"] == "PARIS")
    await resume(client, made["id"], trace["id"], "PARIS")
    for _ in range(200):
        scores = (await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/{trace['id']}/"))["scores"]
        if scores:
            break
        await asyncio.sleep(0.02)
    assert scores["exact-match"]["boolean_value"] is True


async def test_pipelines_take_the_place_of_evaluators_and_go_again(client: httpx.AsyncClient) -> None:
    version = (await committed(client))["id"]
    made = await experiment(client, evaluator_ids=["contains"])
    path = f"{EXPERIMENTS}{made['id']}/"
    changed = await ask(client, "PATCH", path, {"evaluator_workflow_ids": [version]})
    assert (changed["evaluator_workflow_ids"], changed["evaluator_ids"]) == ([version], [])
    changed = await ask(client, "PUT", path, {"evaluator_ids": ["contains"]})
    assert (changed["evaluator_workflow_ids"], changed["evaluator_ids"]) == ([], ["contains"])
    changed = await ask(client, "PATCH", path, {"evaluator_workflow_ids": []})
    assert (changed["evaluator_workflow_ids"], changed["evaluator_ids"]) == ([], ["contains"])


async def test_a_pipeline_that_cannot_be_run_is_refused_by_name(client: httpx.AsyncClient) -> None:
    rows = await dataset(client)

    async def refused(version: str, status: int = 400) -> str:
        body = {"dataset_id": rows, "workflow": WAIT, "evaluator_workflow_ids": [version]}
        return str(await ask(client, "POST", EXPERIMENTS, body, status))

    family = await committed(client)
    assert "Not found." in await refused(family["workflow_id"], 404)
    assert "Not found." in await refused("no-such-version", 404)
    webhook = await pipeline(client, tasks=[{"type": "webhook", "config": {}}])
    assert "webhook" in await refused(webhook["id"])
    assert "no tasks" in await refused((await pipeline(client, tasks=[]))["id"])
    assert "evaluator_id" in await refused((await pipeline(client, tasks=[{"type": "eval"}]))["id"])
    unknown = await pipeline(client, tasks=[{"type": "eval", "config": {"evaluator_id": "nobody"}}])
    assert "no such evaluator" in await refused(unknown["id"])
    automation = await pipeline(client, type="automations", trigger_event_type="request_log")
    assert "eval_only" in await refused(automation["id"])
    assert (await ask(client, "POST", f"{EXPERIMENTS}summary/"))["total_count"] == 0


async def test_a_task_says_how_its_evaluator_judges(client: httpx.AsyncClient) -> None:
    """`human` leaves the score to a person, so that none is given."""
    kept = await ask(client, "POST", EVALUATORS, {"name": "kept", "type": "human", "score_value_type": "numerical"}, 201)
    by_hand = {"type": "eval", "generation_method": "human", "config": {"evaluator_id": kept["id"]}}
    version = (await committed(client, tasks=[EXACT, by_hand]))["id"]
    body = {"dataset_id": await dataset(client), "workflow": [{"type": "duplicate", "config": {}}], "evaluator_workflow_ids": [version]}
    made = await ask(client, "POST", EXPERIMENTS, body, 201)
    await settled(client, made["id"])
    assert [set(trace["scores"]) for trace in await traces(client, made["id"])] == [{"exact-match"}] * 3
