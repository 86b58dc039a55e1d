"""Every other dialect onto a vendor with everything that is awkward about it at once: what is made arrives all the same, once, and reads back."""

from typing import Any

import pytest

from gateway.remote import outbox_delivery
from gateway.remote.outbox_delivery import Rhythm
from tests.conftest import Serve
from tests.gateway.upstream.stub import serving
from tests.remote.awkward import VALUES, Awkward, says
from tests.visibility.cells import delivered
from tests.visibility.dialects import DIALECTS
from tests.visibility.records import ordered, text
from tests.visibility.test_matrix import differences

pytestmark = pytest.mark.anyio

FAULT = {"detail": "Internal server error", "error_code": "INTERNAL_ERROR"}
TRICKLE = [0, 0, 1, 1, 2, 2, 100]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_delivery, "RHYTHM", Rhythm(look=0.05, first=0.05, longest=0.1, retry=0.05, pause=0.5, give_up=20, tries=8))


@pytest.mark.parametrize("more", [{"ticket": True, "bare": True}, {"first_form": True, "bare": True}, {"slashless": True}], ids=str)
@pytest.mark.parametrize("source", ["canonical", "phoenix", "evalguard"])
async def test_what_a_dialect_makes_arrives_at_an_awkward_vendor(serve: Serve, source: str, more: dict[str, Any]) -> None:
    faults = {"before": {"resume": [says(500, FAULT)]}, "after": {"resume": [says(500, FAULT)], "score": [says(500, FAULT)]}}
    vendor = Awkward(shown=list(TRICKLE), texts=True, evaluators=set(), **faults, **more)
    async with serving(vendor.app) as url:
        target = {"adapter": "respan", "base_url": url, "api_key": "k", "timeout": 2, "retries": 0, "requests_per_minute": 100_000}
        async with serve(targets={"there": target}) as client:
            made = ordered(await DIALECTS[source].make(client, "try", "@there"))
            seen = await DIALECTS[source].read(client, "try", "@there")
            assert len(seen.results) == len(made)
            assert [differences(*pair, DIALECTS[source], seen) for pair in zip(made, seen.results, strict=True)] == [[] for _ in made]
            await delivered(client, "there")
    succeeded = [result for result in made if not result.failed]
    # One write for each run, whatever went wrong on the way: a fault after it is no reason for a second.
    assert sorted(text(body["output"]) for _, body in vendor.patches) == sorted(text(result.output) for result in succeeded)
    held = {text(trace["output"]): trace["scores"] for trace in vendor.traces if "output" in trace}
    for result in succeeded:
        scores = held[text(result.output)]
        assert {name: _value(score) for name, score in scores.items()} == dict(result.scores)


def _value(score: dict[str, Any]) -> Any:
    found = next(score[name] for name in VALUES if score.get(name) is not None)
    return found[0] if isinstance(found, list) else found
