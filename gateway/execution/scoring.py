"""Scores for runs that their callers have completed: each evaluator that has not judged a run yet does so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.execution.chain import STOPPED
from gateway.execution.evaluators import Judge
from gateway.execution.operations import Operations
from gateway.execution.orders import Orders
from gateway.execution.scorers import Sample
from schemas.errors import Code, CrosswalkError
from schemas.experiment import Experiment
from schemas.json import Json, JsonObject
from schemas.operations import Op
from schemas.status import RunStatus


@dataclass(frozen=True)
class Unscored:
    """A run, the metadata of its example, and by which evaluators it is still to be judged."""

    run: JsonObject
    metadata: Mapping[str, Json]
    evaluators: Collection[str]


class Each(Protocol):
    """Does work for many items side by side."""

    async def each(self, items: AsyncGenerator[Unscored, None], work: Callable[[Unscored], Coroutine[object, object, None]]) -> int:
        """For how many items it was done."""
        ...


class Scoring:
    """Scores the runs of one experiment. Evaluators that leave their scores to people are left out."""

    def __init__(self, operations: Operations, experiment: Experiment, judges: Sequence[Judge]) -> None:
        self._operations = operations
        self._experiment = experiment
        self._judges = {judge.key: judge for judge in judges if judge.judging is not None}

    async def work(self, orders: Orders, crew: Each) -> bool:
        """Scores what the orders want scored. True when all runs were looked through."""
        everything = orders.scores
        if everything and not orders.stopping:
            orders.scores = False
            if self._judges:
                await crew.each(self._all(), self._score)
        if orders.completed and not orders.stopping:
            await crew.each(self._completed(orders), self._score)
        return everything and not orders.stopping

    async def _all(self) -> AsyncGenerator[Unscored, None]:
        asked: JsonObject = {"experiment_id": self._experiment.id, "evaluators": list(self._judges), "errors": False}
        async for item in self._operations.items(Op.LIST_INCOMPLETE_SCORES, **asked):
            if not _stopped(item["run"]):
                yield Unscored(item["run"], item["example"].get("metadata") or {}, item["evaluators"])

    async def _completed(self, orders: Orders) -> AsyncGenerator[Unscored, None]:
        while orders.completed and not orders.stopping:
            run_id = orders.completed.popleft()
            found = await self._run(run_id) if self._judges else None
            if found is not None:
                yield found

    async def _run(self, run_id: str) -> Unscored | None:
        run = await self._read(Op.GET_RUN, run_id=run_id)
        if run is None or run["status"] != RunStatus.SUCCEEDED or _stopped(run):
            return None
        missing = self._judges.keys() - {score["evaluator"] for score in run.get("scores") or ()}
        if not missing:
            return None
        example = await self._read(Op.GET_EXAMPLE, dataset_id=self._experiment.dataset_id, example_id=run["example_id"])
        return Unscored(run, (example or {}).get("metadata") or {}, missing)

    async def _read(self, op: Op, **args: Json) -> JsonObject | None:
        """A record, None when it is gone."""
        try:
            found: JsonObject = await self._operations.ask(op, **args)
        except CrosswalkError as error:
            if error.code is Code.NOT_FOUND:
                return None
            raise
        return found

    async def _score(self, item: Unscored) -> None:
        run = item.run
        sample = Sample(run.get("input"), run.get("output"), run.get("reference"), item.metadata)
        for key, judge in self._judges.items():
            score = await judge.score(sample) if key in item.evaluators else None
            if score is None:
                continue
            try:
                await self._operations.ask(Op.PUT_SCORE, score, run_id=run["id"])
            except CrosswalkError as error:
                if error.code is not Code.NOT_FOUND:  # the run was deleted in the meantime
                    raise
                return


def _stopped(run: Mapping[str, Json]) -> bool:
    return (run.get("metadata") or {}) == STOPPED
