"""Documents through /v1: any kind, and what other dialects keep."""

from typing import Any

import httpx
import pytest

from tests.surfaces.evalguard import connected

pytestmark = pytest.mark.anyio


async def ask(client: httpx.AsyncClient, method: str, path: str, body: Any = None, status: int = 200, **params: Any) -> Any:
    reply = await client.request(method, f"/v1/documents{path}", json=body, params=params or None)
    assert reply.status_code == status, reply.text
    return reply.json()


async def test_a_document_of_any_kind_is_made_listed_read_changed_and_deleted(client: httpx.AsyncClient) -> None:
    made = await ask(client, "POST", "/runbook", {"key": "on/call", "body": {"who": "ann", "steps": {"first": 1, "second": 2}}}, 201)
    assert (made["kind"], made["key"], made["version"]) == ("runbook", "on/call", 1)
    assert await ask(client, "GET", "/runbook/on/call") == made
    assert await ask(client, "GET", f"/runbook/{made['id']}") == made
    changed = await ask(client, "PATCH", "/runbook/on/call", {"body": {"steps": {"first": None, "third": 3}}})
    assert (changed["version"], changed["body"]) == (2, {"who": "ann", "steps": {"second": 2, "third": 3}})
    replaced = await ask(client, "PUT", "/runbook/on/call", {"body": {"who": "bob"}})
    assert (replaced["version"], replaced["body"]) == (3, {"who": "bob"})
    corrected = await ask(client, "PUT", "/runbook/on/call", {"body": {"who": "eve"}}, version=1)
    assert (corrected["id"], corrected["version"], corrected["body"]) == (made["id"], 1, {"who": "eve"})
    patched = await ask(client, "PATCH", "/runbook/on/call", {"body": {"since": "May"}}, version=1)
    assert (patched["version"], patched["body"]) == (1, {"who": "eve", "since": "May"})
    versions = await ask(client, "GET", "/runbook", key="on/call", versions="true", total="true")
    assert ([one["version"] for one in versions["items"]], versions["total"]) == ([3, 2, 1], 3)
    assert (await ask(client, "DELETE", "/runbook/on/call", version=3))["count"] == 1
    assert (await ask(client, "GET", "/runbook/on/call"))["version"] == 2
    assert (await ask(client, "DELETE", "/runbook/on/call"))["count"] == 2
    problem = await ask(client, "GET", "/runbook/on/call", status=404)
    assert problem["code"] == "not_found"


async def test_documents_are_listed_by_kind_by_condition_and_in_pages(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await ask(client, "PUT", f"/gauge/g{number}", {"body": {"level": number}})
    await ask(client, "PUT", "/note/n", {"body": {"level": 9}})
    page = await ask(client, "GET", "/gauge", limit=2, where='{"field": "body.level", "operator": "gte", "value": 1}', total="true")
    assert ([one["key"] for one in page["items"]], page["total"]) == (["g4", "g3"], 4)
    rest = await client.get(page["next"])
    assert [one["key"] for one in rest.json()["items"]] == ["g2", "g1"]
    everything = await ask(client, "GET", "", sort="body.level")
    assert [(one["kind"], one["body"]["level"]) for one in everything["items"]] == [*(("gauge", n) for n in range(5)), ("note", 9)]
    assert (await ask(client, "GET", "", where='{"field": "colour", "value": 1}', status=400))["code"] == "invalid_request"


async def test_what_another_dialect_keeps_is_there(client: httpx.AsyncClient) -> None:
    evalguard = await connected(client)
    report = {"source": "pytest", "summary": {"total": 1, "passed": 1, "failed": 0, "passRate": 1, "totalDuration": 2.5}, "cases": []}
    await evalguard.data("POST", "/evals/ci", report, status=201)
    (kept,) = (await ask(client, "GET", "/ci_report"))["items"]
    assert kept["body"] == report
    await evalguard.data("POST", "/prompts", {"projectId": evalguard.project, "name": "greet", "content": "Hi"}, status=201)
    for version in (1, 1):
        await evalguard.data("POST", "/prompts/deployments", {"name": "greet", "version": version, "env": "production"})
    deployed = await ask(client, "GET", "/prompt_deployment/production/greet")
    assert (deployed["version"], deployed["body"]["name"]) == (2, "greet")
    await ask(client, "DELETE", "/prompt_deployment/production/greet")
    assert await evalguard.data("GET", "/prompts/deployments", name="greet") == {"current": [], "history": []}


async def test_the_kinds_that_each_dialect_keeps_are_named(client: httpx.AsyncClient) -> None:
    kinds = (await client.get("/v1/capabilities")).json()["document_kinds"]
    assert "ci_report" in kinds["evalguard"]
    assert "dataset_label" in kinds["phoenix"]
    assert "workflow" in kinds["respan"]
