"""One experiment, run: whatever rows and scores are missing are made, and then it is said how it ended.

The runner asks canonical operations of a target and nothing else. It keeps no list of its own: what is to do is what the target says is missing, so
that it can be ended at any moment and begun again by anyone. A row is recorded with its scores in one operation; one that turns out to be recorded
already counts as done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from gateway.execution.chain import Chain, Outcome, Row
from gateway.execution.ending import ending, revision
from gateway.execution.evaluators import Judge, Judges
from gateway.execution.operations import PAGE
from gateway.execution.orders import Orders
from gateway.execution.scoring import Scoring
from gateway.execution.steps import Unrunnable, Workshop, make_chain
from schemas.base import Model
from schemas.errors import Code, CrosswalkError, Reason
from schemas.experiment import Experiment, ExperimentForm, ExperimentPatch, StepKind
from schemas.json import Json
from schemas.operations import Op
from schemas.run import NewRun
from schemas.status import ExperimentStatus, RunStatus

T = TypeVar("T")

_UNRECORDABLE = frozenset({Code.INVALID_REQUEST, Code.PAYLOAD_TOO_LARGE})


class Gone(Exception):
    """The experiment was deleted or ended by somebody else: nothing is left to do."""


@dataclass(frozen=True)
class Bounds:
    """How many rows may be under way: in all experiments together (`slots`, shared), in one that does not say (`usual`), in one at most (`most`)."""

    slots: asyncio.Semaphore
    usual: int = 15
    most: int = 100


@dataclass(frozen=True)
class Round:
    """What a round has done: `looked` for missing rows and `began` so many; `judged` all runs, at a time when none was missing."""

    looked: bool
    began: int
    judged: bool


class Runner:
    """Runs one experiment of one variant (an arm of a group is one)."""

    def __init__(self, experiment_id: str, workshop: Workshop, bounds: Bounds) -> None:
        self._id = experiment_id
        self._workshop = workshop
        self._bounds = bounds

    async def work(self, orders: Orders) -> None:
        """Does what is ordered until nothing is, or until it is to stop. Raises CrosswalkError when the target cannot be asked now."""
        try:
            while orders.open:
                await self._round(orders)
        except Gone:
            orders.clear()

    async def _round(self, orders: Orders) -> None:
        experiment = await self._experiment()
        if experiment.status is ExperimentStatus.CANCELLED:
            raise Gone
        judges = self._judges(experiment)
        ready = await judges.all(experiment.evaluators)
        crew = Crew(self._bounds, experiment.concurrency, orders)
        looked, began = orders.rows and _to_run(experiment), 0
        orders.rows = False
        if looked:
            began = await self._run(experiment, judges, ready, crew, orders)
        judged = await Scoring(self._workshop.operations, experiment, ready).work(orders, crew)
        if not orders.stopping:
            await self._settle(orders, Round(looked, began, judged and _all_there(experiment)))

    async def _experiment(self) -> Experiment:
        return Experiment.model_validate(await self._ask(Op.GET_EXPERIMENT, experiment_id=self._id))

    def _judges(self, experiment: Experiment) -> Judges:
        return replace(self._workshop.judges, method=experiment.generation_method, threshold=experiment.threshold)

    async def _run(self, experiment: Experiment, judges: Judges, ready: Sequence[Judge], crew: Crew, orders: Orders) -> int:
        """Runs what is missing; gives how many rows were begun."""
        try:
            steps = experiment.variants[0].steps if experiment.variants else ()
            chain = await make_chain(steps, replace(self._workshop, judges=judges))
        except Unrunnable as error:
            await self._say(ExperimentPatch(status=ExperimentStatus.FAILED, error=str(error)))
            raise Gone from error
        if experiment.status is ExperimentStatus.PENDING and not by_caller(experiment):
            await self._say(ExperimentPatch(status=ExperimentStatus.RUNNING))
        orders.own = True
        try:
            return await crew.each(self._missing(experiment.repetitions), lambda row: self._row(chain, ready, row))
        finally:
            orders.own = False
            orders.scores = orders.scores or (orders.recorded and _waits(experiment))
            orders.recorded = False

    async def _missing(self, repetitions: int) -> AsyncGenerator[Row, None]:
        limit = max(1, PAGE // repetitions)  # an example brings a list as long as its repetitions
        items = self._workshop.operations.items
        async for item in items(Op.LIST_INCOMPLETE_RUNS, limit, experiment_id=self._id, failed=False, waiting=False):
            example = item["example"]
            for repetition in item["repetitions"]:
                yield Row(
                    example_id=example["id"],
                    repetition=repetition,
                    input=example.get("input"),
                    reference=example.get("reference"),
                    output=example.get("output"),
                    metadata=example.get("metadata") or {},
                )

    async def _row(self, chain: Chain, judges: Sequence[Judge], row: Row) -> None:
        outcome = await chain.run(row)
        scores = [await judge.score(outcome.sample()) for judge in judges] if outcome.scored else []
        await self._record(outcome, outcome.new_run([score for score in scores if score is not None]))

    async def _record(self, outcome: Outcome, run: NewRun) -> None:
        """Records a run; one that the target cannot take (a text that is not Unicode, say) as a failed one that says so."""
        try:
            await self._ask(Op.ADD_RUN, run, experiment_id=self._id)
        except CrosswalkError as error:
            if error.code is Code.CONFLICT and error.reason is Reason.DUPLICATE:
                return
            if error.code not in _UNRECORDABLE or run.status is RunStatus.FAILED:
                raise
            await self._record(outcome, outcome.unrecordable(error.message))

    async def _settle(self, orders: Orders, round: Round) -> None:
        """Says how the experiment stands, or orders another round where that shows only then."""
        experiment = await self._experiment()
        counts, operations = experiment.counts, self._workshop.operations
        to_run = counts.missing - counts.waiting
        if _to_run(experiment) and to_run > 0 and (round.began or not round.looked):
            orders.rows = True
        elif _to_run(experiment) and (counts.waiting > 0 or (to_run > 0 and by_caller(experiment)) or stated_by_caller(experiment)):
            await self._say(ExperimentPatch(status=ExperimentStatus.WAITING))
            orders.scores = True  # the last one waited for may have come just before this was said
        elif stated_by_caller(experiment):
            return
        elif _to_run(experiment) or (experiment.status is ExperimentStatus.WAITING and _all_there(experiment)):
            if round.judged or not _waits(experiment):
                await self._say(await ending(operations, experiment))
            else:  # callers' last runs may have come after their scores were looked for
                orders.scores = True
        elif by_caller(experiment) and (patch := await revision(operations, experiment)) is not None:
            await self._say(patch)

    async def _say(self, patch: ExperimentPatch) -> None:
        try:
            await self._ask(Op.UPDATE_EXPERIMENT, patch, experiment_id=self._id)
        except CrosswalkError as error:
            if error.code is Code.CONFLICT:  # cancelled, or stated to be over, in the meantime
                raise Gone from error
            raise

    async def _ask(self, op: Op, body: Model | None = None, /, **args: Json) -> Json:
        try:
            return await self._workshop.operations.ask(op, body, **args)
        except CrosswalkError as error:
            if error.code is Code.NOT_FOUND:
                raise Gone from error
            raise


class Crew:
    """Rows under way at the same time: at most so many of this experiment, and of all experiments together."""

    def __init__(self, bounds: Bounds, wanted: int | None, orders: Orders) -> None:
        self._own = asyncio.Semaphore(min(wanted or bounds.usual, bounds.most))
        self._shared = bounds.slots
        self._orders = orders

    async def each(self, items: AsyncGenerator[T, None], work: Callable[[T], Coroutine[Any, Any, None]]) -> int:
        """`work` for every item until it is time to stop; gives for how many. The first exception ends the others and is raised."""
        count = 0
        try:
            async with aclosing(items), asyncio.TaskGroup() as group:
                async for item in items:
                    await self._enter()
                    if self._orders.stopping:
                        self._leave()
                        break
                    # Not inside the task: one that is cancelled before its first step would keep its place for good.
                    group.create_task(work(item)).add_done_callback(self._leave)
                    count += 1
        except ExceptionGroup as failed:
            raise _first(failed) from failed
        return count

    async def _enter(self) -> None:
        await self._own.acquire()
        try:
            # First come, first served; an experiment waits at most once here, so that all get their turn.
            await self._shared.acquire()
        except BaseException:
            self._own.release()
            raise

    def _leave(self, _task: object = None) -> None:
        self._own.release()
        self._shared.release()


def _first(group: ExceptionGroup[Exception]) -> Exception:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, ExceptionGroup) else found


def by_caller(experiment: Experiment) -> bool:
    """Whether the chain does nothing but wait."""
    kinds = _kinds(experiment)
    return bool(kinds) and all(kind is StepKind.WAIT for kind in kinds)


def stated_by_caller(experiment: Experiment) -> bool:
    """Whether it is the caller who says when the experiment is over, and with which verdict: an evaluation whose rows the caller brings, as many as come."""
    return by_caller(experiment) and experiment.form is ExperimentForm.EVALUATION


def _all_there(experiment: Experiment) -> bool:
    """Whether every run expected is recorded, and not only announced. What its caller has yet to fill is never all there."""
    return experiment.counts.missing <= 0 and (experiment.counts.expected > 0 or not by_caller(experiment))


def _waits(experiment: Experiment) -> bool:
    return StepKind.WAIT in _kinds(experiment)


def _kinds(experiment: Experiment) -> list[StepKind]:
    return [step.kind for variant in experiment.variants for step in variant.steps]


def _to_run(experiment: Experiment) -> bool:
    """Whether rows are ours to run. An experiment that its caller runs and calls running is the caller's."""
    return experiment.status is ExperimentStatus.PENDING or (experiment.status is ExperimentStatus.RUNNING and not by_caller(experiment))
