"""A hundred thousand random requests, seeded, in every dialect."""

from pathlib import Path

import pytest

from tests.fuzz.run import ask

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seed", range(10))
async def test_ten_thousand_random_requests(tmp_path: Path, seed: int) -> None:
    outcome = await ask(tmp_path, seed=100 + seed, number=10_000)
    assert outcome.wrong == []
