"""The CI report of evalguardai 2.2.3's pytest plugin is taken, and is the only thing the plugin warns about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import EVALGUARD, run_script

WITH_PYTEST = replace(EVALGUARD, name="evalguardai-pytest", requirements=(*EVALGUARD.requirements, "pytest==9.2.0"))


@pytest.fixture(scope="module")
def seen(gateway: str) -> dict[str, Any]:
    script = Path(__file__).with_name("script_report.py")
    result: dict[str, Any] = run_script(WITH_PYTEST, script, f"{gateway}/evalguard/api")
    return result


def test_the_report_is_taken(seen: dict[str, Any]) -> None:
    assert seen["taken"]["failed_to_report"] is False, seen["taken"]["output"]
    assert "1 failed, 2 passed" in seen["taken"]["output"]
    assert seen["taken"]["code"] == 1


def test_a_report_to_nowhere_is_noticed(seen: dict[str, Any]) -> None:
    """The check above can fail: the plugin does warn when nobody takes its report."""
    assert seen["refused"]["failed_to_report"] is True, seen["refused"]["output"]
