"""Experiments as Respan's clients ask for them: definitions, drafts, waiting traces, edits, errors."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.surfaces.respan import EXPERIMENTS, WAIT, ask, dataset, experiment, resume, traces

pytestmark = pytest.mark.anyio


async def test_a_waiting_trace_for_every_row_and_repetition_of_equal_inputs(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    assert (made["status"], made["progress"], made["completed_at"]) == ("waiting_for_annotations", 0, None)
    found = await traces(client, made["id"])
    assert [trace["status"] for trace in found] == ["pending"] * 3
    assert [trace["input"] for trace in found] == ["paris", {"q": 1}, "paris"]
    keys = [trace["comparison_key"] for trace in found]
    assert keys[0] == keys[2] != keys[1]
    assert all(len(key) == 64 for key in keys)
    assert all(datetime.fromisoformat(trace["start_time"]) for trace in found)


async def test_a_resume_merges_what_it_says(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    first, second, third = await traces(client, made["id"])
    metrics = {"cost": 0.5, "latency": 1.5, "prompt_tokens": 10, "completion_tokens": 5, "judged_by": "me"}
    said = await resume(client, made["id"], first["id"], {"answer": 1}, input=None, metrics=metrics, metadata={"runner": "a"}, name="x")
    assert (said["id"], said["trace_unique_id"], said["status"]) == (first["id"], first["id"], "success")
    assert (said["input"], said["output"]) == ("paris", {"answer": 1})
    assert (said["total_cost"], said["duration"], said["total_tokens"], said["total_prompt_tokens"]) == (0.5, 1.5, 15, 10)
    assert said["metadata"] == {"runner": "a"}
    assert (await resume(client, made["id"], second["id"], None))["output"] is None
    assert (await resume(client, made["id"], third["id"], False, input="changed"))["input"] == "changed"
    ended = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/")
    assert (ended["status"], ended["progress"]) == ("completed", 100)


async def test_a_trace_is_resumed_once(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    trace = (await traces(client, made["id"]))[0]["id"]
    await resume(client, made["id"], trace, "first")
    path = f"{EXPERIMENTS}{made['id']}/logs/{trace}/"
    assert "detail" in await ask(client, "PATCH", path, {"output": "second"}, 400)
    assert (await ask(client, "GET", path))["output"] == "first"
    assert await ask(client, "PATCH", path, {"input": "x"}, 400) == {"output": ["This field is required."]}


async def test_of_twelve_resumes_at_once_one_is_recorded(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    trace = (await traces(client, made["id"]))[0]["id"]
    path = f"{EXPERIMENTS}{made['id']}/logs/{trace}/"
    answers = await asyncio.gather(*(client.patch(path, json={"output": number}) for number in range(12)))
    (won,) = [answer.json()["output"] for answer in answers if answer.status_code == 200]
    assert [answer.status_code for answer in answers].count(400) == 11
    assert (await ask(client, "GET", path))["output"] == won


async def test_the_first_form_from_create_to_submission(client: httpx.AsyncClient) -> None:
    """`workflows` of one `custom` step, filters as a list, a submission of the output alone, and what the older notebooks poll for."""
    body = {"dataset_id": await dataset(client), "workflows": [{"type": "custom", "config": {}}], "evaluator_slugs": ["exact-match"]}
    made = await ask(client, "POST", EXPERIMENTS, body, 201)
    assert made["workflows"] == [{"type": "wait", "config": {}}]
    waiting = {"filters": [{"field": "status", "operator": "=", "value": "pending_custom_submission"}]}
    found = await traces(client, made["id"], waiting)
    assert len(found) == 3
    for trace in found:
        submitted = await ask(client, "PATCH", f"{EXPERIMENTS}{made['id']}/logs/{trace['id']}/", {"output": trace["expected_output"]})
        assert (submitted["status"], submitted["input"]) == ("success", trace["input"])
    assert await traces(client, made["id"], waiting) == []
    done = {"filters": [{"field": "status", "operator": "in", "value": ["success"]}]}
    for _ in range(500):
        scores = [trace["scores"] for trace in await traces(client, made["id"], done)]
        status = (await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/"))["status"]
        if all(scores) and status == "completed":
            break
        await asyncio.sleep(0.02)
    assert status == "completed"
    assert [one["exact-match"]["boolean_value"] for one in scores] == [True, True, True]


async def test_a_trace_of_another_experiment_is_not_found(client: httpx.AsyncClient) -> None:
    one, other = await experiment(client), await experiment(client)
    trace = (await traces(client, one["id"]))[0]["id"]
    for method, body in (("GET", None), ("PATCH", {"output": 1})):
        assert await ask(client, method, f"{EXPERIMENTS}{other['id']}/logs/{trace}/", body, 404) == {"detail": "Not found."}


async def test_a_draft_is_completed_and_started(client: httpx.AsyncClient) -> None:
    draft = await ask(client, "POST", EXPERIMENTS, {"name": "later"}, 201)
    assert (draft["status"], draft["workflow"], draft["dataset"]) == ("draft", [], None)
    assert await ask(client, "POST", f"{EXPERIMENTS}{draft['id']}/runs/", status=400)
    body = {"dataset_id": await dataset(client), "workflow": WAIT}
    assert (await ask(client, "PATCH", f"{EXPERIMENTS}{draft['id']}/", body))["status"] == "draft"
    assert await traces(client, draft["id"]) == []
    await ask(client, "POST", f"{EXPERIMENTS}{draft['id']}/runs")
    assert len(await traces(client, draft["id"])) == 3


async def test_an_empty_body_makes_a_draft_that_is_named_by_its_id(client: httpx.AsyncClient) -> None:
    draft = await ask(client, "POST", EXPERIMENTS, status=201)
    assert (draft["status"], draft["name"]) == ("draft", f"Experiment {draft['id'][-8:]}")


async def test_settings_nobody_named_are_the_documented_ones(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    assert (made["batch_size"], made["concurrency"], made["enable_tracing"], made["error_message"]) == (100, 15, True, "")
    assert (made["evaluator_ids"], made["evaluator_slugs"], made["evaluator_workflow_ids"], made["tags"]) == ([], [], [], [])


async def test_put_sets_back_what_it_does_not_name(client: httpx.AsyncClient) -> None:
    made = await experiment(client, description="d", evaluator_ids=["exact-match"], batch_size=7)
    path = f"{EXPERIMENTS}{made['id']}/"
    patched = await ask(client, "PATCH", path, {"name": "n"})
    assert (patched["description"], patched["evaluator_ids"], patched["batch_size"]) == ("d", ["exact-match"], 7)
    put = await ask(client, "PUT", path, {"name": "m"})
    assert (put["name"], put["description"], put["evaluator_ids"], put["batch_size"]) == ("m", None, [], 100)
    assert (put["dataset_id"], put["workflow"]) == (made["dataset_id"], WAIT)


async def test_older_spellings_are_read_and_current_ones_written(client: httpx.AsyncClient) -> None:
    body = {
        "dataset": await dataset(client),
        "workflows": [{"type": "custom", "config": {"allow_submission": True}}],
        "evaluator_slugs": ["exact-match"],
    }
    made = await ask(client, "POST", "/respan/api/v2/experiments", body, 201)
    assert made["workflow"] == made["workflows"] == [{"type": "wait", "config": {"allow_submission": True}}]
    assert made["evaluator_ids"] == ["exact-match"]
    steps = [{"type": "completion", "config": {"model": "echo"}}, {"type": "evaluator", "config": {"evaluator_slug": "contains"}}]
    changed = await ask(client, "PATCH", f"{EXPERIMENTS}{made['id']}", {"workflow": steps})
    assert [step["type"] for step in changed["workflow"]] == ["completion", "eval"]
    assert changed["workflow"][1]["config"] == {"evaluator_slug": "contains"}


async def test_ids_win_over_slugs(client: httpx.AsyncClient) -> None:
    made = await experiment(client, evaluator_ids=["contains"], evaluator_slugs=["exact-match"])
    assert made["evaluator_ids"] == made["evaluator_slugs"] == ["contains"]


async def test_an_id_of_the_callers_own(client: httpx.AsyncClient) -> None:
    made = await experiment(client, experiment_id="nightly-1", name="n")
    assert made["id"] == "nightly-1"
    assert (await ask(client, "GET", f"{EXPERIMENTS}nightly-1/"))["name"] == "n"
    body = {"filters": {"id": {"operator": "in", "value": ["nightly-1"]}}}
    assert (await ask(client, "POST", f"{EXPERIMENTS}list/", body))["count"] == 1
    again = {"dataset_id": made["dataset_id"], "workflow": WAIT, "experiment_id": "nightly-1"}
    assert "detail" in await ask(client, "POST", EXPERIMENTS, again, 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"workflow": [{"type": "teleport", "config": {}}]}, "workflow"),
        ({"workflow": [{"config": {}}]}, "workflow"),
        ({"workflow": [{"type": "prompt", "config": {}}]}, "workflow"),
        ({"workflow": [], "evaluator_ids": ["contains"]}, "workflow"),
        ({"workflow": WAIT, "evaluator_ids": ["contains"], "evaluator_workflow_ids": ["x"]}, "evaluator_workflow_ids"),
        ({"workflow": WAIT, "batch_size": 0}, "batch_size"),
        ({"workflow": WAIT, "concurrency": "many"}, "concurrency"),
        ({"workflow": "all"}, "workflow"),
        ({"workflow": WAIT, "name": 7}, "name"),
    ],
)
async def test_a_wrong_definition_names_its_field(client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    body = {"dataset_id": await dataset(client), **body}
    refused = await ask(client, "POST", EXPERIMENTS, body, 400)
    assert list(refused) == [field]
    assert all(isinstance(message, str) for message in refused[field])
    assert (await ask(client, "GET", f"{EXPERIMENTS}summary/"))["total_count"] == 0


async def test_an_unknown_step_type_is_named(client: httpx.AsyncClient) -> None:
    body = {"dataset_id": await dataset(client), "workflow": [{"type": "teleport", "config": {}}]}
    assert "teleport" in (await ask(client, "POST", EXPERIMENTS, body, 400))["workflow"][0]


async def test_unknown_datasets_and_ids_of_other_kinds_are_not_found(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    for wrong in ("00000000-0000-4000-8000-00000000dead", made["id"]):
        assert await ask(client, "POST", EXPERIMENTS, {"dataset_id": wrong, "workflow": WAIT}, 404) == {"detail": "Not found."}
    assert await ask(client, "GET", f"{EXPERIMENTS}{made['dataset_id']}/", status=404) == {"detail": "Not found."}


async def test_a_deleted_experiment_is_gone_with_its_traces(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    answer = await client.delete(f"{EXPERIMENTS}{made['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    for path in ("", "logs/list/", "logs/summary/", "histogram/?evaluator_id=contains"):
        assert await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/{path}", status=404) == {"detail": "Not found."}
    assert await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/list/?export=1", status=404)


async def test_both_spellings_answer_without_a_redirect(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    for path in ("", "list", "summary", made["id"], f"{made['id']}/logs/list", f"{made['id']}/logs/summary"):
        for end in ("", "/"):
            answer = await client.get(f"{EXPERIMENTS}{path}".removesuffix("/") + end)
            assert answer.status_code == 200, path


async def test_no_content_type_and_no_body_are_accepted_where_a_body_may_be(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    for path in ("list/", "summary/", f"{made['id']}/logs/list/", f"{made['id']}/logs/summary/", f"{made['id']}/histogram/?evaluator_id=x"):
        answer = await client.post(f"{EXPERIMENTS}{path}")
        assert answer.status_code == 200, answer.text
        assert "content-type" not in answer.request.headers
    answer = await client.post(f"{EXPERIMENTS}{made['id']}/histogram/?evaluator_id=x", content=b"not even JSON")
    assert answer.status_code == 200


async def test_a_refused_key_gets_the_documented_text(serve: Serve) -> None:
    keys = [{"name": "ci", "sha256": "0" * 64, "role": "admin", "targets": ["local"]}]
    async with serve(auth={"mode": "keys", "keys": keys}) as client:
        answer = await client.get(EXPERIMENTS, headers={"Authorization": "bearer wrong"})
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("Your API key is invalid or expired")


async def test_methods_and_paths_that_are_not_there(client: httpx.AsyncClient) -> None:
    answer = await client.put(EXPERIMENTS)
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "PUT" not allowed.'})
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert await ask(client, "GET", "/respan/api/v2/nothing/", status=404) == {"detail": "Not found."}


async def test_a_definition_under_way_is_not_changed(client: httpx.AsyncClient) -> None:
    made = await experiment(client)
    await ask(client, "PATCH", f"/v1/experiments/{made['id']}", {"status": "running"})
    path = f"{EXPERIMENTS}{made['id']}/"
    steps = [{"type": "completion", "config": {"model": "echo"}}]
    for method in ("PATCH", "PUT"):
        assert "detail" in await ask(client, method, path, {"workflow": steps}, 400)
    assert (await ask(client, "PATCH", path, {"name": "only the name"}))["workflow"] == WAIT
    assert "detail" in await ask(client, "POST", f"{path}runs/", status=400)


@pytest.mark.parametrize("chosen", ["list", "summary", "a/b", "a\nb"])
async def test_an_id_that_no_path_can_say_is_refused(client: httpx.AsyncClient, chosen: str) -> None:
    said = await ask(client, "POST", EXPERIMENTS, {"name": "lost", "experiment_id": chosen}, 400)
    assert said == {"experiment_id": ["This id cannot stand in a path."]}
    assert await ask(client, "GET", EXPERIMENTS) == []
