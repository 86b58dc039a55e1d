"""How a client of each dialect goes through all experiments of a target, page by page."""

from collections.abc import AsyncIterator
from typing import Any

import httpx


async def canonical(client: httpx.AsyncClient, size: int, **query: Any) -> AsyncIterator[tuple[list[str], httpx.Response]]:
    """The names on each page, and the answer."""
    cursor: str | None = None
    while True:
        asked = {"limit": size, **query, **({"cursor": cursor} if cursor else {})}
        answer = await client.get("/v1@vendor/experiments", params=asked, timeout=60)
        assert answer.status_code == 200, answer.text[:500]
        page = answer.json()
        assert len(page["items"]) <= size
        yield [item["name"] for item in page["items"]], answer
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def numbered(client: httpx.AsyncClient, size: int) -> AsyncIterator[tuple[list[str], httpx.Response]]:
    """As Respan's clients do: page after page, until the count is reached."""
    number = 0
    while True:
        number += 1
        query = {"page": number, "page_size": size}
        answer = await client.post("/respan@vendor/api/v2/experiments/list/", params=query, json={}, timeout=60)
        assert answer.status_code == 200, answer.text[:500]
        page = answer.json()
        assert len(page["results"]) <= size
        yield [item["name"] for item in page["results"]], answer
        if number * size >= page["count"]:
            return


async def by_dataset(client: httpx.AsyncClient, size: int) -> AsyncIterator[tuple[list[str], httpx.Response]]:
    """As Phoenix's clients do: the experiments of each dataset, by cursor."""
    datasets = (await client.get("/v1@vendor/datasets", timeout=60)).json()["items"]
    for dataset in datasets:
        known = await client.get(f"/v1@vendor/datasets/{dataset['id']}")
        assert known.status_code == 200


async def counted(client: httpx.AsyncClient, size: int) -> AsyncIterator[tuple[list[str], httpx.Response]]:
    """By what to skip, as the clients of the canonical API may."""
    offset = 0
    while True:
        answer = await client.get("/v1@vendor/experiments", params={"limit": size, "offset": offset, "total": "true"}, timeout=60)
        assert answer.status_code == 200, answer.text[:500]
        page = answer.json()
        yield [item["name"] for item in page["items"]], answer
        offset += size
        if offset >= page["total"]:
            return
