"""No method of evalguardai 2.2.3's client is forgotten: each is called by a script whose values are asserted on, or refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.registry import discover
from tests.vendors.environments import EVALGUARD, run_script

HERE = Path(__file__).parent
COVERED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "check_version_policy",
            "assert_version_allowed",
            "with_subject",
            "run_eval",
            "get_eval",
            "get_eval_run",
            "list_evals",
            "compare_evals",
        ),
        "script_evals.py",
    ),
    **dict.fromkeys(
        (
            "create_dataset",
            "list_datasets",
            "list_dataset_versions",
            "snapshot_dataset",
            "get_dataset_version",
            "restore_dataset_version",
            "diff_dataset_versions",
        ),
        "script_datasets.py",
    ),
    **dict.fromkeys(
        (
            "create_prompt",
            "list_prompts",
            "set_prompt_deployment",
            "list_prompt_environments",
            "list_scorers",
            "list_evaluators",
            "create_evaluator",
            "diff_evaluator_versions",
            "calibrate_scorer",
        ),
        "script_registry.py",
    ),
}
# What the client says in words of its own: the first two before they ask anybody, the last one of any answer that is no attachment.
BY_ITSELF: Mapping[str, str] = {
    "remove_prompt_deployment": "NotImplementedError",
    "run_benchmarks": "not supported by the API",
    "fetch_trace_attachment": "status 400",
}


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    arguments = (f"{gateway}/evalguard/api", json.dumps(list(COVERED)))
    result: dict[str, Any] = run_script(EVALGUARD, HERE / "script_methods.py", *arguments)
    return result


def test_every_method_is_known_here(seen: dict[str, Any]) -> None:
    assert len(seen["names"]) > 150
    assert set(COVERED) | set(BY_ITSELF) <= set(seen["names"])


@pytest.mark.parametrize("script", sorted(set(COVERED.values())))
def test_each_covered_method_is_called_by_its_script(script: str) -> None:
    called = set(re.findall(r"\.(\w+)\(", (HERE / script).read_text(encoding="utf-8")))
    assert {name for name, where in COVERED.items() if where == script} - called == set()


def test_every_other_method_is_refused_by_name(seen: dict[str, Any]) -> None:
    reasons = {row.why for row in discover()["evalguard"].not_served}
    wrong = {}
    for name, end in seen["ends"].items():
        if name in BY_ITSELF:
            assert BY_ITSELF[name] in (end["code"] or "") + end["message"], end
        elif (end["status"], end["code"]) != (400, "UNSUPPORTED") or not any(why in end["message"] for why in reasons):
            wrong[name] = end
    assert not wrong, "\n".join(f"{name}: {end}" for name, end in wrong.items())
