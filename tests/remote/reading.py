"""How a client of each dialect goes through all experiments of the target `vendor`, page by page: the names on each page, and the answer."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

Page = tuple[list[str], httpx.Response]
Reader = Callable[[httpx.AsyncClient, int], AsyncIterator[Page]]


async def _asked(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    answer = await client.request(method, path, timeout=120, **more)
    assert answer.status_code == 200, answer.text[:500]
    return answer


async def by_cursor(client: httpx.AsyncClient, size: int, **query: Any) -> AsyncIterator[Page]:
    """The canonical API's cursors."""
    cursor: str | None = None
    while True:
        asked = {"limit": size, **query, **({"cursor": cursor} if cursor else {})}
        answer = await _asked(client, "GET", "/v1@vendor/experiments", params=asked)
        page = answer.json()
        assert len(page["items"]) <= size
        yield [item["name"] for item in page["items"]], answer
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def by_number(client: httpx.AsyncClient, size: int) -> AsyncIterator[Page]:
    """Respan's numbered pages, until the count is reached."""
    number, total = 0, size
    while number * size < total:
        number += 1
        query = {"page": number, "page_size": size}
        answer = await _asked(client, "POST", "/respan@vendor/api/v2/experiments/list/", params=query, json={})
        page = answer.json()
        assert len(page["results"]) <= size
        total = page["count"]
        yield [item["name"] for item in page["results"]], answer


async def by_offset(client: httpx.AsyncClient, size: int) -> AsyncIterator[Page]:
    """What to skip and what to take, as the canonical API takes them, too."""
    offset, total = 0, 1
    while offset < total:
        answer = await _asked(client, "GET", "/v1@vendor/experiments", params={"limit": size, "offset": offset, "total": "true"})
        page = answer.json()
        total, offset = page["total"], offset + size
        yield [item["name"] for item in page["items"]], answer


async def by_dataset(client: httpx.AsyncClient, size: int) -> AsyncIterator[Page]:
    """Phoenix's lists: those of each dataset, by cursor. The datasets are those of the experiments on the canonical list."""
    first = (await _asked(client, "GET", "/v1@vendor/experiments", params={"limit": 3})).json()["items"]
    ids = client.app.state.remotes["vendor"].ids  # type: ignore[attr-defined]
    for dataset in dict.fromkeys(item["dataset_id"] for item in first):
        number, cursor = ids.parse(dataset).number, None
        while True:
            query = {"limit": size, **({"cursor": cursor} if cursor else {})}
            answer = await _asked(client, "GET", f"/phoenix@vendor/v1/datasets/{_node(number)}/experiments", params=query)
            page = answer.json()
            assert len(page["data"]) <= size
            yield [item["name"] for item in page["data"]], answer
            cursor = page["next_cursor"]
            if cursor is None:
                break


async def at_once(client: httpx.AsyncClient, size: int) -> AsyncIterator[Page]:
    """EvalGuard's clients, who know no pages of eval runs."""
    project = (await _asked(client, "GET", "/evalguard@vendor/api/v1/project/current")).json()["projectId"]
    answer = await _asked(client, "GET", "/evalguard@vendor/api/v1/evals", params={"projectId": project})
    yield [item["name"] for item in answer.json()["data"]], answer


def _node(number: int) -> str:
    from tests.remote.crowd import Storing

    return Storing.node("Dataset", number)


READERS: Mapping[str, tuple[str, Reader]] = {
    "by_cursor": ("canonical", by_cursor),
    "by_offset": ("canonical", by_offset),
    "by_number": ("respan", by_number),
    "by_dataset": ("phoenix", by_dataset),
    "at_once": ("evalguard", at_once),
}
"""By name: the dialect, and how it reads."""
