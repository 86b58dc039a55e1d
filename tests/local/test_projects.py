"""Projects and spans."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.local.target import LocalTarget
from schemas.errors import CrosswalkError, Reason
from schemas.operations import Op
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
