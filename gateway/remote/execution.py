"""Experiments that the gateway runs on a vendor that only stores: runs and scores are written there, what is to do is read from there.

Which experiments are the gateway's to run is kept in our own store until they have ended, so that a restart goes on with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from gateway import logs
from gateway.execution.evaluators import Judges
from gateway.execution.executor import NAME, Plant
from gateway.execution.operations import Operations
from gateway.execution.orders import Orders
from gateway.execution.runner import Bounds, Runner
from gateway.execution.steps import Workshop
from gateway.store import Store, Transaction
from gateway.store.tables import undertakings
from schemas.errors import Code, CrosswalkError
from schemas.experiment import ExperimentPatch
from schemas.json import Json
from schemas.operations import Call, Caller, Op
from schemas.status import ExperimentStatus

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget

SWEEP = 2.0
"""Seconds between two looks for experiments to run."""

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
_REPEATABLE = frozenset({Op.ADD_RUN, Op.PUT_SCORE, Op.UPDATE_EXPERIMENT})
"""Writes that name what they write: asked again, they find it there."""

_U = undertakings.c
_ALL = select(_U.scope, _U.record).where(_U.target == bindparam("space")).order_by(_U.created_at)
_ONE = (_U.target == bindparam("space"), _U.scope == bindparam("owner"), _U.record == bindparam("experiment"))
_KNOWN = select(_U.record).where(*_ONE)
_DROP = undertakings.delete().where(*_ONE)

Key = tuple[str, str]
_log = logs.get("remote executor")


class RemoteExecutor:
    """Runs the experiments of one target that were undertaken, while it is started and `may` says that this process is the one to."""

    def __init__(self, store: Store, target: RemoteTarget, plant: Plant, may: Callable[[], bool]) -> None:
        self._store = store
        self._target = target
        self._plant = plant
        self._may = may
        self._bounds = Bounds(asyncio.Semaphore(plant.rows), plant.concurrency, plant.per_experiment)
        self._jobs: dict[Key, tuple[asyncio.Task[None], Orders]] = {}
        self._pauses: dict[Key, tuple[float, float]] = {}
        self._wake = asyncio.Event()

    async def undertake(self, scope: str, record: str) -> None:
        """Run this experiment, now and after any restart, until it has ended."""
        await self._store.write(_add, self._target.space, scope, record)
        self._pauses.pop((scope, record), None)
        self._wake.set()

    async def abandon(self, scope: str, record: str) -> None:
        """Run it no longer: rows under way are given up."""
        await self._store.write(_drop, self._target.space, scope, record)
        job = self._jobs.get((scope, record))
        if job is not None:
            job[0].cancel()

    @asynccontextmanager
    async def running(self, grace: float) -> AsyncIterator[None]:
        """Executes while entered; when left, rows under way have `grace` seconds."""
        supervisor = asyncio.create_task(self._supervise(), name=f"{NAME} of {self._target.name}")
        try:
            yield
        finally:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
            await self._stop(grace)

    async def _stop(self, grace: float) -> None:
        for _, orders in self._jobs.values():
            orders.stopping = True
        tasks = [task for task, _ in self._jobs.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _supervise(self) -> None:
        while True:
            try:
                await self._sweep()
            except Exception:  # a store that is busy now will answer at the next look
                _log.exception("looking for work failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP)
            self._wake.clear()

    async def _sweep(self) -> None:
        if not self._may():
            return
        for key in await self._store.read(_all, self._target.space):
            if key not in self._jobs and self._pauses.get(key, (0.0, 0.0))[0] <= time.monotonic():
                orders = Orders(rows=True, scores=True)
                task = asyncio.create_task(self._job(key, orders))
                self._jobs[key] = task, orders
                task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: Key, _task: object) -> None:
        self._jobs.pop(key, None)

    async def _job(self, key: Key, orders: Orders) -> None:
        scope, record = key
        try:
            await Runner(record, self._workshop(scope), self._bounds).work(orders)
        except CrosswalkError as error:
            if error.retryable:
                return self._later(key, error)
            await self._give_up(key, error.message)
        except Exception:
            _log.exception("an experiment could not be run", experiment=record)
            await self._give_up(key, "The gateway could not run the experiment: see its log.")
        if not orders.stopping:
            await self._store.write(_drop, self._target.space, scope, record)
        return None

    def _later(self, key: Key, error: CrosswalkError) -> None:
        pause = min(_LONGEST_PAUSE, 2 * self._pauses.get(key, (0.0, _FIRST_PAUSE / 2))[1])
        self._pauses[key] = (time.monotonic() + pause, pause)
        _log.warning("an experiment is taken up again later", experiment=key[1], error=error.message, pause=pause)

    async def _give_up(self, key: Key, reason: str) -> None:
        patch = ExperimentPatch(status=ExperimentStatus.FAILED, error=reason)
        try:
            await self._operations(key[0]).ask(Op.UPDATE_EXPERIMENT, patch, experiment_id=key[1])
        except CrosswalkError as error:
            _log.warning("a failed experiment could not be told so", experiment=key[1], error=error.message)

    def _operations(self, scope: str) -> Operations:
        return Operations(self._perform, Caller(NAME, scope))

    async def _perform(self, call: Call) -> Json:
        try:
            return await self._target.perform(call)
        except CrosswalkError as error:
            if error.code is Code.OUTCOME_UNKNOWN and call.op in _REPEATABLE:
                raise replace(error, code=Code.UPSTREAM_UNAVAILABLE) from error
            raise

    def _workshop(self, scope: str) -> Workshop:
        operations, plant = self._operations(scope), self._plant
        judges = Judges(operations, plant.model, plant.default_model, plant.configured)
        return Workshop(operations, plant.model, plant.default_model, judges)


def _all(tx: Transaction, space: int) -> list[Key]:
    return [(row.scope, row.record) for row in tx.rows(_ALL, {"space": space})]


def _add(tx: Transaction, space: int, scope: str, record: str) -> None:
    if tx.first(_KNOWN, {"space": space, "owner": scope, "experiment": record}) is None:
        tx.execute(undertakings.insert(), {"target": space, "scope": scope, "record": record, "created_at": tx.now})


def _drop(tx: Transaction, space: int, scope: str, record: str) -> None:
    tx.execute(_DROP, {"space": space, "owner": scope, "experiment": record})
