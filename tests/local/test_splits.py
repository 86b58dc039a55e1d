"""Splits: named parts of datasets."""

from collections.abc import Awaitable
from typing import Any

import pytest

from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio


async def made(ask: Ask, name: str = "d", count: int = 3) -> str:
    examples = [{"alias": f"own-{place}", "input": place} for place in range(count)]
    return str((await ask(Op.CREATE_DATASET, {"name": name, "examples": examples}))["id"])


async def members(ask: Ask, dataset: str, split: str) -> list[str]:
    return [example["alias"] for example in (await ask(Op.LIST_EXAMPLES, dataset_id=dataset, splits=[split]))["items"]]


async def refused(call: Awaitable[Any]) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await call
    return caught.value


async def test_examples_are_named_by_id_or_alias_and_added_once(ask: Ask) -> None:
    dataset = await made(ask)
    [first, *_] = (await ask(Op.LIST_EXAMPLES, dataset_id=dataset))["items"]
    body = {"name": "s", "metadata": {"k": 1}, "example_ids": ["own-2", first["id"], "own-0", "own-2"]}
    split = await ask(Op.CREATE_SPLIT, body, dataset_id=dataset)
    assert (split["name"], split["example_count"], split["metadata"], split["color"]) == ("s", 2, {"k": 1}, None)
    assert await members(ask, dataset, "s") == await members(ask, dataset, split["id"]) == ["own-0", "own-2"]


async def test_what_is_both_added_and_removed_is_removed(ask: Ask) -> None:
    dataset = await made(ask)
    split = (await ask(Op.CREATE_SPLIT, {"name": "s", "example_ids": ["own-0"]}, dataset_id=dataset))["id"]
    patch = {"add_example_ids": ["own-0", "own-1", "own-2"], "remove_example_ids": ["own-0", "own-2"]}
    changed = await ask(Op.UPDATE_SPLIT, patch, dataset_id=dataset, split_id=split)
    assert changed["example_count"] == 1
    assert await members(ask, dataset, "s") == ["own-1"]


async def test_absent_fields_stay_and_null_clears_the_description_alone(ask: Ask) -> None:
    dataset = await made(ask)
    body = {"name": "s", "description": "d", "color": "#000000", "metadata": {"k": 1}}
    split = await ask(Op.CREATE_SPLIT, body, dataset_id=dataset)
    place = {"dataset_id": dataset, "split_id": "s"}
    same = await ask(Op.UPDATE_SPLIT, {"name": None, "color": None, "metadata": None}, **place)
    assert same == {**split, "updated_at": same["updated_at"]}
    cleared = await ask(Op.UPDATE_SPLIT, {"name": "t", "description": None}, **place)
    assert (cleared["id"], cleared["name"], cleared["description"], cleared["color"]) == (split["id"], "t", None, "#000000")


async def test_names_are_unique_and_unknown_examples_are_all_named(ask: Ask) -> None:
    dataset = await made(ask)
    await ask(Op.CREATE_SPLIT, {"name": "s"}, dataset_id=dataset)
    other = (await ask(Op.CREATE_SPLIT, {"name": "t"}, dataset_id=dataset))["id"]
    for call in (
        ask(Op.CREATE_SPLIT, {"name": "s"}, dataset_id=dataset),
        ask(Op.UPDATE_SPLIT, {"name": "s"}, dataset_id=dataset, split_id=other),
    ):
        error = await refused(call)
        assert (error.code, error.reason, error.kind, error.reference) == (Code.CONFLICT, Reason.DUPLICATE, Kind.SPLIT, "s")
    error = await refused(ask(Op.CREATE_SPLIT, {"name": "u", "example_ids": ["x", "own-0", "y"]}, dataset_id=dataset))
    assert (error.code, error.kind, error.reference) == (Code.NOT_FOUND, Kind.EXAMPLE, "x, y")
    assert (await refused(ask(Op.DELETE_SPLIT, dataset_id=dataset, split_id="u"))).kind is Kind.SPLIT


async def test_a_split_spans_datasets_and_counts_the_living_examples_of_one(ask: Ask) -> None:
    first, second = await made(ask, "one"), await made(ask, "two")
    split = (await ask(Op.CREATE_SPLIT, {"name": "s", "example_ids": ["own-0", "own-1"]}, dataset_id=first))["id"]
    assert (await ask(Op.LIST_SPLITS, dataset_id=second))["items"] == []
    patch = {"add_example_ids": ["own-2"]}
    assert (await ask(Op.UPDATE_SPLIT, patch, dataset_id=second, split_id=split))["example_count"] == 1
    await ask(Op.DELETE_EXAMPLES, dataset_id=second, example_ids=["own-2"])
    for dataset, count in ((first, 2), (second, 0)):
        assert [item["example_count"] for item in (await ask(Op.LIST_SPLITS, dataset_id=dataset))["items"]] == [count]
    await ask(Op.DELETE_SPLIT, dataset_id=second, split_id=split)
    assert (await ask(Op.LIST_SPLITS, dataset_id=first))["items"] == []
    assert len((await ask(Op.LIST_EXAMPLES, dataset_id=first))["items"]) == 3


async def test_scopes_have_splits_of_their_own(ask: Ask, stranger: Ask) -> None:
    dataset, theirs = await made(ask), await made(stranger)
    split = (await ask(Op.CREATE_SPLIT, {"name": "s", "example_ids": ["own-0"]}, dataset_id=dataset))["id"]
    for call in (
        stranger(Op.UPDATE_SPLIT, {"name": "mine"}, dataset_id=theirs, split_id=split),
        stranger(Op.DELETE_SPLIT, dataset_id=theirs, split_id=split),
        stranger(Op.LIST_EXAMPLES, dataset_id=theirs, splits=[split]),
    ):
        assert (await refused(call)).code is Code.NOT_FOUND
    assert (await refused(stranger(Op.LIST_SPLITS, dataset_id=dataset))).kind is Kind.DATASET
    assert (await stranger(Op.CREATE_SPLIT, {"name": "s"}, dataset_id=theirs))["example_count"] == 0
    assert await members(ask, dataset, "s") == ["own-0"]


async def test_a_split_takes_more_examples_than_a_statement_has_room_for(ask: Ask) -> None:
    dataset = await made(ask, count=1200)
    everything = [f"own-{place}" for place in range(1200)]
    split = await ask(Op.CREATE_SPLIT, {"name": "s", "example_ids": everything}, dataset_id=dataset)
    assert split["example_count"] == 1200
    patch = {"add_example_ids": everything, "remove_example_ids": everything[1:]}
    assert (await ask(Op.UPDATE_SPLIT, patch, dataset_id=dataset, split_id="s"))["example_count"] == 1
