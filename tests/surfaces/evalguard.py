"""The EvalGuard surface as its clients see it."""

import asyncio
from typing import Any

import httpx

NOWHERE = "00000000-0000-4000-8000-00000000dead"
NIL, MAX = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
CASES = [{"input": "red", "expectedOutput": "red"}, {"input": "blue", "expectedOutput": "green"}]


class EvalGuard:
    """The surface as a client sees it: enveloped replies below one base URL."""

    def __init__(self, http: httpx.AsyncClient, project: str, base: str) -> None:
        self.http, self.project, self.base = http, project, base

    async def send(self, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        return await self.http.request(method, self.base + path, json=body, params=params or None)

    async def data(self, method: str, path: str, body: Any = None, status: int = 200, **params: Any) -> Any:
        reply = await self.send(method, path, body, **params)
        assert reply.status_code == status, reply.text
        content = reply.json()
        assert content["success"] is True
        return content["data"]

    async def refusal(self, method: str, path: str, body: Any = None, **params: Any) -> tuple[int, str]:
        reply = await self.send(method, path, body, **params)
        error = reply.json()["error"]
        assert reply.json()["success"] is False
        assert error["requestId"] == reply.headers["x-request-id"]
        assert error["message"]
        return reply.status_code, error["code"]

    def definition(self, **changes: Any) -> dict[str, Any]:
        complete = {
            "projectId": self.project,
            "name": "colours",
            "model": "echo",
            "prompt": "{{input}}",
            "cases": CASES,
            "scorers": ["exact-match"],
        }
        return {name: value for name, value in (complete | changes).items() if value is not None}

    async def finished(self, path: str) -> dict[str, Any]:
        for _ in range(200):
            read: dict[str, Any] = await self.data("GET", path)
            if read["status"] not in ("pending", "running"):
                return read
            await asyncio.sleep(0.02)
        raise AssertionError(f"{path} did not finish: {read}")

    async def ran(self, **changes: Any) -> dict[str, Any]:
        created = await self.data("POST", "/evals", self.definition(**changes), status=201)
        return await self.finished(f"/evals/{created['id']}")

    async def external(self, **changes: Any) -> str:
        body = self.definition(external=True, **{"cases": [], "scorers": [], **changes})
        return str((await self.data("POST", "/evals", body, status=201))["id"])


async def connected(http: httpx.AsyncClient, base: str = "/evalguard/api/v1") -> EvalGuard:
    current = (await http.get(f"{base}/project/current")).json()
    assert set(current) == {"projectId", "orgId"}, "not enveloped"
    return EvalGuard(http, current["projectId"], base)
