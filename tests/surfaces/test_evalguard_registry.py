"""Datasets, versions, prompts, deployments, scorers and evaluators of the EvalGuard surface."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tests.conformance.examples import Example, examples
from tests.surfaces.evalguard import CASES, NOWHERE, EvalGuard, connected


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


async def dataset(evalguard: EvalGuard, **more: Any) -> dict[str, Any]:
    body = {"projectId": evalguard.project, "name": "colours", "cases": CASES, **more}
    made: dict[str, Any] = await evalguard.data("POST", "/datasets", body, status=201)
    return made


@pytest.mark.anyio
async def test_a_dataset_is_read_changed_and_deleted(evalguard: EvalGuard) -> None:
    made = await dataset(evalguard, description="", source="upload", tags=["a"])
    path = f"/datasets/{made['id']}"
    assert (made["description"], made["source"], made["item_count"], made["tags"]) == ("", "upload", 2, ["a"])
    assert made["project_id"] == evalguard.project
    assert await evalguard.data("GET", path) == made
    await evalguard.ran()
    assert await evalguard.data("GET", "/datasets", projectId=evalguard.project) == [made], "the cases of a run are no dataset"
    changed = await evalguard.data("PUT", path, {"name": "hues", "description": "two"})
    assert (changed["name"], changed["description"], changed["source"], changed["item_count"]) == ("hues", "two", "upload", 2)
    assert (await evalguard.data("PUT", path, {"source": "manual", "own": 1}))["source"] == "manual"
    changed = await evalguard.data("PUT", path, {"own": 2})
    assert (changed["name"], changed["source"]) == ("hues", "manual"), "what a change does not name stays"
    assert await evalguard.data("DELETE", path) == {"id": made["id"], "deleted": True}
    assert await evalguard.refusal("GET", path) == (404, "NOT_FOUND")
    assert (await dataset(evalguard))["source"] == "manual"


@pytest.mark.anyio
async def test_cases_are_appended_in_every_spelling(evalguard: EvalGuard) -> None:
    path = f"/datasets/{(await dataset(evalguard, cases=[]))['id']}"
    cases = [{"input": "a", "expected": "A"}, {"input": "b", "expectedOutput": "B", "metadata": {"k": 1}}, {"input": "c"}]
    added = await evalguard.data("POST", f"{path}/cases", {"cases": cases}, status=201)
    assert (added["added"], len(added["ids"])) == (3, 3)
    taken = await evalguard.data("POST", f"{path}/versions")
    version = (await evalguard.data("GET", f"{path}/versions/{taken['version']['id']}"))["version"]
    assert [(case["id"], case["expected_output"], case["metadata"]) for case in version["cases"]] == [
        (added["ids"][0], "A", {}),
        (added["ids"][1], "B", {"k": 1}),
        (added["ids"][2], None, {}),
    ]
    assert await evalguard.refusal("POST", f"{path}/cases", {"cases": [{"expected": "A"}]}) == (400, "VALIDATION_ERROR")
    assert await evalguard.refusal("POST", f"/datasets/{NOWHERE}/cases", {"cases": cases}) == (404, "NOT_FOUND")


@pytest.mark.anyio
async def test_restoring_keeps_what_was_there(evalguard: EvalGuard) -> None:
    path = f"/datasets/{(await dataset(evalguard))['id']}"
    first = (await evalguard.data("POST", f"{path}/versions"))["version"]
    await evalguard.data("POST", f"{path}/cases", {"cases": [{"input": "new"}]}, status=201)
    now = await evalguard.data("GET", f"{path}/versions/{first['id']}/diff")
    assert (now["diff"]["added"], now["diff"]["unchanged"]) == (1, 2)
    restored = await evalguard.data("POST", f"{path}/versions/{first['id']}/restore")
    assert restored == {"restoredFromVersion": 1, "caseCount": 2, "preRestoreVersionNum": 2}
    listed = await evalguard.data("GET", f"{path}/versions")
    assert [(row["version_num"], row["case_count"]) for row in listed["versions"]] == [(2, 3), (1, 2)]
    again = await evalguard.data("POST", f"{path}/versions/{first['id']}/restore")
    assert again["caseCount"] == 2
    assert (await evalguard.data("GET", path))["item_count"] == 2


@pytest.mark.anyio
async def test_a_version_belongs_to_its_dataset(evalguard: EvalGuard) -> None:
    one, other = [f"/datasets/{(await dataset(evalguard))['id']}/versions" for _ in range(2)]
    version = (await evalguard.data("POST", one))["version"]["id"]
    for path in (f"{other}/{version}", f"{other}/{version}/export", f"{other}/{version}/diff", f"{one}/{NOWHERE}"):
        assert await evalguard.refusal("GET", path) == (404, "NOT_FOUND"), path
    assert await evalguard.refusal("POST", f"{other}/{version}/restore") == (404, "NOT_FOUND")
    assert await evalguard.refusal("GET", f"{one}/{version}/diff", to="latest") == (400, "INVALID_ID")
    assert await evalguard.refusal("GET", f"{one}/{version}/export", format="xml") == (400, "INVALID_FORMAT")


@pytest.mark.anyio
async def test_exports_count_what_they_hold_and_skip(evalguard: EvalGuard) -> None:
    cases = [*CASES, {"input": 'no, "answer"'}]
    path = f"/datasets/{(await dataset(evalguard, cases=cases))['id']}/versions"
    version = (await evalguard.data("POST", path))["version"]["id"]

    async def exported(name: str | None) -> tuple[str, str, str]:
        reply = await evalguard.send("GET", f"{path}/{version}/export", **({"format": name} if name else {}))
        return reply.text, reply.headers["x-case-count"], reply.headers["x-skipped-cases"]

    text, count, skipped = await exported(None)
    lines = [json.loads(line)["messages"] for line in text.splitlines()]
    assert (count, skipped) == ("2", "1")
    assert lines[1] == [{"role": "user", "content": "blue"}, {"role": "assistant", "content": "green"}]
    text, count, skipped = await exported("jsonl")
    assert (count, skipped, [json.loads(line)["expected_output"] for line in text.splitlines()]) == ("3", "0", ["red", "green", None])
    text, _, _ = await exported("csv")
    assert [row["input"] for row in csv.DictReader(io.StringIO(text))] == ["red", "blue", 'no, "answer"']


@pytest.mark.anyio
async def test_prompts_count_by_name_and_are_deployed(evalguard: EvalGuard) -> None:
    def prompt(**more: Any) -> dict[str, Any]:
        return {"projectId": evalguard.project, "name": "greet", "content": "Hi {{input}}", **more}

    first = await evalguard.data("POST", "/prompts", prompt(variables=["input"], model="echo", config={"temperature": 0}), status=201)
    second = await evalguard.data("POST", "/prompts", prompt(content="Hello"), status=201)
    assert [(one["version"], one["content"], one["variables"]) for one in (first, second)] == [
        (1, "Hi {{input}}", ["input"]),
        (2, "Hello", None),
    ]
    listed = await evalguard.data("GET", "/prompts", projectId=evalguard.project)
    assert listed == [second, first]
    assert await evalguard.data("GET", "/prompts", projectId=evalguard.project, limit=-5) == [second]
    assert await evalguard.refusal("GET", "/prompts") == (400, "MISSING_PROJECT_ID")
    for version in (1, 2):
        await evalguard.data("POST", "/prompts/deployments", {"name": "greet", "version": version, "env": "production"})
    await evalguard.data("POST", "/prompts/deployments", {"name": "greet", "version": 1, "env": "staging"})
    deployed = await evalguard.data("GET", "/prompts/deployments", name="greet")
    assert {(one["env"], one["version"]) for one in deployed["current"]} == {("production", 2), ("staging", 1)}
    assert [(one["env"], one["version"]) for one in deployed["history"]] == [("staging", 1), ("production", 2), ("production", 1)]
    assert await evalguard.data("GET", "/prompts/deployments", name="other") == {"current": [], "history": []}
    missing = {"name": "greet", "version": 3, "env": "production"}
    assert await evalguard.refusal("POST", "/prompts/deployments", missing) == (404, "NOT_FOUND")


@pytest.mark.anyio
async def test_a_prompt_of_messages_is_shown_as_text(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    await client.post("/v1/prompts", json={"name": "chat", "messages": messages})
    (row,) = await evalguard.data("GET", "/prompts", projectId=evalguard.project)
    assert json.loads(row["content"]) == messages


@pytest.mark.anyio
async def test_the_active_version_of_an_evaluator_is_a_scorer(evalguard: EvalGuard) -> None:
    def evaluator(value: str, **more: Any) -> dict[str, Any]:
        config = {"scorer": "contains", "parameters": {"value": value}}
        return {"projectId": evalguard.project, "name": "polite", "definition": {"kind": "heuristic", "config": config}, **more}

    first = await evalguard.data("POST", "/evaluators", evaluator("please"), status=201)
    same = await evalguard.data("POST", "/evaluators", evaluator("please"), status=201)
    assert same["id"] == first["id"]
    second = await evalguard.data("POST", "/evaluators", evaluator("kindly"), status=201)
    draft = await evalguard.data("POST", "/evaluators", evaluator("never", activate=False, notes="not yet"), status=201)
    assert [(one["version"], one["is_active"]) for one in (first, second, draft)] == [(1, True), (2, True), (3, False)]
    listed = await evalguard.data("GET", "/evaluators", projectId=evalguard.project, name="polite")
    assert [(one["version"], one["is_active"], one["notes"]) for one in listed] == [
        (3, False, "not yet"),
        (2, True, None),
        (1, False, None),
    ]
    run = await evalguard.ran(prompt="kindly {{input}}", scorers=["polite"])
    assert run["status"] == "passed"


@pytest.mark.anyio
async def test_every_scorer_can_be_used_by_its_id(evalguard: EvalGuard) -> None:
    registry = await evalguard.data("GET", "/scorers")
    assert registry["total"] == len(registry["scorers"]) > 10
    names = [scorer["id"] for scorer in registry["scorers"]]
    assert all(set(scorer) == {"id", "name", "description", "type"} for scorer in registry["scorers"])
    run = await evalguard.ran(scorers=names)
    assert set(run["results"][0]["scores"]) == set(names)


@pytest.mark.anyio
async def test_no_client_version_is_required(evalguard: EvalGuard) -> None:
    policy = await evalguard.data("GET", "/client/policy", version="2.2.3")
    assert (policy["requiredMinimumVersion"], policy["requiredMaximumVersion"]) == (None, None)
    assert policy["versionCheck"]["allowed"] is True


@pytest.mark.parametrize("example", [one for one in examples("reply") if one.adapter.name == "evalguard"], ids=str)
def test_what_is_documented_is_what_is_answered(example: Example) -> None:
    example.route.answer.model_validate(example.body)
