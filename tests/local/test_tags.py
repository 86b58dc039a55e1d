"""Tags of experiments."""

from typing import Any

import pytest

from schemas.errors import Code, CrosswalkError
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio


async def experiments(ask: Ask, count: int = 2) -> list[str]:
    """Experiments of one dataset."""
    of = (await ask(Op.CREATE_DATASET, {"name": "d", "examples": [{"input": 1}]}))["id"]
    body = {"dataset_id": of, "variants": [{"steps": [{"kind": "wait"}]}]}
    return [(await ask(Op.CREATE_EXPERIMENT, body))["id"] for _ in range(count)]


async def names(ask: Ask, experiment: str) -> list[str]:
    return [item["name"] for item in (await ask(Op.LIST_TAGS, experiment_id=experiment))["items"]]


async def put(ask: Ask, experiment: str, name: str, **more: Any) -> dict[str, Any]:
    return await ask(Op.SET_TAG, {"name": name, **more}, experiment_id=experiment)


async def test_tags_are_listed_by_name(ask: Ask) -> None:
    one, other = await experiments(ask)
    for name in ("b", "c", "a"):
        await put(ask, one, name)
    assert await names(ask, one) == ["a", "b", "c"]
    assert await names(ask, other) == []


async def test_a_tag_moves_within_its_dataset_and_keeps_its_id(ask: Ask) -> None:
    one, other = await experiments(ask)
    made = await put(ask, one, "best", description="why")
    assert (made["experiment_id"], made["description"]) == (one, "why")
    moved = await put(ask, other, "best")
    assert (moved["id"], moved["experiment_id"], moved["description"]) == (made["id"], other, None)
    assert (await names(ask, one), await names(ask, other)) == ([], ["best"])


async def test_another_dataset_has_a_tag_of_its_own(ask: Ask) -> None:
    [one], [other] = await experiments(ask, 1), await experiments(ask, 1)
    assert (await put(ask, one, "best"))["id"] != (await put(ask, other, "best"))["id"]
    assert (await names(ask, one), await names(ask, other)) == (["best"], ["best"])


async def test_a_tag_is_removed_by_name_or_id_and_only_from_its_owner(ask: Ask) -> None:
    one, other = await experiments(ask)
    tags = [await put(ask, one, name) for name in ("a", "b")]
    assert await ask(Op.DELETE_TAG, experiment_id=other, tag="a") == {"id": "a", "count": 0}
    assert await ask(Op.DELETE_TAG, experiment_id=other, tag=tags[0]["id"]) == {"id": tags[0]["id"], "count": 0}
    assert await names(ask, one) == ["a", "b"]
    assert await ask(Op.DELETE_TAG, experiment_id=one, tag="a") == {"id": tags[0]["id"], "count": 1}
    assert await ask(Op.DELETE_TAG, experiment_id=one, tag=tags[1]["id"]) == {"id": tags[1]["id"], "count": 1}
    assert await names(ask, one) == []


async def test_another_scope_cannot_tag(ask: Ask, stranger: Ask) -> None:
    [one] = await experiments(ask, 1)
    for attempt in (put(stranger, one, "x"), names(stranger, one), stranger(Op.DELETE_TAG, experiment_id=one, tag="x")):
        with pytest.raises(CrosswalkError) as caught:
            await attempt
        assert caught.value.code is Code.NOT_FOUND


async def test_a_draft_without_a_dataset_cannot_be_tagged(ask: Ask) -> None:
    made = await ask(Op.CREATE_EXPERIMENT, {"name": "e"}, draft=True)
    with pytest.raises(CrosswalkError) as caught:
        await put(ask, made["id"], "x")
    assert caught.value.code is Code.INVALID_REQUEST
