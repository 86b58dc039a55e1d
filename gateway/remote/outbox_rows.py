"""The outbox in our own store: one row a run or score that was accepted, kept after its delivery to say which record of the target it became."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, or_, select, update

from gateway.store import Transaction
from gateway.store.tables import deliveries, targets
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.json import JsonObject

RUN = ""
"""The part of a run itself; the part of a score is its evaluator."""

_C = deliveries.c
_PLACE = (_C.target == bindparam("space"), _C.scope == bindparam("owner"))
_EXPERIMENT = (*_PLACE, _C.experiment == bindparam("of"))
_ONE = (*_PLACE, _C.run == bindparam("which"), _C.part == bindparam("what"))
_FIND = select(deliveries).where(*_ONE)
_OF = select(deliveries).where(*_EXPERIMENT).order_by(_C.id)
_DROP = deliveries.delete().where(*_EXPERIMENT)


class State(StrEnum):
    """How far a delivery is. `kept` is what the target has no way to take at all: it stays with us."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    KEPT = "kept"


@dataclass(frozen=True)
class Parcel:
    """A run (`part` "") or a score that was accepted. Ids are canonical; `bound` is the target's record that it was or is about to be written to."""

    id: int
    scope: str
    experiment: str
    run: str
    part: str
    example: str
    status: str
    body: JsonObject
    kept: list[str]
    state: State
    bound: str | None
    doubt: bool
    attempts: int
    code: str | None
    error: str | None
    due_at: datetime
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> "Parcel":
        fields = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        return cls(**{**fields, "state": State(row.state)})


@dataclass(frozen=True)
class New:
    """What is to be accepted."""

    scope: str
    experiment: str
    run: str
    part: str
    example: str
    status: str
    body: JsonObject
    kept: list[str]
    state: State


def accept(tx: Transaction, space: int, new: New, replace: bool) -> Parcel:
    """Keep a run or a score; one that is there already is replaced.

    Raises CrosswalkError (conflict) for a run that has succeeded, unless `replace`.
    """
    key = {"space": space, "owner": new.scope, "which": new.run, "what": new.part}
    known = tx.first(_FIND, key)
    fields: dict[str, Any] = {"status": new.status, "body": new.body, "kept": new.kept, "state": new.state.value}
    fresh = {"attempts": 0, "code": None, "error": None, "due_at": tx.now, "updated_at": tx.now, "delivered_at": None}
    if known is None:
        place = {
            "target": space,
            "scope": new.scope,
            "experiment": new.experiment,
            "run": new.run,
            "part": new.part,
            "example": new.example,
        }
        tx.execute(deliveries.insert(), {**place, **fields, **fresh, "doubt": False, "created_at": tx.now})
    else:
        if known.status == "succeeded" and known.state != State.FAILED and not replace:
            message = "There is a successful run of this example already."
            raise CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, Kind.RUN, new.run)
        tx.execute(update(deliveries).where(_C.id == known.id).values(**fields, **fresh, doubt=False))
    return Parcel.of(tx.first(_FIND, key))  # type: ignore[arg-type]


def find(tx: Transaction, space: int, scope: str, run: str, part: str) -> Parcel | None:
    """One run or score."""
    row = tx.first(_FIND, {"space": space, "owner": scope, "which": run, "what": part})
    return None if row is None else Parcel.of(row)


def of_experiment(tx: Transaction, space: int, scope: str, experiment: str) -> list[Parcel]:
    """Everything accepted for an experiment, in the order it came."""
    return [Parcel.of(row) for row in tx.rows(_OF, {"space": space, "owner": scope, "of": experiment})]


def forget(tx: Transaction, space: int, scope: str, experiment: str) -> None:
    """The experiment is gone."""
    tx.execute(_DROP, {"space": space, "owner": scope, "of": experiment})


def counted(tx: Transaction, space: int, scope: str, experiments: Sequence[str]) -> dict[str, list[tuple[str, str, str, int]]]:
    """For each of these experiments: (part "" or "score", status, state, how many)."""
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    for start in range(0, len(experiments), 400):
        rows = tx.rows(
            select(_C.experiment, _C.status, _C.state, func.count().label("n"))
            .where(_C.target == space, _C.scope == scope, _C.experiment.in_(experiments[start : start + 400]))
            .group_by(_C.experiment, _C.status, _C.state)
        )
        for row in rows:
            found.setdefault(row.experiment, []).append(("" if row.status else "score", row.status, row.state, row.n))
    return found


class Standing(NamedTuple):
    """How a run that was accepted stands; `bound` is the target's record of it, as far as it is known."""

    example: str
    status: str
    state: State
    bound: str | None


def standing(tx: Transaction, space: int, scope: str, experiment: str) -> list[Standing]:
    """The runs of an experiment that were accepted, without what is in them."""
    rows = tx.rows(
        select(_C.example, _C.status, _C.state, _C.bound).where(
            _C.target == space, _C.scope == scope, _C.experiment == experiment, _C.part == RUN
        )
    )
    return [Standing(row.example, row.status, State(row.state), row.bound) for row in rows]


def claim(tx: Transaction, space: int, lease: float, limit: int) -> list[tuple[str, str]]:
    """Experiments (scope, id) with something due, each leased for `lease` seconds to whoever asks: nobody else delivers it meanwhile."""
    free = or_(_C.leased_until.is_(None), _C.leased_until < tx.now)
    due = (_C.target == space, _C.state == State.PENDING.value, _C.due_at <= tx.now)
    held = select(_C.experiment).where(_C.target == space, _C.state == State.PENDING.value, _C.leased_until >= tx.now).distinct()
    query = select(_C.scope, _C.experiment, func.min(_C.due_at).label("first")).where(*due, free, _C.experiment.not_in(held))
    found = [(row.scope, row.experiment) for row in tx.rows(query.group_by(_C.scope, _C.experiment).order_by("first").limit(limit))]
    for scope, experiment in found:
        lengthen(tx, space, scope, experiment, lease)
    return found


def lengthen(tx: Transaction, space: int, scope: str, experiment: str, lease: float | None) -> None:
    """Lease what waits of an experiment for `lease` more seconds; None gives it free."""
    until = None if lease is None else tx.now + timedelta(seconds=lease)
    mine = (_C.target == space, _C.scope == scope, _C.experiment == experiment)
    tx.execute(
        update(deliveries).where(*mine, _C.leased_until.is_not(None) if lease is None else _C.state == "pending").values(leased_until=until)
    )


def free(tx: Transaction, space: int) -> None:
    """Nobody delivers anything to this target: what was leased by a process that ended is given free."""
    tx.execute(update(deliveries).where(_C.target == space, _C.leased_until.is_not(None)).values(leased_until=None))


def begin(tx: Transaction, parcel: Parcel, bound: str) -> None:
    """It is about to be written to this record of the target."""
    tx.execute(update(deliveries).where(_C.id == parcel.id).values(bound=bound if parcel.part == RUN else None, doubt=True))


def done(tx: Transaction, parcel: Parcel, bound: str | None) -> None:
    """The target has it, unless something newer has been accepted in its place meanwhile: then that is still to be delivered."""
    place = {} if parcel.part != RUN or bound is None else {"bound": bound}
    values = {"state": State.DELIVERED.value, "doubt": False, "code": None, "error": None, "delivered_at": tx.now}
    same = (_C.id == parcel.id, _C.updated_at == parcel.updated_at)
    if tx.execute(update(deliveries).where(*same).values(**values, **place)).rowcount == 0:
        tx.execute(update(deliveries).where(_C.id == parcel.id).values(doubt=False, **place))


def postponed(tx: Transaction, parcel: Parcel, seconds: float, error: CrosswalkError | None, doubt: bool) -> None:
    """Not now: again after so many seconds. Without an error nothing was tried."""
    values: dict[str, Any] = {"due_at": tx.now + timedelta(seconds=seconds), "doubt": doubt}
    if error is not None:
        values |= {"attempts": parcel.attempts + 1, "code": error.code.value, "error": error.message[:500]}
    tx.execute(update(deliveries).where(_C.id == parcel.id, _C.state == State.PENDING.value).values(**values))


def failed(tx: Transaction, parcel: Parcel, error: CrosswalkError) -> None:
    """The target will not take it: until a person has it retried, it stays with us."""
    values = {"state": State.FAILED.value, "attempts": parcel.attempts + 1, "code": error.code.value, "error": error.message[:500]}
    same = (_C.id == parcel.id, _C.updated_at == parcel.updated_at)
    tx.execute(update(deliveries).where(*same).values(**values))


def retried(tx: Transaction, target: str | None) -> int:
    """Make what failed wait again (of one target, or of all), with its attempts forgotten; how many there were."""
    of = () if target is None else (_C.target.in_(select(targets.c.id).where(targets.c.name == target)),)
    again = {"state": State.PENDING.value, "attempts": 0, "code": None, "error": None, "due_at": tx.now, "updated_at": tx.now}
    return int(tx.execute(update(deliveries).where(_C.state == State.FAILED.value, *of).values(**again)).rowcount)


@dataclass(frozen=True)
class Backlog:
    """What waits for one target, and since when."""

    pending: int
    failed: int
    kept: int
    oldest: datetime | None
    due: datetime | None


def backlog(tx: Transaction, space: int) -> Backlog:
    """What is not delivered to this target."""
    counts = {row.state: row for row in tx.rows(
        select(_C.state, func.count().label("n"), func.min(_C.created_at).label("oldest"), func.min(_C.due_at).label("due"))
        .where(_C.target == space, _C.state != State.DELIVERED.value)
        .group_by(_C.state)
    )}  # fmt: skip
    number = {state: counts[state].n if state in counts else 0 for state in ("pending", "failed", "kept")}
    waiting = counts.get("pending")
    return Backlog(**number, oldest=waiting.oldest if waiting else None, due=waiting.due if waiting else None)


def undelivered(tx: Transaction, target: str | None, limit: int) -> list[tuple[str, Parcel]]:
    """What waits, has failed or is kept, oldest first, each with its target's name."""
    of = () if target is None else (targets.c.name == target,)
    query = (
        select(targets.c.name.label("target_name"), deliveries)
        .join(targets, targets.c.id == _C.target)
        .where(_C.state != State.DELIVERED.value, *of)
        .order_by(_C.id)
        .limit(limit)
    )
    return [(row.target_name, Parcel.of(row)) for row in tx.rows(query)]
