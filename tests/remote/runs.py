"""Experiments that the gateway runs on a target that only stores."""

import asyncio
import time
from typing import Any

from tests.remote.life import Document, Face

SECONDS = 60


async def ended(face: Face, experiment_id: str) -> Document:
    """The experiment once it has ended."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found: Document = await face.get(f"/experiments/{experiment_id}")
        if found["status"] not in ("pending", "running", "waiting"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {found['status']}: {found}")


async def executed(face: Face, name: str) -> Document:
    """A definition with a templated completion and two scorers, run to its end; the experiment as it then is."""
    examples = [{"input": {"q": word}, "reference": f"Say {word}"} for word in ("one", "two", "three")]
    dataset = await face.post("/datasets", {"name": name, "examples": examples})
    body = {
        "name": f"{name} run",
        "dataset_id": dataset["id"],
        "variants": [{"name": "terse", "steps": [{"kind": "completion", "config": {"template": "Say {{q}}"}}]}],
        "evaluators": [{"evaluator": "exact_match"}, {"evaluator": "contains", "parameters": {"value": "two"}}],
    }
    created = await face.ask("POST", "/experiments", 201, json=body)
    assert created.headers["crosswalk-origin"] == "emulated"
    assert "crosswalk-lost" not in created.headers
    assert created.json()["status"] == "pending"
    return await ended(face, created.json()["id"])


async def checked(face: Face, experiment: Document) -> None:
    """Three runs, each scored by both; and the figures."""
    assert (experiment["status"], experiment["progress"], experiment["counts"]["succeeded"]) == ("completed", 1.0, 3)
    assert [use["evaluator"] for use in experiment["evaluators"]] == ["exact_match", "contains"]
    assert experiment["variants"][0]["name"] == "terse"
    runs: list[Any] = (await face.get(f"/experiments/{experiment['id']}/runs", sort="example_position"))["items"]
    assert len({run["example_id"] for run in runs}) == len(runs) == 3
    for run in runs:
        assert [score["evaluator"] for score in sorted(run["scores"], key=lambda score: score["evaluator"])] == ["contains", "exact_match"]
        assert run["model"] == "echo"
    summary = await face.get(f"/experiments/{experiment['id']}/summary")
    assert [(figures["evaluator"], figures["count"]) for figures in summary["evaluators"]] == [("contains", 3), ("exact_match", 3)]
