"""The benchmark measures what it says: the stub is reached, answers are counted after warming, bars are judged."""

import pytest

from adapters.registry import discover
from gateway.bench import caller, measure
from gateway.bench.caller import load
from gateway.bench.scenarios import Scenario, forwarded, translated
from gateway.bench.vendor import vendor


@pytest.mark.anyio
async def test_the_callers_are_answered_as_fast_as_the_vendor_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "WARMING", 0.1)
    scenario = Scenario("", "phoenix", "/phoenix/v1/anything", b"{}", callers=4, delay=0.02)
    with vendor(scenario.answer, delay=scenario.delay, core=None) as url:
        found = await load(url, scenario.request(scenario.path), callers=scenario.callers, seconds=0.3)
    assert found.median >= 19
    assert 0 < found.count <= 4 * 0.3 / 0.019 + 4
    assert found.rate == pytest.approx(found.count / 0.3)


def test_every_vendor_whose_examples_show_a_list_is_translated() -> None:
    adapters = discover()
    found = {scenario.dialect: scenario for scenario in translated(adapters, adapters["canonical"])}
    assert set(found) <= {"phoenix", "respan", "evalguard"}
    assert found["phoenix"].path == "/v1@stub/datasets"
    assert found["phoenix"].bound == 1.2


def test_bars() -> None:
    fast, slow = forwarded("phoenix")[0], forwarded("phoenix")[1]
    assert measure._judged(fast, 0.8, None) == ("<= 0.8 ms added", True)
    assert measure._judged(fast, 0.81, None) == ("<= 0.8 ms added", False)
    assert measure._judged(slow, 9.0, 0.95) == (">= 95 % of the ideal", True)
    assert measure._judged(slow, 9.0, 0.949) == (">= 95 % of the ideal", False)
