"""An experiment with runs and scores made in each dialect reads back equal, by value, in each other one, minus what a receipt names."""

from typing import Any

import httpx
import pytest

from adapters.registry import discover
from tests.visibility.dialects import DIALECTS, Dialect
from tests.visibility.records import Account, Result, ordered, text

pytestmark = pytest.mark.anyio


def test_every_dialect_takes_part() -> None:
    assert set(DIALECTS) == set(discover())


@pytest.mark.parametrize("reader", DIALECTS)
@pytest.mark.parametrize("maker", DIALECTS)
async def test_what_one_dialect_made_another_shows(client: httpx.AsyncClient, maker: str, reader: str) -> None:
    name = f"made in {maker}"
    made = ordered(await DIALECTS[maker].make(client, name))
    seen = await DIALECTS[reader].read(client, name)
    assert len(seen.results) == len(made)
    for truth, shown in zip(made, seen.results, strict=True):
        assert differences(truth, shown, DIALECTS[reader], seen) == []


def differences(truth: Result, shown: Result, reader: Dialect, seen: Account) -> list[str]:
    found = []
    for name in ("input", "reference", "output"):
        before, after = getattr(truth, name), getattr(shown, name)
        if not _same(before, after, reader):
            found.append(f"{name}: {before!r} became {after!r}")
    if truth.failed != shown.failed and "error" not in seen.excused:
        found.append(f"failed: {truth.failed} became {shown.failed}")
    if truth.repetition != shown.repetition and "repetition" not in seen.excused:
        found.append(f"repetition: {truth.repetition} became {shown.repetition}")
    for evaluator, value in truth.scores.items():
        after = shown.scores.get(evaluator)
        # Only what is no number may be coerced into something else, and only when a receipt says so.
        if after != value and not (isinstance(value, str) and evaluator in shown.scores and "value" in seen.excused):
            found.append(f"score {evaluator}: {value!r} became {after!r}")
    return found + [f"score {name} came from nowhere" for name in set(shown.scores) - set(truth.scores)]


def _same(before: Any, after: Any, reader: Dialect) -> bool:
    if before == after:
        return True
    # A dialect of strings shows other values as their JSON text, and has no null output.
    return reader.strings and (text(before) == after or (before is None and after in (None, "")))
