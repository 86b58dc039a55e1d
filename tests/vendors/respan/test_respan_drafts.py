"""Drafts, their start, prompts and the older body: what no client call reaches, over plain HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors.respan.reading import said, score

DEADLINE_SECONDS = 20.0
EXPERIMENTS = "/respan/api/v2/experiments"


@pytest.fixture(scope="module")
def http(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, headers={"Authorization": "bearer local"}, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def dataset_id(http: httpx.Client) -> str:
    made = http.post("/respan/api/datasets/", json={"name": f"Draft {uuid.uuid4().hex}", "is_empty": True})
    assert made.status_code == 201, made.text
    row = {"input": {"city": "Oslo"}, "expected_output": "Where is Oslo?"}
    added = http.post(f"/respan/api/datasets/{made.json()['id']}/logs/", json=row)
    assert added.status_code == 201, added.text
    return str(made.json()["id"])


def settled(http: httpx.Client, identifier: str) -> dict[str, Any]:
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        experiment: dict[str, Any] = http.get(f"{EXPERIMENTS}/{identifier}/").raise_for_status().json()
        if experiment["status"] in ("completed", "failed", "cancelled") or time.monotonic() > end:
            return experiment
        time.sleep(0.1)


def traces(http: httpx.Client, identifier: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.post(f"{EXPERIMENTS}/{identifier}/logs/list/").raise_for_status().json()["results"]
    return found


def test_draft_is_completed_by_patch_and_started_by_runs(http: httpx.Client, dataset_id: str) -> None:
    draft = http.post(f"{EXPERIMENTS}/", json={"name": "draft", "description": "later"})
    assert draft.status_code == 201, draft.text
    assert draft.json()["status"] == "draft"
    identifier = draft.json()["id"]
    definition = {
        "dataset_id": dataset_id,
        "workflow": [{"type": "duplicate", "config": {}}],
        "evaluator_ids": ["json-valid"],
    }
    patched = http.patch(f"{EXPERIMENTS}/{identifier}/", json=definition)
    assert (patched.status_code, patched.json()["status"]) == (200, "draft")
    assert traces(http, identifier) == []
    started = http.post(f"{EXPERIMENTS}/{identifier}/runs/")
    assert started.is_success, started.text
    assert settled(http, identifier)["status"] == "completed"
    assert len(traces(http, identifier)) == 1


def test_prompt_made_in_another_dialect_is_a_step(http: httpx.Client, dataset_id: str) -> None:
    project = http.get("/evalguard/api/v1/project/current").json()["projectId"]
    name = f"where-{uuid.uuid4().hex[:8]}"
    body = {"projectId": project, "name": name, "content": "Where is {{city}}?"}
    prompt = http.post("/evalguard/api/v1/prompts", json=body)
    assert prompt.status_code == 201, prompt.text
    steps = [
        {"type": "prompt", "config": {"prompt_slug": name}},
        {"type": "completion", "config": {"model": "echo"}},
    ]
    body = {"dataset_id": dataset_id, "workflow": steps, "evaluator_ids": ["exact-match"]}
    created = http.post(f"{EXPERIMENTS}/", json=body)
    assert created.status_code == 201, created.text
    assert settled(http, created.json()["id"])["status"] == "completed"
    (trace,) = traces(http, created.json()["id"])
    assert said(trace["output"]) == "Where is Oslo?"
    assert score(trace["scores"], "exact-match") == 1.0


def test_older_body_and_missing_slashes(http: httpx.Client, dataset_id: str) -> None:
    body = {"dataset_id": dataset_id, "workflows": [{"type": "custom", "config": {"allow_submission": True}}]}
    created = http.post(EXPERIMENTS, json=body)
    assert created.status_code == 201, created.text
    identifier = created.json()["id"]
    read = http.get(f"{EXPERIMENTS}/{identifier}")
    assert read.status_code == 200
    assert [step["type"] for step in read.json()["workflow"]] == ["wait"]
    assert http.delete(f"{EXPERIMENTS}/{identifier}").status_code == 204


def test_histogram_needs_an_evaluator(http: httpx.Client, dataset_id: str) -> None:
    body = {"dataset_id": dataset_id, "workflow": [{"type": "duplicate", "config": {}}]}
    identifier = http.post(f"{EXPERIMENTS}/", json=body).json()["id"]
    refused = http.get(f"{EXPERIMENTS}/{identifier}/histogram/")
    assert refused.status_code == 400
    assert refused.json()
