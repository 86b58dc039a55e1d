"""Datasets, their examples, versions and splits."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.local.content import EMPTY, combine, content_hash
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio


def rows(*inputs: Any) -> list[dict[str, Any]]:
    return [{"input": {"q": value}, "reference": {"a": value}} for value in inputs]


async def make(ask: Ask, *inputs: Any, mode: str = "new", name: str = "d", **more: Any) -> dict[str, Any]:
    return await ask(Op.CREATE_DATASET, {"name": name, "examples": rows(*inputs), **more}, mode=mode)


async def inputs(ask: Ask, dataset: str, **args: Any) -> list[Any]:
    return [item["input"]["q"] for item in (await ask(Op.LIST_EXAMPLES, dataset_id=dataset, **args))["items"]]


async def fails(awaitable: Any) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    return caught.value


async def test_a_new_dataset_has_a_first_version_even_when_empty(ask: Ask) -> None:
    dataset = await make(ask)
    versions = (await ask(Op.LIST_DATASET_VERSIONS, dataset_id=dataset["id"]))["items"]
    assert [(v["number"], v["example_count"], v["content_hash"]) for v in versions] == [(1, 0, EMPTY)]
    assert dataset["version_id"] == versions[0]["id"]


async def test_every_change_of_examples_is_one_version(ask: Ask) -> None:
    dataset = (await make(ask, 1, 2))["id"]
    added = await ask(Op.ADD_EXAMPLES, {"examples": rows(3, 4)}, dataset_id=dataset)
    await ask(Op.UPDATE_EXAMPLE, {"input": {"q": 10}}, dataset_id=dataset, example_id=added["ids"][0])
    assert (await ask(Op.DELETE_EXAMPLES, dataset_id=dataset, example_ids=added["ids"][1:]))["count"] == 1
    versions = (await ask(Op.LIST_DATASET_VERSIONS, dataset_id=dataset))["items"]
    assert [v["number"] for v in versions] == [4, 3, 2, 1]
    seen = [await inputs(ask, dataset, version_id=v["id"]) for v in versions]
    assert seen == [[1, 2, 10], [1, 2, 10, 4], [1, 2, 3, 4], [1, 2]]
    assert (await ask(Op.GET_DATASET, dataset_id=dataset))["example_count"] == 3


async def test_an_update_to_the_same_content_makes_no_version(ask: Ask) -> None:
    dataset = await make(ask, 1)
    example = (await ask(Op.LIST_EXAMPLES, dataset_id=dataset["id"]))["items"][0]
    again = await ask(Op.UPDATE_EXAMPLE, {"input": {"q": 1}, "splits": ["dev"]}, dataset_id=dataset["id"], example_id=example["id"])
    assert again["splits"] == ["dev"]
    assert (await ask(Op.GET_DATASET, dataset_id=dataset["id"]))["version_id"] == dataset["version_id"]


async def test_create_mode_refuses_a_taken_name(ask: Ask, stranger: Ask) -> None:
    first = await make(ask, 1, mode="create")
    error = await fails(make(ask, 2, mode="create"))
    assert (error.code, error.reason, error.reference) == (Code.CONFLICT, Reason.DUPLICATE, first["id"])
    await make(stranger, 3, mode="create")
    assert len((await ask(Op.LIST_DATASETS))["items"]) == 1


async def test_append_adds_and_new_makes_another(ask: Ask) -> None:
    first = await make(ask, 1)
    more = await make(ask, 2, mode="append")
    assert (more["id"], more["changes"]) == (first["id"], {"created": 1, "updated": 0, "deleted": 0})
    assert await inputs(ask, first["id"]) == [1, 2]
    assert (await make(ask, 3))["id"] != first["id"]


async def test_replace_with_equal_content_changes_nothing(ask: Ask) -> None:
    first = await make(ask, 1, 1, 2, description="kept")
    again = await make(ask, 2, 1, 1, mode="replace", description="ignored")
    assert again["changes"] == {"created": 0, "updated": 0, "deleted": 0}
    assert (again["version_id"], again["description"]) == (first["version_id"], "kept")


async def test_replace_matches_by_alias_then_by_content(ask: Ask) -> None:
    body = {"name": "d", "examples": [{"alias": "a", "input": 1}, {"alias": "b", "input": 2}, {"input": 3}, {"input": 4}]}
    first = await ask(Op.CREATE_DATASET, body, mode="replace")
    before = (await ask(Op.LIST_EXAMPLES, dataset_id=first["id"]))["items"]
    body["examples"] = [{"alias": "a", "input": 10}, {"alias": "c", "input": 2}, {"input": 3, "splits": ["x"]}]
    second = await ask(Op.CREATE_DATASET, body, mode="replace")
    assert second["changes"] == {"created": 1, "updated": 1, "deleted": 2}
    after = (await ask(Op.LIST_EXAMPLES, dataset_id=first["id"]))["items"]
    assert [(e["alias"], e["input"], e["splits"]) for e in after] == [("a", 10, []), (None, 3, ["x"]), ("c", 2, [])]
    assert [after[0]["id"], after[1]["id"]] == [before[0]["id"], before[2]["id"]]


async def test_replace_names_an_example_that_had_no_name(ask: Ask) -> None:
    await ask(Op.CREATE_DATASET, {"name": "d", "examples": [{"input": 1}]})
    second = await ask(Op.CREATE_DATASET, {"name": "d", "examples": [{"alias": "a", "input": 1}]}, mode="replace")
    assert second["changes"] == {"created": 0, "updated": 0, "deleted": 0}
    assert (await ask(Op.GET_EXAMPLE, dataset_id=second["id"], example_id="a"))["input"] == 1


async def test_example_aliases_are_unique_within_a_dataset(ask: Ask) -> None:
    twice = {"name": "d", "examples": [{"alias": "a"}, {"alias": "a"}]}
    assert (await fails(ask(Op.CREATE_DATASET, twice))).code is Code.INVALID_REQUEST
    dataset = (await ask(Op.CREATE_DATASET, {"name": "d", "examples": [{"alias": "a"}]}))["id"]
    error = await fails(ask(Op.ADD_EXAMPLES, {"examples": [{"alias": "a"}]}, dataset_id=dataset))
    assert (error.code, error.kind) == (Code.CONFLICT, Kind.EXAMPLE)
    await ask(Op.DELETE_EXAMPLES, dataset_id=dataset, example_ids=["a"])
    await ask(Op.ADD_EXAMPLES, {"examples": [{"alias": "a"}]}, dataset_id=dataset)


async def test_an_alias_resolves_like_the_id_within_its_scope(ask: Ask, stranger: Ask) -> None:
    dataset = await make(ask, 1, alias="mine")
    assert (await ask(Op.GET_DATASET, dataset_id="mine"))["id"] == dataset["id"]
    assert (await fails(make(ask, 2, alias="mine"))).reason is Reason.DUPLICATE
    assert (await fails(stranger(Op.GET_DATASET, dataset_id="mine"))).code is Code.NOT_FOUND
    assert (await fails(stranger(Op.GET_DATASET, dataset_id=dataset["id"]))).code is Code.NOT_FOUND
    await ask(Op.DELETE_DATASET, dataset_id="mine")
    await make(ask, 3, alias="mine")


async def test_ids_of_another_kind_and_of_nothing(ask: Ask) -> None:
    dataset = await make(ask, 1)
    assert (await fails(ask(Op.GET_DATASET, dataset_id=dataset["version_id"]))).reason is Reason.WRONG_KIND
    assert (await fails(ask(Op.GET_DATASET, dataset_id="zzz"))).reason is Reason.UNKNOWN_RECORD
    assert (await fails(ask(Op.LIST_EXAMPLES, dataset_id="zzz"))).code is Code.NOT_FOUND
    other = await make(ask, 1)
    assert (await fails(ask(Op.LIST_EXAMPLES, dataset_id=other["id"], version_id=dataset["version_id"]))).code is Code.NOT_FOUND


async def test_a_patch_changes_what_it_names(ask: Ask) -> None:
    dataset = (await make(ask, description="d", metadata={"a": 1}))["id"]
    patched = await ask(Op.UPDATE_DATASET, {"description": None, "metadata": None}, dataset_id=dataset)
    assert (patched["name"], patched["description"], patched["metadata"]) == ("d", None, {})


async def test_splits_are_shared_by_name_and_restrict_a_list(ask: Ask) -> None:
    examples = [{"input": {"q": n}, "splits": ["even"] if n % 2 == 0 else ["odd", "all"]} for n in range(4)]
    dataset = (await ask(Op.CREATE_DATASET, {"name": "d", "examples": examples}))["id"]
    splits = await ask(Op.LIST_SPLITS, dataset_id=dataset, total=True)
    assert {s["name"]: s["example_count"] for s in splits["items"]} == {"even": 2, "odd": 2, "all": 2}
    assert splits["total"] == 3
    odd = next(s["id"] for s in splits["items"] if s["name"] == "odd")
    assert await inputs(ask, dataset, splits=[odd]) == [1, 3]
    assert await inputs(ask, dataset, splits=["even", "odd"]) == [0, 1, 2, 3]
    error = await fails(ask(Op.LIST_EXAMPLES, dataset_id=dataset, splits=["even", "x", "y"]))
    assert (error.kind, error.reference) == (Kind.SPLIT, "x, y")


async def test_snapshots_are_marked_once_per_content(ask: Ask) -> None:
    dataset = (await make(ask, 1))["id"]
    await ask(Op.ADD_EXAMPLES, {"examples": rows(2)}, dataset_id=dataset)
    first = await ask(Op.CREATE_DATASET_VERSION, {"label": "v1"}, dataset_id=dataset)
    again = await ask(Op.CREATE_DATASET_VERSION, {"label": "v2"}, dataset_id=dataset)
    assert (first["number"], first["label"], first["explicit"], first["created_by"]) == (1, "v1", True, "anonymous")
    assert (again["id"], again["label"], again["extensions"]["canonical"]["unchanged"]) == (first["id"], "v1", True)
    await ask(Op.ADD_EXAMPLES, {"examples": rows(3)}, dataset_id=dataset)
    await ask(Op.CREATE_DATASET_VERSION, {}, dataset_id=dataset)
    listed = (await ask(Op.LIST_DATASET_VERSIONS, dataset_id=dataset, explicit=True))["items"]
    assert [(v["number"], v["example_count"]) for v in listed] == [(2, 3), (1, 2)]


async def test_versions_compare_and_restore(ask: Ask) -> None:
    dataset = await make(ask, 1, 2, 3)
    old, items = dataset["version_id"], (await ask(Op.LIST_EXAMPLES, dataset_id=dataset["id"]))["items"]
    await ask(Op.UPDATE_EXAMPLE, {"input": {"q": 20}}, dataset_id=dataset["id"], example_id=items[1]["id"])
    await ask(Op.DELETE_EXAMPLES, dataset_id=dataset["id"], example_ids=[items[2]["id"]])
    await ask(Op.ADD_EXAMPLES, {"examples": rows(4)}, dataset_id=dataset["id"])
    found = await ask(Op.COMPARE_DATASET_VERSIONS, dataset_id=dataset["id"], version_id=old)
    assert (found["added"], found["removed"], found["modified"], found["unchanged"]) == (1, 1, 1, 1)
    assert (found["from_number"], found["to_number"]) == (1, 4)
    kinds = {(c["type"], c["field"]): (c["before"], c["after"]) for c in found["changes"]}
    assert kinds[("modified", "input")] == ({"q": 2}, {"q": 20})
    restored = await ask(Op.RESTORE_DATASET_VERSION, dataset_id=dataset["id"], version_id=old)
    first = await ask(Op.GET_DATASET_VERSION, dataset_id=dataset["id"], version_id=old)
    assert await inputs(ask, dataset["id"]) == [1, 2, 3]
    assert (restored["number"], restored["content_hash"]) == (5, first["content_hash"])
    same = await ask(Op.COMPARE_DATASET_VERSIONS, dataset_id=dataset["id"], version_id=old)
    assert (same["added"], same["removed"], same["modified"], same["unchanged"]) == (0, 0, 0, 3)


async def test_delete_by_condition_and_all(ask: Ask) -> None:
    dataset = (await make(ask, *range(6)))["id"]
    where = {"field": "input.q", "operator": "gte", "value": 4}
    assert (await ask(Op.DELETE_EXAMPLES, dataset_id=dataset, where=where))["count"] == 2
    assert await inputs(ask, dataset) == [0, 1, 2, 3]
    assert (await fails(ask(Op.DELETE_EXAMPLES, dataset_id=dataset))).code is Code.INVALID_REQUEST
    assert (await ask(Op.DELETE_EXAMPLES, dataset_id=dataset, everything=True))["count"] == 4
    assert (await ask(Op.GET_DATASET, dataset_id=dataset))["example_count"] == 0


async def test_a_page_starts_at_its_cursor_even_when_that_record_is_gone(ask: Ask) -> None:
    ids = [(await make(ask, name=f"d{n}"))["id"] for n in range(5)]
    page = await ask(Op.LIST_DATASETS, limit=2, total=True)
    assert ([d["name"] for d in page["items"]], page["next_cursor"], page["total"]) == (["d4", "d3"], ids[2], 5)
    await ask(Op.DELETE_DATASET, dataset_id=ids[2])
    page = await ask(Op.LIST_DATASETS, limit=2, cursor=page["next_cursor"])
    assert ([d["name"] for d in page["items"]], page["next_cursor"]) == (["d1", "d0"], None)
    assert (await fails(ask(Op.LIST_DATASETS, cursor="zzz"))).reason is Reason.BAD_CURSOR
    assert [d["name"] for d in (await ask(Op.LIST_DATASETS, offset=3))["items"]] == ["d0"]
    assert await ask(Op.LIST_DATASETS, limit=0) == {"items": [], "next_cursor": None}


async def test_sorted_and_filtered_pages(ask: Ask) -> None:
    dataset = (await make(ask, *(n * 7 % 11 for n in range(11))))["id"]
    where = {"field": "input.q", "operator": "lt", "value": 9}
    seen, cursor = [], None
    while True:
        page = await ask(Op.LIST_EXAMPLES, dataset_id=dataset, sort=["-input.q"], where=where, limit=4, cursor=cursor, total=True)
        seen += [item["input"]["q"] for item in page["items"]]
        assert page["total"] == 9
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == list(range(8, -1, -1))
    assert (await fails(ask(Op.LIST_EXAMPLES, dataset_id=dataset, sort=["id"], cursor="zzz"))).reason is Reason.BAD_CURSOR
    bad = {"field": "id", "operator": "nope"}
    assert (await fails(ask(Op.LIST_EXAMPLES, dataset_id=dataset, where=bad))).code is Code.INVALID_REQUEST


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 7), keep=st.sets(st.integers(0, 11)), filtered=st.booleans())
async def test_pages_of_any_size_show_everything_once(ask: Ask, limit: int, keep: set[int], filtered: bool) -> None:
    dataset = (await make(ask, *range(12)))["id"]
    where = {"field": "input.q", "operator": "in", "value": sorted(keep)} if filtered else None
    seen, cursor = [], None
    while True:
        page = await ask(Op.LIST_EXAMPLES, dataset_id=dataset, limit=limit, cursor=cursor, where=where)
        assert len(page["items"]) <= limit
        assert page["items"] or page["next_cursor"] is None
        seen += [item["input"]["q"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [n for n in range(12) if n in keep or not filtered]


@given(st.lists(st.text(max_size=3)), st.data())
def test_the_hash_of_a_set_knows_no_order_and_forgets_what_went(texts: list[str], data: st.DataObject) -> None:
    hashes = [content_hash(text, None, None, {}) for text in texts]
    kept = data.draw(st.integers(0, len(hashes)))
    shuffled = data.draw(st.permutations(hashes))
    assert combine(EMPTY, hashes) == combine(EMPTY, shuffled)
    assert combine(combine(EMPTY, hashes), removed=hashes[kept:]) == combine(EMPTY, hashes[:kept])


def test_equal_content_has_an_equal_hash_whatever_the_order_of_keys() -> None:
    assert content_hash({"a": 1, "b": 2}, None, None, {}) == content_hash({"b": 2, "a": 1}, None, None, {})
    assert content_hash(None, 1, None, {}) != content_hash(1, None, None, {})
