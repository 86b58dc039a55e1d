"""Documents by kind and key."""

from typing import Any

import pytest

from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio


async def put(ask: Ask, body: dict[str, Any], key: str | None = "k", kind: str = "label", version: int | None = None) -> dict[str, Any]:
    return await ask(Op.PUT_DOCUMENT, {"body": body}, kind=kind, key=key, version=version)


async def get(ask: Ask, key: str | None = "k", kind: str = "label", version: int | None = None) -> dict[str, Any]:
    return await ask(Op.GET_DOCUMENT, kind=kind, key=key, version=version)


async def missing(awaitable: Any) -> None:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    assert caught.value.reason is Reason.UNKNOWN_RECORD


async def test_each_put_is_the_next_version(ask: Ask) -> None:
    made = [await put(ask, {"n": n}) for n in (1, 2, 3)]
    assert [item["version"] for item in made] == [1, 2, 3]
    assert (await get(ask))["body"] == {"n": 3}
    assert (await get(ask, version=2)) == made[1]
    assert (await get(ask, key=made[0]["id"], version=1)) == made[0]
    await missing(get(ask, version=4))


async def test_a_numbered_put_sets_that_version(ask: Ask) -> None:
    made = await put(ask, {"n": 1})
    await put(ask, {"n": 2})
    changed = await put(ask, {"n": 10}, version=1)
    assert (changed["id"], changed["body"]) == (made["id"], {"n": 10})
    assert (await get(ask))["body"] == {"n": 2}
    assert (await put(ask, {}, version=7))["version"] == 7
    assert (await put(ask, {}))["version"] == 8


async def test_the_key_is_that_of_the_body_or_made(ask: Ask) -> None:
    assert (await ask(Op.PUT_DOCUMENT, {"key": "own", "body": {}}, kind="label"))["key"] == "own"
    made = [(await put(ask, {}, key=None))["key"] for _ in range(2)]
    assert len(set(made)) == 2
    assert all(made)


async def test_kinds_and_scopes_are_apart(ask: Ask, stranger: Ask) -> None:
    made = await put(ask, {"n": 1})
    assert (await put(ask, {}, kind="pipeline"))["version"] == 1
    assert (await put(stranger, {}))["version"] == 1
    for absent in (
        get(ask, kind="report"),
        get(stranger, key=made["id"]),
        get(ask, key=made["id"], kind="pipeline"),
        get(stranger, kind="pipeline"),
    ):
        await missing(absent)


async def test_the_latest_version_of_each_is_listed_newest_first(ask: Ask, stranger: Ask) -> None:
    for key in ("a", "b", "a", "c"):
        await put(ask, {}, key=key)
    await put(stranger, {}, key="d")
    page = await ask(Op.LIST_DOCUMENTS, kind="label", limit=2, total=True)
    assert [(item["key"], item["version"]) for item in page["items"]] == [("c", 1), ("a", 2)]
    assert page["total"] == 3
    assert [item["key"] for item in (await ask(Op.LIST_DOCUMENTS, kind="label", cursor=page["next_cursor"]))["items"]] == ["b"]
    assert (await get(ask, key=None))["key"] == "c"


async def test_a_change_is_made_only_where_the_document_meets_a_condition(ask: Ask) -> None:
    await put(ask, {"open": True})
    place = {"kind": "label", "key": "k", "version": 1, "where": {"field": "body.open", "operator": "", "value": True}}
    assert (await ask(Op.UPDATE_DOCUMENT, {"body": {"open": False}}, **place))["body"] == {"open": False}
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.UPDATE_DOCUMENT, {"body": {"open": True}}, **place)
    assert caught.value.code is Code.CONFLICT
    assert (await get(ask))["body"] == {"open": False}


async def test_an_id_names_its_version(ask: Ask) -> None:
    made = [await put(ask, {"n": n}) for n in (1, 2)]
    assert [(await get(ask, key=one["id"]))["body"] for one in made] == [{"n": 1}, {"n": 2}]


async def test_delete_takes_all_versions_or_one(ask: Ask) -> None:
    made = [await put(ask, {"n": n}) for n in (1, 2, 3)]
    assert (await ask(Op.DELETE_DOCUMENT, kind="label", key="k", version=3)) == {"id": made[2]["id"], "count": 1}
    assert (await get(ask))["version"] == 2
    assert (await ask(Op.DELETE_DOCUMENT, kind="label", key="k"))["count"] == 2
    await missing(ask(Op.DELETE_DOCUMENT, kind="label", key="k"))
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.DELETE_DOCUMENT, kind="label")
    assert caught.value.code is Code.INVALID_REQUEST


async def test_a_taken_key_is_a_conflict_where_a_new_document_was_asked_for(ask: Ask) -> None:
    made = await ask(Op.PUT_DOCUMENT, {"body": {"n": 1}}, kind="label", key="a", create=True)
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.PUT_DOCUMENT, {"body": {"n": 2}}, kind="label", key="a", create=True)
    assert (caught.value.code, caught.value.kind, caught.value.reference) == (Code.CONFLICT, Kind.DOCUMENT, "a")
    assert await get(ask, key="a") == made


async def test_a_document_moves_to_a_free_key_with_all_its_versions(ask: Ask) -> None:
    made = [await put(ask, {"n": n}, key="a") for n in (1, 2)]
    await put(ask, {}, key="b")
    with pytest.raises(CrosswalkError) as caught:
        await ask(Op.UPDATE_DOCUMENT, {"body": {}}, kind="label", key="a", rename="b")
    assert caught.value.code is Code.CONFLICT
    moved = await ask(Op.UPDATE_DOCUMENT, {"body": {"m": 3}}, kind="label", key="a", version=2, rename="c")
    assert (moved["id"], moved["key"], moved["body"]) == (made[1]["id"], "c", {"n": 2, "m": 3})
    assert (await get(ask, key="c", version=1))["id"] == made[0]["id"]
    await missing(get(ask, key="a"))


async def test_keys_of_one_beginning_are_listed_as_they_are_spelled(ask: Ask) -> None:
    for key in ("a/1", "A/1", "a%/1", "a/2", "ab"):
        await put(ask, {}, key=key)
    assert [item["key"] for item in (await ask(Op.LIST_DOCUMENTS, kind="label", prefix="a/"))["items"]] == ["a/2", "a/1"]
    assert [item["key"] for item in (await ask(Op.LIST_DOCUMENTS, kind="label", prefix="a%"))["items"]] == ["a%/1"]
