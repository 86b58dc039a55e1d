"""Projects and spans."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.local.target import LocalTarget
from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import Caller, Op
from tests.local.conftest import Ask, asker

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 1, tzinfo=UTC)


def span(trace: str = "t1", name: str = "s1", **fields: Any) -> dict[str, Any]:
    return {"trace_id": trace, "span_id": name, "project": "p", **fields}


async def add(ask: Ask, *given: dict[str, Any]) -> dict[str, Any]:
    return await ask(Op.ADD_SPANS, {"spans": list(given)})


async def names(ask: Ask) -> list[str]:
    return [item["name"] for item in (await ask(Op.LIST_PROJECTS))["items"]]


async def test_the_accounts_project_is_stable_and_each_scopes_own(ask: Ask, stranger: Ask, target: LocalTarget) -> None:
    project = await ask(Op.CURRENT_PROJECT)
    assert project["name"] == "default project"
    assert await ask(Op.CURRENT_PROJECT) == project
    assert await asker(LocalTarget(target.store))(Op.CURRENT_PROJECT) == project
    other = await stranger(Op.CURRENT_PROJECT)
    assert len({project["id"], other["id"]}) == len({project["organization_id"], other["organization_id"]}) == 2
    assert str(uuid.UUID(project["organization_id"])) == project["organization_id"]
    for reference in (project["id"], str(uuid.UUID(project["id"])), "default project"):
        assert await ask(Op.GET_PROJECT, project_id=reference) == project
    with pytest.raises(CrosswalkError):
        await stranger(Op.GET_PROJECT, project_id=project["id"])


async def test_it_is_no_trace_project(ask: Ask) -> None:
    assert await names(ask) == ["default"]
    default = await ask(Op.GET_PROJECT, project_id="default")
    assert default["id"] != (await ask(Op.CURRENT_PROJECT))["id"]


async def test_spans_make_their_trace_project_once(ask: Ask, stranger: Ask) -> None:
    assert (await add(ask, span(), span("t2"), span("t3", project="default")))["count"] == 3
    await add(ask, span("t4"))
    assert await names(ask) == ["p", "default"]
    assert await names(stranger) == ["default"]
    made = await ask(Op.GET_PROJECT, project_id="p")
    assert await ask(Op.GET_PROJECT, project_id=made["id"]) == made
    for attempt in (stranger(Op.GET_PROJECT, project_id="p"), stranger(Op.GET_PROJECT, project_id=made["id"])):
        with pytest.raises(CrosswalkError) as caught:
            await attempt
        assert caught.value.reason is Reason.UNKNOWN_RECORD


async def test_the_id_of_something_else_is_told_apart(ask: Ask) -> None:
    dataset = await ask(Op.CREATE_DATASET, {"name": "d"})
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.GET_PROJECT, project_id=dataset["id"])
    assert caught.value.reason is Reason.WRONG_KIND


async def test_a_span_sent_again_replaces_itself_and_no_others(ask: Ask, stranger: Ask) -> None:
    of = (await ask(Op.CREATE_DATASET, {"name": "d", "examples": [{"input": 1}]}))["id"]
    made = await ask(Op.CREATE_EXPERIMENT, {"dataset_id": of, "variants": [{"steps": [{"kind": "wait"}]}]})
    run = await ask(Op.ADD_RUN, {"example_position": 0, "output": 1, "trace_id": "t1"}, experiment_id=made["id"])
    await add(ask, span(prompt_tokens=1, cost=9.0), span(name="s2", prompt_tokens=4, completion_tokens=5, cost=0.5))
    await add(ask, span(prompt_tokens=10), span(name="s3"), span("t2", prompt_tokens=7), span("t2"))
    await add(stranger, span(prompt_tokens=1000))
    found = await ask(Op.GET_RUN, run_id=run["id"])
    assert (found["prompt_tokens"], found["completion_tokens"], found["cost"]) == (14, 5, 0.5)


async def test_no_spans_are_nothing(ask: Ask) -> None:
    assert (await add(ask))["count"] == 0


async def test_a_project_of_records_is_made_changed_and_deleted_with_them(ask: Ask, stranger: Ask) -> None:
    made = await ask(Op.CREATE_PROJECT, {"name": "Team one", "extensions": {"x": {"a": 1}}}, account=True)
    assert (made["slug"], made["organization_id"]) == ("team_one", (await ask(Op.CURRENT_PROJECT))["organization_id"])
    assert [one["id"] for one in (await ask(Op.LIST_PROJECTS, account=True))["items"]] == [made["id"]]
    assert await names(ask) == ["default"]
    changed = await ask(Op.UPDATE_PROJECT, {"slug": "first", "description": "ours", "extensions": {"x": {"b": 2}}}, project_id=made["id"])
    assert (changed["name"], changed["slug"], changed["description"]) == ("Team one", "first", "ours")
    assert changed["extensions"] == {"x": {"a": 1, "b": 2}}
    own, other = made["id"], (await ask(Op.CURRENT_PROJECT))["id"]
    for project in (own, other):
        await ask(Op.CREATE_DATASET, {"name": "d", "project": project, "examples": [{"input": 1}]})
        await ask(Op.CREATE_PROMPT, {"name": "p", "template": "", "project": project})
        arm = [{"name": name, "steps": [{"kind": "wait"}]} for name in "ab"]
        await ask(Op.CREATE_EXPERIMENT, {"name": "e", "project": project, "examples": [{"input": 1}], "variants": arm})
    with pytest.raises(CrosswalkError) as caught:
        await stranger(Op.DELETE_PROJECT, project_id=own)
    assert caught.value.reason is Reason.UNKNOWN_RECORD
    await ask(Op.DELETE_PROJECT, project_id=own)
    for op in (Op.LIST_DATASETS, Op.LIST_PROMPTS, Op.LIST_EXPERIMENTS):
        assert {one["project"] for one in (await ask(op))["items"]} == {other}, op
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.GET_PROJECT, project_id=own)
    assert caught.value.reason is Reason.UNKNOWN_RECORD


async def test_names_and_slugs_of_projects_are_taken_once_for_each_sort(ask: Ask) -> None:
    await add(ask, span(project="shared"))
    made = await ask(Op.CREATE_PROJECT, {"name": "shared"}, account=True)
    await add(ask, span("t9", project="shared"))
    assert (await ask(Op.GET_PROJECT, project_id="shared"))["id"] != made["id"]
    for body in ({"name": "shared"}, {"name": "else", "slug": "shared"}):
        with pytest.raises(CrosswalkError) as caught:
            await ask(Op.CREATE_PROJECT, body, account=True)
        assert caught.value.reason is Reason.DUPLICATE
    other = await ask(Op.CREATE_PROJECT, {"name": "other"}, account=True)
    for body in ({"name": "shared"}, {"slug": "shared"}):
        with pytest.raises(CrosswalkError) as caught:
            await ask(Op.UPDATE_PROJECT, body, project_id=other["id"])
        assert caught.value.reason is Reason.DUPLICATE


async def test_a_trace_project_goes_with_its_spans_and_what_is_everybodys_stays(target: LocalTarget, ask: Ask) -> None:
    await ask(Op.CREATE_PROJECT, {"name": "traces"})
    await add(ask, span(project="traces"))
    await ask(Op.DELETE_PROJECT, project_id="traces")
    assert await names(ask) == ["default"]
    for reference in ("default", (await ask(Op.CURRENT_PROJECT))["id"]):
        with pytest.raises(CrosswalkError) as caught:
            await ask(Op.DELETE_PROJECT, project_id=reference)
        assert caught.value.code is Code.FORBIDDEN
    made = await ask(Op.CREATE_PROJECT, {"name": "kept"}, account=True)
    with pytest.raises(CrosswalkError) as caught:
        await asker(target, Caller(role="editor"))(Op.DELETE_PROJECT, project_id=made["id"])
    assert caught.value.code is Code.FORBIDDEN
