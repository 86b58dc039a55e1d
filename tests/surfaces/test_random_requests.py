"""Random requests in every dialect, seeded: no fault, no hang, an answer that is what it says, and a store that agrees with itself afterwards."""

from pathlib import Path

import pytest

from tests.fuzz.run import ask

pytestmark = pytest.mark.anyio


async def test_three_thousand_random_requests(tmp_path: Path) -> None:
    outcome = await ask(tmp_path, seed=3, number=3_000)
    assert outcome.wrong == []
    assert {dialect for dialect, status in outcome.answers if status < 300} == {dialect for dialect, _ in outcome.answers}
    assert len(outcome.succeeded) > 150, "hardly anything was really asked"
