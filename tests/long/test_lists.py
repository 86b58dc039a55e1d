"""Ten thousand experiments at a vendor: every dialect lists them page by page, with few calls and in bounded memory."""

import tracemalloc
from itertools import pairwise

import pytest

from tests.conftest import Serve
from tests.remote.crowd import CROWDS
from tests.remote.reading import READERS
from tests.remote.test_lists import CELLS, listing, tries

pytestmark = pytest.mark.anyio

MANY = 10_000
PAGED = [cell for cell in CELLS if cell[1] != "at_once"]
# Megabytes: a few pages and what is remembered of ids; where a vendor has no pages, its one answer while it is read.
BOUND = {"phoenix": 12, "respan": 20, "evalguard": 120}


@pytest.mark.parametrize(("kind", "way"), PAGED)
async def test_ten_thousand_experiments_are_listed_page_by_page(serve: Serve, kind: str, way: str) -> None:
    crowd = CROWDS[kind](list(range(1, MANY + 1)))
    async with listing(serve, crowd, timeout=600) as client:
        seen: list[str] = []
        calls: list[int] = []
        async for page, _ in READERS[way][1](client, 100):
            seen += page
            calls.append(len(crowd.calls))
        assert sorted(seen) == sorted(tries(crowd.numbers))
        assert calls[0] <= MANY // 100 + 10
        assert all(after - before <= 2 for before, after in pairwise(calls))


@pytest.mark.parametrize("kind", CROWDS)
async def test_memory_is_bounded(serve: Serve, kind: str) -> None:
    crowd = CROWDS[kind](list(range(1, MANY + 1)))
    async with listing(serve, crowd, timeout=600) as client:
        await client.get("/v1@vendor/datasets")
        tracemalloc.start()
        try:
            number = 0
            async for _ in READERS["by_cursor"][1](client, 100):
                number += 1
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.reset_peak()
            held = tracemalloc.get_traced_memory()[0] / 1e6
            async for _ in READERS["by_offset"][1](client, 100):
                number += 1
            paging = tracemalloc.get_traced_memory()[1] / 1e6 - held
        finally:
            tracemalloc.stop()
        assert number == 2 * MANY // 100
        assert peak < BOUND[kind]
        assert paging < 8
