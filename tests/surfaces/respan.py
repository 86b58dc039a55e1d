"""What the tests of this dialect share: paths, and requests that must succeed."""

from typing import Any

import httpx

EXPERIMENTS = "/respan/api/v2/experiments/"
DATASETS = "/respan/api/datasets/"
EVALUATORS = "/respan/api/evaluators/"
SCORES = "/respan/api/scores/"
WAIT = [{"type": "wait", "config": {}}]
ROWS = [
    {"input": "paris", "reference": "PARIS"},
    {"input": {"q": 1}, "reference": {"a": 1}, "output": "x"},
    {"input": "paris", "reference": "other"},
]


async def ask(client: httpx.AsyncClient, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """The JSON answer to a request that must end in `status`."""
    answer = await client.request(method, path, json=body) if body is not None else await client.request(method, path)
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json() if answer.content else None


async def dataset(client: httpx.AsyncClient, rows: list[dict[str, Any]] | None = None) -> str:
    """The canonical id of a new dataset with these examples."""
    made = await ask(client, "POST", "/v1/datasets", {"name": "rows", "examples": ROWS if rows is None else rows}, 201)
    return str(made["id"])


async def experiment(client: httpx.AsyncClient, rows: list[dict[str, Any]] | None = None, **body: Any) -> dict[str, Any]:
    """A new experiment whose rows wait, unless `body` says otherwise."""
    content = {"dataset_id": await dataset(client, rows), "workflow": WAIT, **body}
    made: dict[str, Any] = await ask(client, "POST", EXPERIMENTS, content, 201)
    return made


async def traces(client: httpx.AsyncClient, identifier: str, body: Any = None, query: str = "") -> list[dict[str, Any]]:
    """The traces of an experiment, newest first."""
    page = await ask(client, "POST", f"{EXPERIMENTS}{identifier}/logs/list/{query}", body)
    found: list[dict[str, Any]] = page["results"]
    return found


async def resume(client: httpx.AsyncClient, identifier: str, trace: str, output: Any, **more: Any) -> dict[str, Any]:
    """Submit the output of a waiting trace."""
    answer: dict[str, Any] = await ask(client, "PATCH", f"{EXPERIMENTS}{identifier}/logs/{trace}/", {"output": output, **more})
    return answer
