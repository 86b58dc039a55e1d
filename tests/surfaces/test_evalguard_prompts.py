"""Prompts, the prompt registry, deployments and traffic tests of the EvalGuard surface."""

import json
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.surfaces.evalguard import NOWHERE, EvalGuard, connected


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


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


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.anyio
async def test_the_registry_names_versions_by_their_hash(evalguard: EvalGuard) -> None:
    body = {"name": "greet", "template": "Hi {who}", "variables": ["who"], "description": "says hi"}
    first = await evalguard.data("POST", "/prompts/registry", body, status=201)
    assert (first["version"], first["hash"], first["variables"], first["description"]) == (1, hashed("Hi {who}"), ["who"], "says hi")
    change = {"prompt_id": first["id"], "template": "Hello {who}", "change_log": "warmer"}
    second = await evalguard.data("PUT", "/prompts/registry", change)
    assert (second["id"], second["version"], second["hash"]) == (first["id"], 2, hashed("Hello {who}"))
    assert (second["name"], second["change_log"], second["description"], second["variables"]) == ("greet", "warmer", "says hi", ["who"])
    assert [(one["version"], one["hash"]) for one in second["versions"]] == [(2, hashed("Hello {who}")), (1, hashed("Hi {who}"))]
    assert await evalguard.data("PUT", "/prompts/registry", change) == second, "equal text is the version that is there"
    other = await evalguard.data("POST", "/prompts/registry", {"name": "part", "template": "Bye"}, status=201)
    assert await evalguard.data("GET", "/prompts/registry") == [other, second]
    assert await evalguard.data("GET", "/prompts/registry", name="part") == [other]
    third = await evalguard.data("POST", "/prompts", {"projectId": evalguard.project, "name": "greet", "content": "Hey"}, status=201)
    assert third["version"] == 3, "one prompt, whichever route its versions come by"
    (row,) = await evalguard.data("GET", "/prompts/registry", name="greet")
    assert (row["id"], row["hash"], row["change_log"]) == (first["id"], hashed("Hey"), None)
    assert await evalguard.refusal("PUT", "/prompts/registry", {"prompt_id": NOWHERE, "template": "x"}) == (404, "NOT_FOUND")
    assert await evalguard.refusal("PUT", "/prompts/registry", {"prompt_id": "greet", "template": "x"}) == (400, "VALIDATION_ERROR")
    assert await evalguard.refusal("POST", "/prompts/registry", {"name": "greet"}) == (400, "VALIDATION_ERROR")


async def deployed(evalguard: EvalGuard, *versions: int) -> dict[str, Any]:
    for number in (1, 2, 3):
        await evalguard.data("POST", "/prompts/registry", {"name": "greet", "template": f"v{number}"}, status=201)
    made: dict[str, Any] = {}
    for version in versions:
        made = await evalguard.data("POST", "/prompts/deployments", {"name": "greet", "version": version, "env": "production"})
    return made


@pytest.mark.anyio
async def test_a_deployment_is_rolled_back_to_a_hash_or_to_the_one_before(evalguard: EvalGuard) -> None:
    made = await deployed(evalguard, 1, 3, 3)
    assert (made["version"], made["hash"]) == (3, hashed("v3"))
    back = await evalguard.data("PUT", "/prompts/deployments", {"deployment_id": made["id"], "rollback_to_hash": hashed("v2")})
    assert (back["name"], back["env"], back["version"], back["hash"]) == ("greet", "production", 2, hashed("v2"))
    again = await evalguard.data("PUT", "/prompts/deployments", {"action": "rollback", "name": "greet", "env": "production"})
    assert again["version"] == 3
    listed = await evalguard.data("GET", "/prompts/deployments", name="greet")
    assert [one["version"] for one in listed["current"]] == [3]
    assert [one["version"] for one in listed["history"]] == [3, 2, 3, 3, 1]


@pytest.mark.anyio
async def test_what_cannot_be_rolled_back_is_refused(evalguard: EvalGuard) -> None:
    made = await deployed(evalguard, 2)
    path, known = "/prompts/deployments", {"deployment_id": made["id"]}
    assert await evalguard.refusal("PUT", path, known) == (409, "CONFLICT")
    assert await evalguard.refusal("PUT", path, known | {"rollback_to_hash": hashed("v9")}) == (404, "NOT_FOUND")
    assert await evalguard.refusal("PUT", path, {"deployment_id": NOWHERE}) == (404, "NOT_FOUND")
    assert await evalguard.refusal("PUT", path, {"action": "rollback", "name": "greet", "env": "staging"}) == (404, "NOT_FOUND")
    for wrong in ({}, {"name": "greet"}, known | {"action": "forward"}):
        assert await evalguard.refusal("PUT", path, wrong) == (400, "VALIDATION_ERROR"), wrong
    assert len((await evalguard.data("GET", path, name="greet"))["history"]) == 1


@pytest.mark.anyio
async def test_a_traffic_test_is_kept(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    await deployed(evalguard)
    (prompt,) = await evalguard.data("GET", "/prompts/registry")
    body = {"prompt_id": prompt["id"], "control_hash": hashed("v1"), "variant_hash": hashed("v3"), "traffic_split": 0.25}
    made = await evalguard.data("POST", "/prompts/ab-tests", body)
    assert {name: made[name] for name in body} == body
    (kept,) = (await client.get("/v1/documents/prompt_traffic_test")).json()["items"]
    assert kept["body"] == body
    for wrong in ({"variant_hash": hashed("v9")}, {"prompt_id": NOWHERE}):
        assert await evalguard.refusal("POST", "/prompts/ab-tests", body | wrong) == (404, "NOT_FOUND"), wrong
    for name, value in (("variant_hash", hashed("v1")), ("traffic_split", 1.5), ("traffic_split", "half"), ("prompt_id", "greet")):
        assert await evalguard.refusal("POST", "/prompts/ab-tests", body | {name: value}) == (400, "VALIDATION_ERROR"), (name, value)
    assert len((await client.get("/v1/documents/prompt_traffic_test")).json()["items"]) == 1
