"""Datasets, versions, scorers and evaluators of the EvalGuard surface."""

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
    names = [scorer["id"] for scorer in registry["scorers"] if scorer["available"]]
    assert all({"id", "name", "description", "type"} <= set(scorer) for scorer in registry["scorers"])
    run = await evalguard.ran(scorers=names)
    assert set(run["results"][0]["scores"]) == set(names)


@pytest.mark.anyio
async def test_scorers_that_do_not_run_here_are_named_with_the_reason(evalguard: EvalGuard) -> None:
    async def faithfulness() -> dict[str, Any]:
        found = {scorer["id"]: scorer for scorer in (await evalguard.data("GET", "/scorers"))["scorers"]}
        assert {"similar", "select-best", "llm-grader", "bleu", "latency", "webhook", "exact-match"} <= set(found)
        assert all(scorer["available"] is not bool(scorer.get("reason")) for scorer in found.values())
        one: dict[str, Any] = found["faithfulness"]
        return one

    assert "judge" in (await faithfulness())["reason"]
    refused = await evalguard.send("POST", "/evals", evalguard.definition(scorers=["faithfulness", "no-such"]))
    assert refused.status_code == 400
    message = refused.json()["error"]["message"]
    assert "The scorer faithfulness does not run here: its question" in message
    assert "Unknown scorer: no-such" in message
    definition = {"kind": "llm-judge", "config": {"prompt": "Is {{output}} faithful to {{input}}?"}, "threshold": 0.5}
    kept = {"projectId": evalguard.project, "name": "faithfulness", "definition": definition}
    await evalguard.data("POST", "/evaluators", kept, status=201)
    assert (await faithfulness())["available"] is True
    run = await evalguard.ran(scorers=["faithfulness"])
    assert set(run["results"][0]["scores"]) == {"faithfulness"}


@pytest.mark.anyio
async def test_versions_of_an_evaluator_are_compared_field_by_field(evalguard: EvalGuard) -> None:
    async def keep(threshold: float, **config: Any) -> None:
        definition = {"kind": "llm-judge", "config": config, "threshold": threshold}
        await evalguard.data("POST", "/evaluators", {"projectId": evalguard.project, "name": "tone", "definition": definition}, status=201)

    await keep(0.5, prompt="Rate it.", rubric="kind")
    await keep(0.7, prompt="Rate it.", model="echo")
    pair = {"projectId": evalguard.project, "name": "tone", "fromVersion": 1, "toVersion": 2}
    compared = await evalguard.data("POST", "/evaluators/diff", pair)
    assert compared == {
        "name": "tone",
        "fromVersion": 1,
        "toVersion": 2,
        "diff": {"changed": True, "added": ["config.model"], "removed": ["config.rubric"], "modified": ["threshold"]},
    }
    same = await evalguard.data("POST", "/evaluators/diff", pair | {"fromVersion": 2})
    assert same["diff"] == {"changed": False, "added": [], "removed": [], "modified": []}
    for wrong in ({"toVersion": 3}, {"name": "other"}, {"projectId": NOWHERE}):
        assert await evalguard.refusal("POST", "/evaluators/diff", pair | wrong) == (404, "NOT_FOUND"), wrong
    assert await evalguard.refusal("POST", "/evaluators/diff", pair | {"fromVersion": 0}) == (400, "VALIDATION_ERROR")


@pytest.mark.anyio
async def test_evaluators_belong_to_their_project(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    org = (await evalguard.send("GET", "/project/current")).json()["orgId"]
    project = await evalguard.data("POST", "/projects", {"orgId": org, "name": "Team", "slug": "team"}, status=201)
    other = EvalGuard(client, project["id"], evalguard.base)
    definition = {"kind": "heuristic", "config": {"scorer": "contains"}}
    for one in (evalguard, evalguard, other):
        body = {"projectId": one.project, "name": "mine", "definition": definition}
        assert (await one.data("POST", "/evaluators", body, status=201))["version"] == 1
    await client.post("/v1/evaluators", json={"name": "everybody's", "kind": "human"})
    assert [row["name"] for row in await evalguard.data("GET", "/evaluators", projectId=evalguard.project)] == ["everybody's", "mine"]
    assert [row["name"] for row in await evalguard.data("GET", "/evaluators", projectId=other.project)] == ["mine"]


@pytest.mark.anyio
async def test_calibration_tells_agreement_and_the_best_threshold(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    pairs = [{"human": True, "machine": True}] * 20 + [{"human": True, "machine": False}] * 5
    pairs += [{"human": False, "machine": True}] * 10 + [{"human": False, "machine": False}] * 15
    told = await evalguard.data("POST", "/scorers/calibrate", {"pairs": pairs})
    assert told["scorerId"] is None
    assert told["recommendation"] is None
    assert told["agreement"]["kappa"] == pytest.approx(0.4)
    assert told["agreement"]["accuracy"] == 0.7
    assert told["agreement"]["confusion"] == {"truePositive": 20, "falsePositive": 10, "trueNegative": 15, "falseNegative": 5}
    scored = [{"humanPass": score >= 0.6, "machineScore": score} for score in (0.1, 0.3, 0.5, 0.6, 0.7, 0.9)]
    told = await evalguard.data("POST", "/scorers/calibrate", {"scored": scored, "scorerId": "tone", "currentThreshold": 0.8})
    assert told["agreement"]["confusion"] == {"truePositive": 1, "falsePositive": 0, "trueNegative": 3, "falseNegative": 2}
    recommendation = told["recommendation"]
    assert (recommendation["threshold"], recommendation["kappa"], recommendation["currentThreshold"]) == (0.6, 1, 0.8)
    kept = (await client.get("/v1/documents/scorer_calibration")).json()["items"]
    assert [one["body"].get("scorerId") for one in kept] == ["tone", None]
    assert kept[0]["body"]["scored"] == scored
    questions: tuple[dict[str, Any], ...] = (
        {},
        {"pairs": []},
        {"pairs": [{"human": 1, "machine": True}]},
        {"scored": [{"humanPass": True}]},
    )
    for wrong in questions:
        assert await evalguard.refusal("POST", "/scorers/calibrate", wrong) == (400, "VALIDATION_ERROR"), wrong


@pytest.mark.anyio
async def test_no_client_version_is_required(evalguard: EvalGuard) -> None:
    policy = await evalguard.data("GET", "/client/policy", version="2.2.3")
    assert (policy["requiredMinimumVersion"], policy["requiredMaximumVersion"]) == (None, None)
    assert policy["versionCheck"]["allowed"] is True


@pytest.mark.parametrize("example", [one for one in examples("reply") if one.adapter.name == "evalguard"], ids=str)
def test_what_is_documented_is_what_is_answered(example: Example) -> None:
    example.route.answer.model_validate(example.body)
