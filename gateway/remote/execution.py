"""Experiments that the gateway runs on a vendor that only stores, or whose runs it judges where the vendor does not: what is to do is read from there.

Which experiments are the gateway's to run is kept in our own store until they have ended, so that a restart goes on with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from gateway import logs
from gateway.execution.evaluators import Judges
from gateway.execution.executor import NAME, Plant
from gateway.execution.operations import Operations
from gateway.execution.orders import Orders
from gateway.execution.runner import Bounds, Runner
from gateway.execution.steps import Workshop
from gateway.remote.incarnation import another, marked
from gateway.remote.intent import waits_for_caller
from gateway.remote.intentions import Intentions
from gateway.remote.judging import MARK, judge, read
from gateway.remote.recipes.base import open_ended
from gateway.store import Store, Transaction
from gateway.store.tables import undertakings
from gateway.waking import rest
from schemas.errors import Code, CrosswalkError
from schemas.experiment import EvaluatorUse, ExperimentPatch
from schemas.ids import Kind
from schemas.json import Json
from schemas.operations import Call, Caller, ExperimentArgs, Op
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
_SINCE = select(_U.created_at).where(*_ONE)
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
        self._intentions = Intentions(store, target)
        self._jobs: dict[Key, tuple[asyncio.Task[None], Orders]] = {}
        self._pauses: dict[Key, tuple[float, float]] = {}
        self._busy: Counter[Key] = Counter()
        self._wake = asyncio.Event()

    def token(self) -> str:
        """What an experiment that is about to be made is found by."""
        return token_hex(12)

    @asynccontextmanager
    async def intending(self, scope: str, dataset: str, token: str) -> AsyncIterator[None]:
        """While the target is asked to make an experiment: should the answer be lost, with or without this process, it is looked for and run."""
        await self._intentions.note(scope, dataset, token)
        try:
            yield
        except CrosswalkError as error:
            if not open_ended(error):
                await self._intentions.forget(token)
            raise
        finally:
            self._intentions.left(token)

    async def undertake(self, scope: str, record: str, token: str | None = None) -> None:
        """Run this experiment, now and after any restart, until it has ended; `token` is what it was intended under."""
        await self._store.write(_add, self._target.space, scope, record)
        if token is not None:
            await self._intentions.forget(token)
        self._pauses.pop((scope, record), None)
        self._wake.set()

    async def unusable(self, scope: str, uses: Iterable[EvaluatorUse]) -> list[str]:
        """The names of those evaluators that cannot judge here."""
        return await self._workshop(scope).judges.unusable(uses)

    @asynccontextmanager
    async def judging(self, scope: str, record: str) -> AsyncIterator[None]:
        """While a caller's runs are brought to this experiment: they are judged afterwards, also after a restart in the midst of it."""
        key = scope, record
        await self._store.write(_touch, self._target.space, scope, record)
        self._busy[key] += 1
        try:
            yield
        finally:
            self._busy[key] -= 1
            await self._store.write(_touch, self._target.space, scope, record)
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
            await rest(self._wake, SWEEP)

    async def _sweep(self) -> None:
        if not self._may():
            return
        for scope, record, token in await self._intentions.found():
            await self.undertake(scope, record, token)
        for key in await self._store.read(_all, self._target.space):
            if key not in self._jobs and not self._busy[key] and self._pauses.get(key, (0.0, 0.0))[0] <= time.monotonic():
                orders = Orders(rows=True, scores=True)
                task = asyncio.create_task(self._job(key, orders))
                self._jobs[key] = task, orders
                task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: Key, _task: object) -> None:
        self._jobs.pop(key, None)
        if not self._busy[key]:
            del self._busy[key]

    async def _job(self, key: Key, orders: Orders) -> None:
        scope, record = key
        begun = await self._store.read(_stamp, self._target.space, scope, record)
        try:
            if await self._is_another(scope, record):
                return await self._store.write(_drop, self._target.space, scope, record)
            await self._work(key, orders)
        except CrosswalkError as error:
            if error.retryable:
                return self._later(key, error)
            await self._give_up(key, error.message)
        except Exception:
            _log.exception("an experiment could not be run", experiment=record)
            await self._give_up(key, "The gateway could not run the experiment: see its log.")
        if not orders.stopping and not await self._store.write(_done, self._target.space, scope, record, begun):
            # Runs were brought in the meantime.
            self._wake.set()
        return None

    async def _work(self, key: Key, orders: Orders) -> None:
        """Run the experiment, or judge what its caller has brought."""
        scope, record = key
        workshop = self._workshop(scope)
        experiment = await read(workshop, record)
        if experiment is not None and waits_for_caller(experiment.variants):
            await judge(experiment, workshop, self._bounds, orders)
        elif experiment is not None:
            await Runner(record, workshop, self._bounds).work(orders)

    async def _is_another(self, scope: str, record: str) -> bool:
        """Whether the vendor has given the id of the experiment that was undertaken to another one."""
        asides = self._target.asides
        kept = (await asides.of(scope, [record])).get(record)
        if not asides.telling or kept is None:
            return False
        found = await self._perform(Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=record), None, Caller(NAME, scope)))
        return another(kept, marked(asides.telling, Kind.EXPERIMENT, found))

    def _later(self, key: Key, error: CrosswalkError) -> None:
        pause = min(_LONGEST_PAUSE, 2 * self._pauses.get(key, (0.0, _FIRST_PAUSE / 2))[1])
        self._pauses[key] = (time.monotonic() + pause, pause)
        _log.warning("an experiment is taken up again later", experiment=key[1], error=error.message, pause=pause)

    async def _give_up(self, key: Key, reason: str) -> None:
        if await self._judges_alone(key):
            _log.warning("runs could not be judged", experiment=key[1], error=reason)
            return
        patch = ExperimentPatch(status=ExperimentStatus.FAILED, error=reason)
        try:
            await self._operations(key[0]).ask(Op.UPDATE_EXPERIMENT, patch, experiment_id=key[1])
        except CrosswalkError as error:
            _log.warning("a failed experiment could not be told so", experiment=key[1], error=error.message)

    async def _judges_alone(self, key: Key) -> bool:
        """Whether the caller runs the experiment, which then cannot fail here."""
        kept = (await self._target.asides.of(key[0], [key[1]])).get(key[1]) or {}
        return bool(kept.get(MARK))

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


def _touch(tx: Transaction, space: int, scope: str, record: str) -> None:
    """The undertaking, as of now."""
    _drop(tx, space, scope, record)
    _add(tx, space, scope, record)


def _stamp(tx: Transaction, space: int, scope: str, record: str) -> datetime | None:
    found: datetime | None = tx.value(_SINCE, {"space": space, "owner": scope, "experiment": record})
    return found


def _done(tx: Transaction, space: int, scope: str, record: str, begun: datetime | None) -> bool:
    """Drops the undertaking, unless there is a newer one."""
    if _stamp(tx, space, scope, record) != begun:
        return False
    _drop(tx, space, scope, record)
    return True


def _drop(tx: Transaction, space: int, scope: str, record: str) -> None:
    tx.execute(_DROP, {"space": space, "owner": scope, "experiment": record})
