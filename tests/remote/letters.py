"""Templated variants asked for in one call, as a vendor with comparisons of its own has them."""

import asyncio
import time
from typing import Any

from tests.remote.life import Document, Face

PROJECT = "11111111-1111-4111-8111-111111111111"
CASES = [{"input": "France", "expected": "France"}, {"input": "Japan", "expected": "Tokyo"}]
VARIANTS = [{"name": "bare", "template": "{{input}}"}, {"name": "polite", "template": "Kindly {{input}}"}]


async def compared(face: Face, name: str) -> Document:
    """A prompt experiment of two variants over two cases, read once it has ended."""
    dataset = (await face.post("/datasets", {"projectId": PROJECT, "name": name, "cases": CASES}))["data"]
    body = {"dataset_id": dataset["id"], "name": f"{name} tone", "variants": VARIANTS, "scorers": ["exact-match"]}
    made = (await face.post("/prompts/experiments", body, 200))["data"]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: Any = (await face.get(f"/prompts/experiments/{made['id']}"))["data"]
        if found["status"] == "completed":
            return dict(found)
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {found['status']}")


async def told(face: Face, found: Document, name: str) -> None:
    """Two variants with two results each; the list shows the comparison as one."""
    assert [variant["name"] for variant in found["variants"]] == ["bare", "polite"]
    assert [[result["input"] for result in variant["results"]] for variant in found["variants"]] == [["France", "Japan"]] * 2
    assert [variant["summary"]["passedCases"] for variant in found["variants"]] == [1, 0]
    listed = (await face.get("/prompts/experiments"))["data"]
    assert [item["id"] for item in listed if item["name"] == f"{name} tone"] == [found["id"]]
