"""Every evaluator call of respan-api 0.1.47, by what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import RESPAN_API, run_script
from tests.vendors.respan.reading import VALUE_FIELDS


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    result: dict[str, Any] = run_script(RESPAN_API, Path(__file__).with_name("script_evaluators.py"), f"{gateway}/respan")
    return result


def value_of(result: dict[str, Any]) -> float:
    """The one value field that a run filled."""
    filled = {name: result[name] for name in set(VALUE_FIELDS.values()) if result.get(name) not in (None, [])}
    (value,) = filled.values()
    return float(value)


def test_llm_evaluator_keeps_its_definition(seen: dict[str, Any]) -> None:
    for reply in (seen["created"]["llm"], seen["retrieved"]["llm"]):
        assert (reply["name"], reply["evaluator_slug"]) == (f"{seen['name']} llm", seen["slug"])
        assert (reply["type"], reply["score_value_type"]) == ("llm", "numerical")
        assert reply["description"] == "1-5 quality"
        assert (reply["score_config"]["min_score"], reply["score_config"]["max_score"]) == (1.0, 5.0)
        assert reply["passing_conditions"] == {"primary_score": {"operator": "gte", "value": 3}}
        assert reply["llm_config"]["model"] == "gpt-4o-mini"
        assert reply["llm_config"]["evaluator_definition"] == "Rate {{output}} for {{input}}"
        assert reply["llm_config"]["temperature"] == 0.1


def test_code_evaluator_keeps_its_code(seen: dict[str, Any]) -> None:
    reply = seen["retrieved"]["code"]
    assert (reply["type"], reply["score_value_type"]) == ("code", "boolean")
    assert reply["code_config"]["eval_code_snippet"] == "def main(eval_inputs):\n    return True\n"


def test_human_evaluators_keep_their_choices(seen: dict[str, Any]) -> None:
    choices = seen["retrieved"]["human"]["score_config"]["choices"]
    assert [(choice["name"], choice["value"]) for choice in choices] == [("good", 1), ("bad", 0)]
    legacy = seen["retrieved"]["legacy"]
    assert legacy["score_value_type"] == "categorical"
    assert [(choice["name"], choice["value"]) for choice in legacy["categorical_choices"]] == [("tone", 1)]


def test_ids_are_stable_and_unlike(seen: dict[str, Any]) -> None:
    ids = {kind: reply["id"] for kind, reply in seen["created"].items()}
    assert len(set(ids.values())) == 4
    assert {kind: reply["id"] for kind, reply in seen["retrieved"].items()} == ids
    slugs = [reply["evaluator_slug"] for reply in seen["created"].values()]
    assert all(slugs)
    assert len(set(slugs)) == 4


def test_list_and_count_find_them_by_name(seen: dict[str, Any]) -> None:
    assert seen["listed"]["count"] == 4
    assert {item["id"] for item in seen["listed"]["results"]} == {item["id"] for item in seen["created"].values()}
    assert seen["counted"]["total_count"] == 4


def test_pages_and_the_empty_one_past_the_end(seen: dict[str, Any]) -> None:
    assert [len(page["results"]) for page in seen["pages"]] == [3, 1, 0]
    ids = [item["id"] for page in seen["pages"] for item in page["results"]]
    assert ids == [seen["created"][kind]["id"] for kind in ("llm", "code", "human", "legacy")]


def test_sorting_by_creation_both_ways(seen: dict[str, Any]) -> None:
    ascending, descending = ([item["id"] for item in page["results"]] for page in seen["sorted"])
    assert ascending == [seen["created"][kind]["id"] for kind in ("llm", "code", "human", "legacy")]
    assert descending == ascending[::-1]


def test_a_slug_is_taken_once(seen: dict[str, Any]) -> None:
    assert seen["same_slug"]["status"] in (400, 409)
    assert seen["same_slug"]["body"]


def test_patch_changes_only_what_it_names(seen: dict[str, Any]) -> None:
    after = seen["edits"]["after_patch"]
    assert seen["edits"]["patched"]["id"] == seen["created"]["llm"]["id"]
    assert (after["description"], after["name"]) == ("patched", f"{seen['name']} llm")
    assert after["llm_config"]["model"] == "gpt-4o-mini"


def test_put_replaces_the_definition(seen: dict[str, Any]) -> None:
    after = seen["edits"]["after_replace"]
    assert after["id"] == seen["created"]["llm"]["id"]
    assert (after["name"], after["description"]) == (f"{seen['name']} llm replaced", "replaced")
    assert not after["passing_conditions"]


def test_a_commit_freezes_a_version_and_opens_the_next_draft(seen: dict[str, Any]) -> None:
    versions = seen["versions"]
    assert versions["before"]["count"] == 1
    assert versions["before"]["results"][0]["is_read_only"] is False
    assert versions["draft"]["is_read_only"] is False
    assert versions["draft"]["description"] == "second draft"
    assert versions["draft"]["version"] == versions["before"]["results"][0]["version"] + 1
    assert versions["listed"]["count"] == 2
    newest, oldest = versions["listed"]["results"]
    assert newest["version_id"] == versions["draft"]["version_id"]
    assert (oldest["is_read_only"], oldest["version_description"]) == (True, "first release")
    assert {newest["id"], oldest["id"]} == {seen["created"]["llm"]["id"]}


def test_only_the_draft_can_be_edited(seen: dict[str, Any]) -> None:
    versions = seen["versions"]
    assert versions["patched"]["description"] == "patched draft"
    assert versions["replaced"]["name"] == "replaced draft"
    assert versions["retrieved"]["name"] == "replaced draft"
    assert versions["edit_of_committed"]["status"] in (400, 403)
    assert versions["committed"]["description"] == "replaced"
    assert versions["committed"]["is_read_only"] is True


def test_versions_past_the_end_are_an_empty_page(seen: dict[str, Any]) -> None:
    assert seen["versions"]["past_the_end"]["results"] == []


@pytest.mark.parametrize(
    ("case", "value"),
    [("equal", 1.0), ("unequal", 0.0), ("contained", 1.0), ("half", 0.5), ("json", 1.0), ("not_json", 0.0)],
)
def test_built_in_evaluators_run_by_their_plain_names(seen: dict[str, Any], case: str, value: float) -> None:
    result = seen["runs"][case]
    assert value_of(result) == value
    assert result["status"] == "completed"


def test_run_says_whether_it_passed(seen: dict[str, Any]) -> None:
    assert seen["runs"]["equal"]["is_passed"] is True
    assert seen["runs"]["unequal"]["is_passed"] is False
    assert seen["runs"]["equal"]["evaluator_slug"] == "exact-match"


def test_code_is_never_executed(seen: dict[str, Any]) -> None:
    assert seen["runs"]["code"]["status"] in (400, 422)
    assert seen["runs"]["code"]["body"]["detail"]


def test_unknown_evaluators_are_not_found(seen: dict[str, Any]) -> None:
    assert seen["runs"]["unknown"]["status"] == 404
    assert (seen["unknown"]["status"], seen["unknown"]["body"]) == (404, {"detail": "Not found."})


def test_deleted_evaluator_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] is None
    assert (seen["gone"]["status"], seen["gone"]["kind"]) == (404, "NotFoundError")
    assert seen["counted_after"]["total_count"] == 3
