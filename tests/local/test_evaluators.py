"""Evaluators: kept, configured and built in."""

from typing import Any

import pytest

from gateway.execution.scorers import SCORERS
from gateway.local.evaluators import Configured
from gateway.local.slugs import slug
from gateway.local.target import LocalTarget
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask, asker

pytestmark = pytest.mark.anyio


async def fails(awaitable: Any) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    return caught.value


async def make(ask: Ask, name: str = "Response quality", **more: Any) -> dict[str, Any]:
    return await ask(Op.CREATE_EVALUATOR, {"name": name, **more})


@pytest.fixture
def configured(target: LocalTarget) -> Ask:
    entries = [Configured("tone", "contains", {"value": "please"}, ("vendor-7",))]
    return asker(LocalTarget(target.store, configured=entries))


async def test_an_evaluator_reads_back_as_it_was_made(ask: Ask) -> None:
    body = {
        "alias": "mine",
        "slug": "quality",
        "kind": "llm",
        "value_type": "number",
        "native_value_type": "numerical",
        "description": "1 to 5",
        "definition": {"template": "Rate {{output}}", "parameters": {"temperature": 0}},
        "scale": {"minimum": 1, "maximum": 5},
        "choices": [{"name": "good", "value": 5}],
        "threshold": 3.0,
        "passing": {"primary_score": {"operator": "gte", "value": 3}},
        "starred": True,
        "tags": ["a"],
        "metadata": {"team": "x"},
        "extensions": {"other": {"kept": 1}},
    }
    made = await make(ask, **body)
    expected = {**body, "scale": {"minimum": 1.0, "maximum": 5.0, "direction": "maximize"}, "name": "Response quality", "version": 1}
    assert {name: made[name] for name in expected} == expected
    for reference in (made["id"], "mine", "quality"):
        assert await ask(Op.GET_EVALUATOR, evaluator_id=reference) == made


async def test_the_slug_comes_from_the_name_and_is_made_free(ask: Ask) -> None:
    assert [(await make(ask))["slug"] for _ in range(3)] == ["response_quality", "response_quality_2", "response_quality_3"]


@pytest.mark.parametrize(
    ("name", "expected"), [("Ünïque näme!", "unique_name"), ("日本", "unnamed"), ("a" * 300, "a" * 100), ("x--y", "x_y")]
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


async def test_a_slug_or_alias_in_use_is_a_conflict(ask: Ask, stranger: Ask) -> None:
    await make(ask, slug="s", alias="a")
    other = await make(ask, "other")
    for attempt in (make(ask, slug="s"), make(ask, slug="t", alias="a"), ask(Op.UPDATE_EVALUATOR, {"slug": "s"}, evaluator_id=other["id"])):
        error = await fails(attempt)
        assert (error.code, error.reason, error.kind) == (Code.CONFLICT, Reason.DUPLICATE, Kind.EVALUATOR)
    assert (await make(stranger, slug="s", alias="a"))["slug"] == "s"
    assert len((await ask(Op.LIST_EVALUATORS))["items"]) == 2


async def test_an_update_counts_the_version_up_and_leaves_the_rest(ask: Ask) -> None:
    made = await make(ask, description="d", threshold=0.5, extensions={"one": {"x": 1}})
    patch = {"description": None, "starred": False, "metadata": None, "extensions": {"two": {"y": 2}}, "slug": None}
    changed = await ask(Op.UPDATE_EVALUATOR, patch, evaluator_id=made["id"])
    assert (changed["version"], changed["description"], changed["threshold"], changed["starred"]) == (2, None, 0.5, False)
    assert changed["metadata"] == {}
    assert changed["extensions"] == {"one": {"x": 1}, "two": {"y": 2}}
    assert changed["slug"] == made["slug"]
    assert (await ask(Op.UPDATE_EVALUATOR, {}, evaluator_id=made["id"]))["version"] == 2
    assert (await fails(ask(Op.UPDATE_EVALUATOR, {"name": None}, evaluator_id=made["id"]))).code is Code.INVALID_REQUEST


async def test_evaluators_are_listed_newest_first_by_name_and_page(ask: Ask, stranger: Ask) -> None:
    for name in ("a", "b", "b"):
        await make(ask, name)
    assert [item["slug"] for item in (await ask(Op.LIST_EVALUATORS))["items"]] == ["b_2", "b", "a"]
    assert [item["slug"] for item in (await ask(Op.LIST_EVALUATORS, name="a"))["items"]] == ["a"]
    first = await ask(Op.LIST_EVALUATORS, limit=2, total=True)
    assert (len(first["items"]), first["total"]) == (2, 3)
    rest = await ask(Op.LIST_EVALUATORS, limit=2, cursor=first["next_cursor"])
    assert ([item["slug"] for item in rest["items"]], rest["next_cursor"]) == (["a"], None)
    assert (await stranger(Op.LIST_EVALUATORS))["items"] == []


async def test_another_scope_sees_nothing_of_it(ask: Ask, stranger: Ask) -> None:
    made = await make(ask, alias="mine", slug="quality")
    for reference in (made["id"], "mine", "quality"):
        for op in (Op.GET_EVALUATOR, Op.DELETE_EVALUATOR):
            assert (await fails(stranger(op, evaluator_id=reference))).reason is Reason.UNKNOWN_RECORD


async def test_a_deleted_evaluator_is_gone_and_its_alias_free(ask: Ask) -> None:
    made = await make(ask, alias="mine", slug="quality")
    assert await ask(Op.DELETE_EVALUATOR, evaluator_id="quality") == {"id": made["id"]}
    assert (await fails(ask(Op.GET_EVALUATOR, evaluator_id="mine"))).code is Code.NOT_FOUND
    assert (await make(ask, alias="mine", slug="quality"))["id"] != made["id"]


async def test_the_id_of_something_else_is_told_apart(ask: Ask) -> None:
    dataset = await ask(Op.CREATE_DATASET, {"name": "d"})
    assert (await fails(ask(Op.GET_EVALUATOR, evaluator_id=dataset["id"]))).reason is Reason.WRONG_KIND


@pytest.mark.parametrize("name", sorted(SCORERS))
async def test_every_scorer_is_found_by_its_plain_name(ask: Ask, name: str) -> None:
    found = await ask(Op.GET_EVALUATOR, evaluator_id=name)
    assert (found["id"], found["slug"], found["kind"], found["definition"]["scorer"]) == (name, name, "builtin", name)
    assert (found["value_type"], found["metadata"]["needs_reference"]) == (SCORERS[name].value_type, SCORERS[name].needs_reference)


async def test_a_kept_evaluator_hides_the_scorer_of_its_slug(ask: Ask, stranger: Ask) -> None:
    made = await make(ask, "own", slug="exact-match")
    assert (await ask(Op.GET_EVALUATOR, evaluator_id="exact-match"))["id"] == made["id"]
    assert (await stranger(Op.GET_EVALUATOR, evaluator_id="exact_match"))["kind"] == "builtin"


async def test_scorers_are_listed_on_request_in_pages(ask: Ask) -> None:
    everything = await ask(Op.LIST_EVALUATORS, builtin=True, total=True)
    assert [item["id"] for item in everything["items"]] == list(SCORERS)
    assert everything["total"] == len(SCORERS)
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await ask(Op.LIST_EVALUATORS, builtin=True, limit=7, cursor=cursor)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == list(SCORERS)
    numeric = await ask(Op.LIST_EVALUATORS, builtin=True, sort=["-id"], where={"field": "value_type", "value": "number"})
    assert [item["id"] for item in numeric["items"]] == sorted((n for n, s in SCORERS.items() if s.value_type == "number"), reverse=True)
    assert (await fails(ask(Op.LIST_EVALUATORS, builtin=True, cursor="x"))).reason is Reason.BAD_CURSOR


async def test_scorers_cannot_be_changed_or_deleted(ask: Ask) -> None:
    for op, body in ((Op.UPDATE_EVALUATOR, {"name": "n"}), (Op.DELETE_EVALUATOR, None)):
        assert (await fails(ask(op, body, evaluator_id="exact-match"))).code is Code.UNSUPPORTED
    assert (await fails(ask(Op.DELETE_EVALUATOR, evaluator_id="nobody"))).code is Code.NOT_FOUND


async def test_configured_evaluators_answer_to_their_name_and_ids(configured: Ask) -> None:
    by_name = await configured(Op.GET_EVALUATOR, evaluator_id="tone")
    assert by_name["definition"] == {"scorer": "contains", "parameters": {"value": "please"}}
    assert await configured(Op.GET_EVALUATOR, evaluator_id="vendor-7") == by_name
    assert (await configured(Op.LIST_EVALUATORS, builtin=True))["items"][0] == by_name


def test_a_configured_evaluator_needs_a_known_scorer(tmp_path: Any) -> None:
    from gateway.store import Store

    with pytest.raises(ValueError, match=r"evaluators\.tone\.scorer.*'mood'"):
        LocalTarget(Store(f"sqlite:///{tmp_path / 's.db'}"), configured=[Configured("tone", "mood")])
