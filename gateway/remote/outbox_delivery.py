"""Delivery of what the outbox of a target holds: paced, retried, once.

Before a run is written its record is noted as the one to be written to, so that after an unknown outcome, or after a process that was killed, the record
is looked at before anything is repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway import logs
from gateway.execution.lock import ExecutionLock
from gateway.metrics import Metrics
from gateway.remote import outbox_rows
from gateway.remote.account import Account
from gateway.remote.outbox import Outbox
from gateway.remote.outbox_metrics import OutboxMetrics
from gateway.remote.outbox_places import Place, joined, waits
from gateway.remote.outbox_rows import RUN, Parcel, State
from gateway.remote.outbox_view import evaluator_names
from gateway.store import Store
from gateway.waking import rest
from schemas.base import Model
from schemas.errors import Code, CrosswalkError, Reason
from schemas.evaluator import EvaluatorKind, NewEvaluator
from schemas.json import JsonObject
from schemas.json_values import same
from schemas.operations import EXECUTOR, SPECS, Call, Caller, ListScoresArgs, Op, PutScoreArgs, RunArgs
from schemas.run import NewScore, RunPatch, ValueType

if TYPE_CHECKING:
    from gateway.remote.session import Session
    from gateway.remote.target import RemoteTarget


@dataclass(frozen=True)
class Rhythm:
    """How often is looked, in seconds.

    `look` between two looks for work, `first` and `longest` until a record that is not there is looked for again (a quarter of the age in between),
    `retry` after a failure (doubled each time, up to `pause`), `give_up` the age at which a record that never came is given up. `tries` is how often a
    write that the target answers with a fault of its own is repeated. `lease` is how long an experiment stays with the process that delivers it,
    `spare` how many calls of a minute are left to callers.
    """

    look: float = 2.0
    first: float = 2.0
    longest: float = 30.0
    retry: float = 2.0
    pause: float = 300.0
    give_up: float = 86_400.0
    tries: int = 12
    lease: float = 180.0
    spare: int = 6


RHYTHM = Rhythm()
_MANY = 100
"""Scores of one run that are looked through."""

_LATER = frozenset({Code.RATE_LIMITED, Code.UPSTREAM_UNAVAILABLE, Code.TIMEOUT, Code.OUTCOME_UNKNOWN, Code.UNAUTHENTICATED, Code.FORBIDDEN})
"""What passes, or what a person has to repair for the whole target: repeated until it does."""

_WHOLE_TARGET = frozenset({Code.RATE_LIMITED, Code.UPSTREAM_UNAVAILABLE, Code.UNAUTHENTICATED, Code.FORBIDDEN})
"""What concerns every call to the target: nothing else is tried for the moment."""

_DOUBTFUL = frozenset({Code.OUTCOME_UNKNOWN, Code.TIMEOUT, Code.UPSTREAM_INVALID})
_log = logs.get("outbox")


class _Rest(Exception):
    """The target is left alone for a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Courier:
    """Delivers what one target's outbox holds, while it is running and no other process does."""

    def __init__(
        self, store: Store, target: RemoteTarget, outbox: Outbox, lock: ExecutionLock, metrics: Metrics, rhythm: Rhythm | None = None
    ) -> None:
        self._store = store
        self._target = target
        self._outbox = outbox
        self._lock = lock
        self._rhythm = rhythm or RHYTHM
        self._metrics = OutboxMetrics.of(metrics.registry)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers while entered; what is under way when left is taken up by the next one."""
        task = asyncio.create_task(self._supervise(), name=f"outbox of {self._target.name}")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._lock.release()

    async def _supervise(self) -> None:
        while not self._lock.acquire():  # noqa: ASYNC110 (another process holds it, and no event comes from there)
            await asyncio.sleep(self._rhythm.look)
        if self._lock.exclusive:
            await self._store.write(outbox_rows.free, self._target.space)
        while True:
            pause = self._rhythm.look
            try:
                pause = await self._sweep()
            except Exception:  # a store that is busy now will answer at the next look
                _log.exception("what waits could not be delivered", target=self._target.name)
            await rest(self._outbox.wake, pause)

    async def _sweep(self) -> float:
        """Deliver what is due; the seconds until there may be more."""
        space = self._target.space
        try:
            while due := await self._store.write(outbox_rows.claim, space, self._rhythm.lease, 1):
                for scope, experiment in due:
                    try:
                        await _Round(self._store, self._target, self._outbox, self._rhythm, self._metrics, scope, experiment).deliver()
                    finally:
                        await self._store.write(outbox_rows.lengthen, space, scope, experiment, None)
        except _Rest as rest:
            await self._measure()
            await asyncio.sleep(rest.seconds)
            return 0.0
        backlog = await self._measure()
        if backlog.due is None:
            return self._rhythm.look
        return max(0.0, min(self._rhythm.look, (backlog.due - datetime.now(UTC)).total_seconds()))

    async def _measure(self) -> outbox_rows.Backlog:
        backlog = await self._store.read(outbox_rows.backlog, self._target.space)
        self._metrics.waiting(self._target.name, backlog)
        return backlog


class _Round:
    """One look at one experiment: what is due is written, the rest put off."""

    def __init__(
        self, store: Store, target: RemoteTarget, outbox: Outbox, rhythm: Rhythm, metrics: OutboxMetrics, scope: str, experiment: str
    ) -> None:
        self._store = store
        self._target = target
        self._outbox = outbox
        self._rhythm = rhythm
        self._metrics = metrics
        self._scope = scope
        self._experiment = experiment
        self._caller = Caller("outbox", scope, EXECUTOR)
        self._session: Session = target.session(Account())

    async def deliver(self) -> None:
        parcels = await self._store.read(outbox_rows.of_experiment, self._target.space, self._scope, self._experiment)
        now = datetime.now(UTC)
        due = [parcel for parcel in parcels if parcel.state is State.PENDING and parcel.due_at <= now]
        try:
            places = await self._places(parcels)
        except CrosswalkError as error:
            for parcel in due:
                await self._missed(parcel, error, parcel.doubt)
            self._rest_after(error)
            return
        for parcel in sorted(due, key=lambda parcel: parcel.part != RUN):
            await self._store.write(outbox_rows.lengthen, self._target.space, self._scope, self._experiment, self._rhythm.lease)
            write = self._run if parcel.part == RUN else self._score
            await write(parcel, places.get(parcel.example))

    async def _places(self, parcels: list[Parcel]) -> dict[str, Place]:
        await self._turn()
        expected = await self._outbox.sources.expected(self._session, self._caller, self._experiment)
        examples = await self._outbox.sources.examples(self._session, self._caller, expected.dataset_id)
        records = await self._outbox.sources.records(self._session, self._caller, self._experiment)
        bound = {parcel.example: parcel.bound for parcel in parcels if parcel.part == RUN and parcel.bound}
        places, _ = joined(examples, records, bound)
        return {place.example["id"]: place for place in places}

    async def _turn(self) -> None:
        """Wait until callers would still find room in this minute."""
        while (seconds := self._target.sender.crowded(self._rhythm.spare)) > 0:  # noqa: ASYNC110 (time passes without an event)
            await asyncio.sleep(seconds)

    async def _run(self, parcel: Parcel, place: Place | None) -> None:
        record = place.record if place is not None else None
        if place is None or record is None:
            await self._not_there(parcel)
            return
        if not waits(record):
            if _holds(record, parcel):
                await self._done(parcel, record["id"])
                return
            if parcel.bound is None:
                message = "The target's record of this input has another result already."
                await self._missed(parcel, CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE), False)
                return
        body = RunPatch.model_validate({"input": record.get("input"), **_patch(parcel)})
        args = RunArgs(run_id=record["id"], experiment_id=self._experiment)
        if await self._written(parcel, Op.UPDATE_RUN, args, body, record["id"]):
            await self._done(parcel, record["id"])
            record["status"] = parcel.status

    async def _score(self, parcel: Parcel, place: Place | None) -> None:
        run = await self._store.read(outbox_rows.find, self._target.space, self._scope, parcel.run, RUN)
        record = place.record if place is not None else None
        if record is None or (run is not None and run.state is State.PENDING):
            await self._not_there(parcel)
            return
        if parcel.doubt and any(_scores(entry, parcel) for entry in record.get("scores") or ()):
            await self._done(parcel, None)
            return
        body = NewScore.model_validate(parcel.body)
        args = PutScoreArgs(run_id=record["id"])
        if await self._written(parcel, Op.PUT_SCORE, args, body, record["id"]):
            await self._done(parcel, None)

    async def _written(
        self, parcel: Parcel, op: Op, args: RunArgs | PutScoreArgs, body: RunPatch | NewScore, record: str, *, again: bool = True
    ) -> bool:
        """Whether the target has taken it; otherwise it is put off, or has failed."""
        await self._turn()
        await self._store.write(outbox_rows.begin, parcel, record)
        try:
            await self._session.direct(Call(op, args, body, self._caller))
        except CrosswalkError as error:
            if op is Op.PUT_SCORE and parcel.doubt and error.code is Code.CONFLICT:
                # Older servers refuse a second score: this one is the first, whose answer was lost.
                return True
            if op is Op.PUT_SCORE and again and error.code is Code.CONFLICT and (known := await self._score_of(parcel, record)):
                known_args = PutScoreArgs(run_id=record, score_id=known)
                return await self._written(parcel, op, known_args, body, record, again=False)
            if op is Op.PUT_SCORE and again and _lacks_evaluator(error) and await self._introduced(parcel, body):
                return await self._written(parcel, op, args, body, record, again=False)
            await self._missed(parcel, error, parcel.doubt or error.code in _DOUBTFUL)
            self._rest_after(error)
            return False
        return True

    async def _score_of(self, parcel: Parcel, record: str) -> str | None:
        """The score that this one replaces, where servers refuse a second one of the same evaluator."""
        try:
            page = await self._session.piece(Call(Op.LIST_SCORES, ListScoresArgs(run_id=record, limit=_MANY), None, self._caller))
        except CrosswalkError:
            return None
        return next((str(entry["id"]) for entry in page["items"] if parcel.part in evaluator_names(entry)), None)

    async def _introduced(self, parcel: Parcel, body: Model) -> bool:
        """Whether the target now knows the evaluator that a score names: a person's judgement, as far as the target can tell."""
        kind = getattr(body, "value_type", None) or ValueType.NUMBER
        new = NewEvaluator(name=parcel.part, slug=parcel.part, kind=EvaluatorKind.HUMAN, value_type=kind)
        try:
            await self._session.direct(Call(Op.CREATE_EVALUATOR, SPECS[Op.CREATE_EVALUATOR].args(), new, self._caller))
        except CrosswalkError as error:
            _log.info("an evaluator could not be made known", target=self._target.name, reason=error.message)
            return False
        return True

    async def _done(self, parcel: Parcel, bound: str | None) -> None:
        await self._store.write(outbox_rows.done, parcel, bound)
        self._metrics.delivered(self._target.name)

    async def _not_there(self, parcel: Parcel) -> None:
        """The target has no record for it yet."""
        age = (datetime.now(UTC) - parcel.updated_at).total_seconds()
        if age > self._rhythm.give_up:
            error = CrosswalkError(Code.NOT_FOUND, "The target never made a record for this input.")
            await self._store.write(outbox_rows.failed, parcel, error)
            self._metrics.failed(self._target.name)
            return
        pause = max(self._rhythm.first, min(self._rhythm.longest, age / 4))
        await self._store.write(outbox_rows.postponed, parcel, pause, None, parcel.doubt)

    async def _missed(self, parcel: Parcel, error: CrosswalkError, doubt: bool) -> None:
        """It was not taken, or it is not known whether it was."""
        again = error.code in _LATER or (error.code in (Code.UPSTREAM_INVALID, Code.INTERNAL) and parcel.attempts + 1 < self._rhythm.tries)
        if again:
            await self._store.write(outbox_rows.postponed, parcel, self._pause(parcel, error), error, doubt)
            return
        _log.warning("not delivered", target=self._target.name, run=parcel.run, code=error.code.value, reason=error.message)
        await self._store.write(outbox_rows.failed, parcel, error)
        self._metrics.failed(self._target.name)

    def _pause(self, parcel: Parcel, error: CrosswalkError) -> float:
        doubled = self._rhythm.retry * float(2 ** min(parcel.attempts, 10))
        return max(error.retry_after or 0.0, min(self._rhythm.pause, doubled))

    def _rest_after(self, error: CrosswalkError) -> None:
        if error.code in _WHOLE_TARGET:
            raise _Rest(min(error.retry_after or self._rhythm.retry, self._rhythm.pause))


def _patch(parcel: Parcel) -> JsonObject:
    """What the target can be told of a run."""
    said = {
        name: value for name, value in parcel.body.items() if name in RunPatch.model_fields and name not in parcel.kept and name != "status"
    }
    said.pop("input", None)
    return {"output": None, **said}


def _holds(record: JsonObject, parcel: Parcel) -> bool:
    """Whether a record has the result that was to be written to it."""
    theirs, ours = record.get("output"), parcel.body.get("output")
    return same(theirs, ours) or str(theirs) == str(ours)


def _scores(entry: JsonObject, parcel: Parcel) -> bool:
    return parcel.part in evaluator_names(entry) and same(entry.get("value"), parcel.body.get("value"))


def _lacks_evaluator(error: CrosswalkError) -> bool:
    return error.code in (Code.INVALID_REQUEST, Code.NOT_FOUND) and "evaluator" in f"{error.message} {error.vendor_body}".lower()
