"""No method of the published clients is forgotten: each is called by a script, or stands here with the reason why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.vendors.environments import RESPAN_API, RESPAN_V1, run_script

HERE = Path(__file__).parent
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "datasets": ("script_datasets.py",),
    "evaluators": ("script_evaluators.py",),
    "workflows": ("script_workflows.py",),
    "scores": ("script_scores.py",),
    "experiments": ("script_experiments_list.py", "script_experiments_run.py", "script_experiments_wait.py"),
    "ExperimentAPI": ("script_spreadsheets.py",),
}
# Their paths stand below the root instead of below /api (`/datasets/create`, `/evaluators/`, …) or belong to products that no experiment needs.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "DatasetAPI": ("POST /datasets/create", "GET /datasets/list"),
    "EvaluatorAPI": ("GET /evaluators/",),
    "LogAPI": ("POST /request-logs/create", "GET /request-logs/list"),
    "PromptAPI": ("POST /api/prompts", "GET /api/prompts/list"),
}


@pytest.fixture(scope="module")
def methods() -> dict[str, list[str]]:
    script = HERE / "script_methods.py"
    return {**run_script(RESPAN_API, script, "api"), **run_script(RESPAN_V1, script, "ai")}


@pytest.mark.parametrize("resource", SCRIPTS)
def test_every_method_is_called_by_a_script(methods: dict[str, list[str]], resource: str) -> None:
    text = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS[resource])
    called = set(re.findall(r"\.(\w+)\(", text))
    wanted = {name for name in methods[resource] if name != "with_raw_response"}
    assert len(wanted) > 10
    assert wanted - called == set()


def test_every_resource_is_covered_or_excused(methods: dict[str, list[str]]) -> None:
    assert set(methods) == set(SCRIPTS) | set(ELSEWHERE)


@pytest.mark.parametrize("resource", ELSEWHERE)
def test_what_is_not_served_answers_in_the_vendors_own_shape(gateway: str, resource: str) -> None:
    for place in ELSEWHERE[resource]:
        method, path = place.split()
        answer = httpx.request(method, f"{gateway}/respan{path}", json={} if method == "POST" else None)
        assert answer.status_code in (400, 404), place
        assert list(answer.json()) == ["detail"], place
