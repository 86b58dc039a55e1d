"""Prompts and their versions."""

from typing import Any

import pytest

from schemas.errors import CrosswalkError, Reason
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio


async def make(ask: Ask, name: str = "Greeting", **more: Any) -> dict[str, Any]:
    return await ask(Op.CREATE_PROMPT, {"name": name, **more})


async def get(ask: Ask, reference: str, version: int | None = None) -> dict[str, Any]:
    return await ask(Op.GET_PROMPT, prompt_id=reference, version=version)


async def missing(awaitable: Any) -> Reason | None:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_prompt_reads_back_as_it_was_made(ask: Ask) -> None:
    body = {
        "slug": "hello",
        "description": "d",
        "template": "Hi {{ name }}",
        "messages": [{"role": "user", "content": "x"}],
        "variables": ["name"],
        "model": "m",
        "project": "p",
        "parameters": {"temperature": 0.5},
        "tags": ["t"],
        "metadata": {"k": None},
        "extensions": {"other": {"a": 1}},
    }
    made = await make(ask, **body)
    assert {name: made[name] for name in body} == body
    assert await get(ask, made["id"]) == made


async def test_versions_count_up_per_scope_project_and_name(ask: Ask, stranger: Ask) -> None:
    made = [await make(ask), await make(ask), await make(ask, project="p"), await make(ask, "Other"), await make(stranger), await make(ask)]
    assert [item["version"] for item in made] == [1, 2, 1, 1, 1, 3]
    assert [item["project"] for item in made][:3] == [None, None, "p"]


async def test_by_name_or_slug_the_latest_or_a_numbered_version_is_found(ask: Ask, stranger: Ask) -> None:
    first, second = await make(ask, slug="hi", template="1"), await make(ask, template="2")
    assert second["slug"] == "hi"
    for reference in ("Greeting", "hi"):
        assert await get(ask, reference) == second
        assert await get(ask, reference, 1) == first
    assert await get(ask, first["id"]) == first
    assert await get(ask, first["id"], 2) == second
    for absent in (get(ask, "hi", 3), get(ask, "nobody"), get(stranger, "hi"), get(stranger, first["id"])):
        assert await missing(absent) is Reason.UNKNOWN_RECORD
    assert (await make(ask, "Some Name"))["slug"] == "some_name"


async def test_the_id_of_something_else_is_told_apart(ask: Ask) -> None:
    dataset = await ask(Op.CREATE_DATASET, {"name": "d"})
    assert await missing(get(ask, dataset["id"])) is Reason.WRONG_KIND


async def test_versions_are_listed_newest_first(ask: Ask, stranger: Ask) -> None:
    for project in (None, "p", None):
        await make(ask, project=project)
    await make(ask, "Other")

    async def listed(**args: Any) -> list[tuple[str, int]]:
        return [(item["name"], item["version"]) for item in (await ask(Op.LIST_PROMPTS, **args))["items"]]

    assert await listed() == [("Other", 1), ("Greeting", 2), ("Greeting", 1), ("Greeting", 1)]
    assert await listed(name="Greeting", project="p") == [("Greeting", 1)]
    assert (await stranger(Op.LIST_PROMPTS))["items"] == []


async def test_an_id_deletes_its_version_and_a_name_all_of_them(ask: Ask) -> None:
    made = [await make(ask) for _ in range(4)]
    assert (await ask(Op.DELETE_PROMPT, prompt_id=made[1]["id"])) == {"id": made[1]["id"], "count": 1}
    assert (await ask(Op.DELETE_PROMPT, prompt_id="Greeting", version=1))["count"] == 1
    assert (await make(ask))["version"] == 5
    assert (await ask(Op.DELETE_PROMPT, prompt_id="greeting"))["count"] == 3
    assert await missing(ask(Op.DELETE_PROMPT, prompt_id="Greeting")) is Reason.UNKNOWN_RECORD
