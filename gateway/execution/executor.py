"""The embedded executor: takes up whatever experiments the store has work for, and keeps them going until they end.

What is to do is asked of the store, at start-up and every few seconds; being told of a change only makes it quicker. So nothing is forgotten by a
crash, and experiments that another process created on the same store are run as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from gateway import logs
from gateway.execution.evaluators import Judges, run_evaluator
from gateway.execution.lock import ExecutionLock
from gateway.execution.models import Model
from gateway.execution.operations import Operations
from gateway.execution.orders import Orders
from gateway.execution.runner import Bounds, Runner
from gateway.execution.steps import Workshop
from gateway.local import work
from gateway.local.evaluators import Configured
from gateway.local.target import LocalTarget
from gateway.local.work import Work
from gateway.store import Change, Transaction
from gateway.waking import rest
from schemas.errors import CrosswalkError
from schemas.experiment import ExperimentPatch
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import EXECUTOR, Call, Caller, Op
from schemas.status import ExperimentStatus

NAME = "executor"
MAX_EXPERIMENTS = 64
"""Experiments under way at the same time; the others wait in the store."""

SWEEP = 2.0
"""Seconds between two looks for experiments to run."""

SLOW_SWEEP = 10.0
"""Seconds between two looks for runs to judge."""

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
_INDIFFERENT = 10_000
_INDIFFERENT_SECONDS = 10.0

Question = Callable[[Transaction], list[Work]]

_log = logs.get("executor")


@dataclass(frozen=True)
class Plant:
    """What the executor works with. `concurrency` rows of an experiment that does not say, `per_experiment` at most, `rows` of all together."""

    model: Model
    default_model: str
    configured: dict[str, Configured] = field(default_factory=dict)
    concurrency: int = 15
    per_experiment: int = 100
    rows: int = 200


@dataclass
class Job:
    """An experiment under way. `again`: somebody ended it and wants it begun anew."""

    task: asyncio.Task[None]
    orders: Orders
    again: bool = False


class Executor:
    """Runs the experiments of one embedded target while it is started. Also answers `RUN_EVALUATOR`, started or not."""

    def __init__(self, target: LocalTarget, plant: Plant, lock: ExecutionLock) -> None:
        self._target = target
        self._plant = plant
        self._lock = lock
        self._bounds = Bounds(asyncio.Semaphore(plant.rows), plant.concurrency, plant.per_experiment)
        self._jobs: dict[int, Job] = {}
        self._pauses: dict[int, tuple[float, float]] = {}
        self._indifferent: TTLCache[int, bool] = TTLCache(_INDIFFERENT, _INDIFFERENT_SECONDS)
        self._wake = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._executes = False
        target.provide(Op.RUN_EVALUATOR, self._run_evaluator)
        target.subscribe(self._told)

    @property
    def active(self) -> int:
        """How many experiments are under way."""
        return len(self._jobs)

    @property
    def plant(self) -> Plant:
        """What it works with."""
        return self._plant

    @property
    def executes(self) -> bool:
        """Whether this process is the one that executes on this store."""
        return self._executes

    def start(self) -> None:
        """Begins to execute, as soon as no other process does."""
        self._supervisor = asyncio.create_task(self._supervise(), name=NAME)

    async def stop(self, grace: float = 30.0) -> None:
        """Begins nothing more, gives rows in flight `grace` seconds, and leaves the rest for the next start."""
        self._executes = False
        if self._supervisor is not None:
            await _ended(self._supervisor)
        for job in self._jobs.values():
            job.orders.stopping = True
        tasks = [job.task for job in self._jobs.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                await _ended(task)
        self._lock.release()

    async def _supervise(self) -> None:
        await self._hold_lock()
        self._executes = True
        questions: tuple[Question, ...] = (work.to_run, work.to_judge, work.left_unjudged)
        looked = time.monotonic()
        while True:
            try:
                await self._sweep(questions)
                await self._end_what_ended()
            except Exception:  # a store that is busy now will answer at the next look
                _log.exception("looking for work failed")
            await rest(self._wake, SWEEP)
            slow = time.monotonic() - looked >= SLOW_SWEEP
            looked = time.monotonic() if slow else looked
            questions = (work.to_run, work.to_judge) if slow else (work.to_run,)

    async def _hold_lock(self) -> None:
        if self._lock.acquire():
            return
        _log.info("another process executes on this store; this one serves, and takes over when that one ends")
        while not self._lock.acquire():  # noqa: ASYNC110 (another process holds it, and no event comes from there)
            await asyncio.sleep(SWEEP / 2)
        _log.info("this process executes now")

    async def _sweep(self, questions: tuple[Question, ...]) -> None:
        for question in questions:
            for found in await self._target.store.read(question):
                if found.number not in self._jobs:
                    self._engage(found.number, Orders(rows=True, scores=True))

    async def _end_what_ended(self) -> None:
        """Another process may have cancelled or deleted what is under way here."""
        for number, job in list(self._jobs.items()):
            found = await self._target.store.read(work.find, number)
            if found is None or found.status is ExperimentStatus.CANCELLED:
                job.task.cancel()

    def _told(self, change: Change) -> None:
        """Called on the event loop after each commit, so it has to be quick."""
        if not self._executes:
            return
        number, job = change.number, self._jobs.get(change.number)
        if change.what in ("cancelled", "deleted"):
            self._pauses.pop(number, None)
            if job is not None:
                job.task.cancel()
        elif change.what == "pending":
            self._indifferent.pop(number, None)
            self._pauses.pop(number, None)
            if job is None:
                self._engage(number, Orders(rows=True, scores=True))
            else:
                job.orders.rows = job.again = True
        elif change.what == "run" and change.run is not None:
            self._completed(number, job, change.run)

    def _completed(self, number: int, job: Job | None, run: int) -> None:
        if job is None and number in self._indifferent:
            return
        orders = job.orders if job else Orders()
        orders.complete(self._target.store.ids.make(Kind.RUN, run))
        if job is None:
            self._engage(number, orders)

    def _engage(self, number: int, orders: Orders) -> None:
        if len(self._jobs) >= MAX_EXPERIMENTS or self._pauses.get(number, (0.0, 0.0))[0] > time.monotonic():
            return
        task = asyncio.create_task(self._job(number, orders), name=f"{NAME} {number}")
        self._jobs[number] = Job(task, orders)
        task.add_done_callback(lambda _: self._finished(number))

    def _finished(self, number: int) -> None:
        job = self._jobs.pop(number)
        if not self._executes:
            return
        if job.again or job.orders.open:
            self._engage(number, Orders(rows=True, scores=True))
        elif len(self._jobs) == MAX_EXPERIMENTS - 1:
            self._wake.set()

    async def _job(self, number: int, orders: Orders) -> None:
        try:
            found = await self._target.store.read(work.find, number)
        except Exception:  # the next look finds it again
            _log.exception("an experiment could not be read")
            return orders.clear()
        if found is None or (found.idle and found.status is not ExperimentStatus.PENDING):
            self._indifferent[number] = True
            return orders.clear()
        return await self._run(found, orders)

    async def _run(self, found: Work, orders: Orders) -> None:
        try:
            await Runner(found.id, self._workshop(found.scope), self._bounds).work(orders)
            self._pauses.pop(found.number, None)
        except CrosswalkError as error:
            await self._failed(found, orders, error)
        except Exception:
            _log.exception("an experiment could not be run", experiment=found.id)
            await self._give_up(found, orders, "The gateway could not run the experiment: see its log.")

    async def _failed(self, found: Work, orders: Orders, error: CrosswalkError) -> None:
        if not error.retryable:
            return await self._give_up(found, orders, error.message)
        pause = min(_LONGEST_PAUSE, 2 * self._pauses.get(found.number, (0.0, _FIRST_PAUSE / 2))[1])
        self._pauses[found.number] = (time.monotonic() + pause, pause)
        orders.clear()
        _log.warning("an experiment is taken up again later", experiment=found.id, error=error.message, pause=pause)
        return None

    async def _give_up(self, found: Work, orders: Orders, reason: str) -> None:
        orders.clear()
        patch = ExperimentPatch(status=ExperimentStatus.FAILED, error=reason)
        try:
            await self._operations(found.scope).ask(Op.UPDATE_EXPERIMENT, patch, experiment_id=found.id)
        except CrosswalkError as error:
            _log.warning("a failed experiment could not be told so", experiment=found.id, error=error.message)

    def _operations(self, scope: str) -> Operations:
        return Operations(self._target.perform, Caller(NAME, scope, EXECUTOR))

    def _workshop(self, scope: str) -> Workshop:
        operations, plant = self._operations(scope), self._plant
        judges = Judges(operations, plant.model, plant.default_model, plant.configured)
        return Workshop(operations, plant.model, plant.default_model, judges)

    async def _run_evaluator(self, call: Call) -> JsonObject:
        operations, plant = Operations(self._target.perform, call.caller), self._plant
        return await run_evaluator(Judges(operations, plant.model, plant.default_model, plant.configured), call)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancels the task and waits for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
