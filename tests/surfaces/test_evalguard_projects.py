"""Projects of the EvalGuard surface."""

from typing import Any

import httpx
import pytest

from tests.surfaces.evalguard import NOWHERE, EvalGuard, connected

pytestmark = pytest.mark.anyio


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


async def made(evalguard: EvalGuard, **more: Any) -> dict[str, Any]:
    org = (await evalguard.send("GET", "/project/current")).json()["orgId"]
    project: dict[str, Any] = await evalguard.data("POST", "/projects", {"orgId": org, "name": "Team", "slug": "team", **more}, status=201)
    assert project["org_id"] == org
    return project


async def test_a_project_is_made_read_changed_and_deleted(evalguard: EvalGuard) -> None:
    project = await made(evalguard)
    assert (project["name"], project["slug"], project["settings"]) == ("Team", "team", {})
    path = f"/projects/{project['id']}"
    assert await evalguard.data("GET", path) == project
    changed = await evalguard.data("PATCH", path, {"name": "Teams", "settings": {"threshold": 0.9}})
    assert (changed["name"], changed["slug"], changed["settings"]) == ("Teams", "team", {"threshold": 0.9})
    assert await evalguard.data("DELETE", path) == {"id": project["id"], "deleted": True}
    assert await evalguard.refusal("GET", path) == (404, "NOT_FOUND")


async def test_what_is_wrong_with_a_project_is_said(evalguard: EvalGuard) -> None:
    project = await made(evalguard)
    body = {"orgId": NOWHERE, "name": "Other", "slug": "other"}
    for wrong in ({"slug": "No spaces"}, {"slug": "a"}, {"name": "n" * 51}, {"orgId": "org"}):
        assert await evalguard.refusal("POST", "/projects", body | wrong) == (400, "VALIDATION_ERROR"), wrong
    assert await evalguard.refusal("POST", "/projects", body | {"slug": "team"}) == (409, "CONFLICT")
    assert await evalguard.refusal("GET", f"/projects/{NOWHERE}") == (404, "NOT_FOUND")
    assert await evalguard.refusal("GET", "/projects/team") == (400, "INVALID_ID")
    own = await evalguard.data("GET", f"/projects/{evalguard.project}")
    assert (own["id"], own["org_id"]) == (evalguard.project, project["org_id"])
    assert await evalguard.refusal("DELETE", f"/projects/{evalguard.project}") == (403, "FORBIDDEN")


async def test_records_belong_to_their_project_and_go_with_it(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    project = await made(evalguard)
    other = EvalGuard(client, project["id"], evalguard.base)
    for one in (evalguard, other):
        await one.data("POST", "/datasets", {"projectId": one.project, "name": "d", "cases": [{"input": "a"}]}, status=201)
        await one.data("POST", "/prompts", {"projectId": one.project, "name": "p", "content": "{{input}}"}, status=201)
        await one.ran()
    lists = ("/datasets", "/prompts", "/evals")
    for path in lists:
        (ours,), (theirs,) = [await one.data("GET", path, projectId=one.project) for one in (evalguard, other)]
        assert ours["id"] != theirs["id"], path
    await evalguard.data("DELETE", f"/projects/{project['id']}")
    for path in lists:
        assert await evalguard.data("GET", path, projectId=project["id"]) == [], path
        assert len(await evalguard.data("GET", path, projectId=evalguard.project)) == 1, path
