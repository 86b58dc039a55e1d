"""An experiment that many connections append to while its gateway is killed, and what must be there afterwards.

Every task has its own output and score, so that a lost, doubled or mixed-up record shows by its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from tests.process import Gateway

SENDERS = 8
TIMES = {"start_time": "2026-01-02T03:04:05.678901+00:00", "end_time": "2026-01-02T03:04:06+00:00"}
SCORE = "correctness"


@dataclass(frozen=True)
class Task:
    """One run to append: the cell (example, repetition) and a number that no other task has."""

    number: int
    example_id: str
    repetition: int

    @property
    def output(self) -> dict[str, Any]:
        return {"answer": f"run {self.number}"}

    @property
    def score(self) -> float:
        return self.number / 4096

    @property
    def cell(self) -> tuple[str, int]:
        return self.example_id, self.repetition

    def run(self) -> dict[str, Any]:
        return {
            "dataset_example_id": self.example_id,
            "output": self.output,
            "repetition_number": self.repetition,
            "trace_id": f"{self.number:032x}",
            **TIMES,
        }

    def evaluation(self, run_id: str) -> dict[str, Any]:
        return {
            "experiment_run_id": run_id,
            "name": SCORE,
            "annotator_kind": "CODE",
            "result": {"score": self.score, "label": f"label {self.number}"},
            **TIMES,
        }


@dataclass
class Acknowledged:
    """What the gateway answered 200 to: run ids by task, and the tasks whose score it took."""

    runs: dict[Task, str] = field(default_factory=dict)
    scores: set[Task] = field(default_factory=set)


@dataclass(frozen=True)
class Experiment:
    id: str
    tasks: tuple[Task, ...]


@asynccontextmanager
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{gateway.url}/phoenix", timeout=30) as connection:
        yield connection


async def create(gateway: Gateway, examples: int, repetitions: int) -> Experiment:
    """A dataset of `examples` and an experiment on it, with a task for every example and repetition."""
    async with client(gateway) as http:
        body = {
            "name": f"appended {gateway.port}",
            "action": "create",
            "inputs": [{"question": f"question {number}"} for number in range(examples)],
            "outputs": [{"answer": f"answer {number}"} for number in range(examples)],
        }
        dataset = (await answered(http.post("/v1/datasets/upload?sync=true", json=body)))["data"]["dataset_id"]
        found = await answered(http.get(f"/v1/datasets/{dataset}/examples"))
        made = await answered(http.post(f"/v1/datasets/{dataset}/experiments", json={"repetitions": repetitions}))
    cells = [(example["node_id"], rep) for rep in range(1, repetitions + 1) for example in found["data"]["examples"]]
    tasks = tuple(Task(number, example, repetition) for number, (example, repetition) in enumerate(cells))
    return Experiment(made["data"]["id"], tasks)


async def answered(call: Any) -> Any:
    return (await call).raise_for_status().json()


async def append(gateway: Gateway, experiment: Experiment, known: Acknowledged, kill_after: int | None = None) -> None:
    """Append what is not acknowledged yet over several connections; after `kill_after` more scores, kill -9.

    Returns when every task is acknowledged, or when no connection gets an answer any more.
    """
    missing = [task for task in experiment.tasks if task not in known.scores]
    send, receive = anyio.create_memory_object_stream[Task](len(missing))
    with send:
        for task in missing:
            send.send_nowait(task)
    goal = None if kill_after is None else len(known.scores) + kill_after
    async with anyio.create_task_group() as senders:
        for _ in range(SENDERS):
            senders.start_soon(_send_all, gateway, experiment, receive.clone(), known, goal)
        receive.close()


async def _send_all(gateway: Gateway, experiment: Experiment, queue: Any, known: Acknowledged, goal: int | None) -> None:
    with queue:
        async with client(gateway) as http:
            async for task in queue:
                try:
                    await _append_one(http, experiment, task, known)
                except httpx.TransportError:
                    if goal is None:
                        raise
                    return
                if goal is not None and len(known.scores) >= goal:
                    gateway.kill()


async def _append_one(http: httpx.AsyncClient, experiment: Experiment, task: Task, known: Acknowledged) -> None:
    if task not in known.runs:
        reply = await http.post(f"/v1/experiments/{experiment.id}/runs", json=task.run())
        known.runs[task] = await _existing(http, experiment, task) if reply.status_code == 409 else _id(reply)
    reply = await http.post("/v1/experiment_evaluations", json=task.evaluation(known.runs[task]))
    _id(reply)
    known.scores.add(task)


def _id(reply: httpx.Response) -> str:
    assert reply.status_code == 200, f"{reply.status_code} {reply.text}"
    return str(reply.json()["data"]["id"])


async def _existing(http: httpx.AsyncClient, experiment: Experiment, task: Task) -> str:
    """The run of a task that was stored although its sender got no answer."""
    for run in (await answered(http.get(f"/v1/experiments/{experiment.id}/runs")))["data"]:
        if (run["dataset_example_id"], run["repetition_number"]) == task.cell:
            return str(run["id"])
    raise AssertionError(f"409 for {task}, but no such run is listed")


@dataclass(frozen=True)
class Found:
    """What the gateway shows: its runs as listed, its exported rows, its counts."""

    runs: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    experiment: dict[str, Any]


async def read(gateway: Gateway, experiment: Experiment) -> Found:
    async with client(gateway) as http:
        return Found(
            runs=await _all_runs(http, experiment),
            rows=await answered(http.get(f"/v1/experiments/{experiment.id}/json")),
            experiment=(await answered(http.get(f"/v1/experiments/{experiment.id}")))["data"],
        )


async def _all_runs(http: httpx.AsyncClient, experiment: Experiment) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 300} | ({"cursor": cursor} if cursor else {})
        page = await answered(http.get(f"/v1/experiments/{experiment.id}/runs", params=query))
        runs += page["data"]
        cursor = page["next_cursor"]
    return runs


def verify(found: Found, experiment: Experiment, known: Acknowledged, in_flight: int) -> None:
    """Every acknowledged run and score is there exactly once, by value, and at most `in_flight` others.

    Raises AssertionError naming what is lost, doubled or changed.
    """
    by_cell = {task.cell: task for task in experiment.tasks}
    _each_once((run["id"] for run in found.runs), "run id")
    _each_once(((run["dataset_example_id"], run["repetition_number"]) for run in found.runs), "run")
    listed = {by_cell[run["dataset_example_id"], run["repetition_number"]]: run for run in found.runs}
    lost = [task for task in known.runs if task not in listed]
    assert not lost, f"{len(lost)} of {len(known.runs)} acknowledged runs are lost: {lost[:5]}"
    for task, run in listed.items():
        assert (run["output"], run["error"], run["trace_id"]) == (task.output, None, f"{task.number:032x}"), (task, run)
    for task, run_id in known.runs.items():
        assert listed[task]["id"] == run_id, (task, run_id, listed[task])
    assert len(listed) <= len(known.runs) + in_flight
    assert found.experiment["successful_run_count"] == len(listed)
    assert found.experiment["missing_run_count"] == len(experiment.tasks) - len(listed)
    _verify_scores(found.rows, by_cell, known, in_flight)


def _verify_scores(rows: Sequence[dict[str, Any]], by_cell: dict[tuple[str, int], Task], known: Acknowledged, in_flight: int) -> None:
    _each_once(((row["example_id"], row["repetition_number"]) for row in rows), "exported row")
    scored = {by_cell[row["example_id"], row["repetition_number"]]: row["annotations"] for row in rows if row["annotations"]}
    lost = [task for task in known.scores if task not in scored]
    assert not lost, f"{len(lost)} of {len(known.scores)} acknowledged scores are lost: {lost[:5]}"
    for task, found in scored.items():
        (annotation,) = found
        assert (annotation["name"], annotation["score"], annotation["label"]) == (SCORE, task.score, f"label {task.number}")
    assert len(scored) <= len(known.scores) + in_flight


def _each_once(things: Iterable[object], kind: str) -> None:
    doubled = [thing for thing, count in Counter(things).items() if count > 1]
    assert not doubled, f"more than once: {kind} {doubled[:5]}"
