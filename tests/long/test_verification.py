"""The verification after a kill can fail: each kind of damage is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.long.appending import SCORE, Acknowledged, Experiment, Found, Task, verify

TASKS = tuple(Task(number, f"example {number}", 1) for number in range(3))
EXPERIMENT = Experiment("experiment", TASKS)


def intact() -> tuple[Found, Acknowledged]:
    """Two of three tasks acknowledged, and shown as such."""
    known = Acknowledged({task: f"run {task.number}" for task in TASKS[:2]}, set(TASKS[:2]))
    runs = [task.run() | {"id": f"run {task.number}", "error": None} for task in TASKS[:2]]
    rows: list[dict[str, Any]] = [
        {
            "example_id": task.example_id,
            "repetition_number": 1,
            "annotations": [{"name": SCORE, "score": task.score, "label": f"label {task.number}"}],
        }
        for task in TASKS[:2]
    ]
    return Found(runs, rows, {"successful_run_count": 2, "missing_run_count": 1}), known


def lost_run(found: Found) -> None:
    del found.runs[0]
    found.experiment.update(successful_run_count=1, missing_run_count=2)


def doubled_run(found: Found) -> None:
    found.runs.append(found.runs[0] | {"id": "another"})


def changed_output(found: Found) -> None:
    found.runs[0]["output"] = {"answer": "run 2"}


def other_id(found: Found) -> None:
    found.runs[0]["id"] = "run 7"


def wrong_count(found: Found) -> None:
    found.experiment["successful_run_count"] = 3


def lost_score(found: Found) -> None:
    found.rows[1]["annotations"] = []


def doubled_score(found: Found) -> None:
    found.rows[1]["annotations"] *= 2


def changed_score(found: Found) -> None:
    found.rows[1]["annotations"][0]["score"] += 1


def test_what_is_intact_passes() -> None:
    found, known = intact()
    verify(found, EXPERIMENT, known, in_flight=0)


@pytest.mark.parametrize("damage", [lost_run, doubled_run, changed_output, other_id, wrong_count, lost_score, doubled_score, changed_score])
def test_damage_is_noticed(damage: Callable[[Found], None]) -> None:
    found, known = intact()
    damage(found)
    with pytest.raises((AssertionError, ValueError)):
        verify(found, EXPERIMENT, known, in_flight=0)
