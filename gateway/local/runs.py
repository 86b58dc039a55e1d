"""Recording runs: the busiest path, so few statements and nothing read back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from gateway.local import freezing, lookup, scores
from gateway.local.counters import count
from gateway.local.handler import Reply
from gateway.local.lookup import Experiment
from gateway.store import Change, Transaction, resolve
from gateway.store.hot import Hot
from gateway.store.tables import datasets, examples, experiment_examples, experiments, runs
from gateway.store.tables import scores as score_table
from gateway.store.types import said
from schemas.dataset import Example
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.operations import AddRunArgs, Caller, Op
from schemas.run import AnnotatorKind, NewRun, NewRuns
from schemas.status import RunStatus

_E, _F, _R = experiments.c, experiment_examples.c, runs.c
_PLACE = Hot(
    select(_F.revision_id, _F.position, _R.id, _R.status)
    .select_from(
        experiments.outerjoin(experiment_examples, (_F.experiment_id == _E.id) & (_F.example_id == bindparam("example"))).outerjoin(
            runs, (_R.experiment_id == _E.id) & (_R.example_id == bindparam("example")) & (_R.repetition == bindparam("repetition"))
        )
    )
    .where(_E.id == bindparam("experiment"))
)
_OUTSIDE = (
    select(examples.c.revision_id, examples.c.position)
    .join(datasets, datasets.c.id == examples.c.dataset_id)
    .where(examples.c.id == bindparam("example"), datasets.c.scope == bindparam("scope"))
)
_NAMED = select(examples.c.id).where(
    examples.c.dataset_id == bindparam("dataset"), examples.c.alias == bindparam("alias"), examples.c.deleted.is_(False)
)
_DROP_SCORES = score_table.delete().where(
    score_table.c.run_id == bindparam("run"), score_table.c.annotator_kind != AnnotatorKind.HUMAN.value
)
_SAME = (
    "native_status", "error", "started_at", "ended_at", "latency_ms", "trace_id", "model", "prompt_tokens", "completion_tokens", "total_tokens",
    "cost", "passed", "score", "metadata", "extensions",
)  # fmt: skip
_VALUES = (*_SAME, "input", "output", "reference", "status", "steps", "delivery", "updated_at")
_HEAD = ("experiment_id", "example_id", "repetition", "revision_id", "position", "created_at")
_NEW = Hot(runs.insert().returning(_R.id), *_VALUES, *_HEAD)
_REPLACE = Hot(runs.update().where(_R.id == bindparam("number")), *_VALUES)


class _Place(NamedTuple):
    """Where a run goes: its frozen example, and the run that is there already; None where there is none."""

    revision_id: int | None
    position: int | None
    id: int | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored run: its number, its experiment's and example's, and its embedded scores as documents."""

    number: int
    experiment: int
    example: int
    status: RunStatus
    scores: list[Reply]


def add(tx: Transaction, args: AddRunArgs, body: NewRun, caller: Caller) -> Reply:
    """Records one run. A successful one of the same example and repetition is a conflict, any other is replaced and keeps its id.

    Raises CrosswalkError: not_found for an unknown experiment, variant or example; conflict (duplicate) naming the recorded run.
    """
    experiment = lookup.head(tx, args.experiment_id, caller.scope)
    recorded = _record(tx, experiment, [body], args, caller)[0]
    return _document(tx, recorded, body)


def add_many(tx: Transaction, args: AddRunArgs, body: NewRuns, caller: Caller) -> Reply:
    """Records several runs, all or none."""
    experiment = lookup.head(tx, args.experiment_id, caller.scope)
    recorded = _record(tx, experiment, body.runs, args, caller)
    return {"ids": [tx.ids.make(Kind.RUN, one.number) for one in recorded]}


def _record(tx: Transaction, experiment: Experiment, given: Sequence[NewRun], args: AddRunArgs, caller: Caller) -> list[Recorded]:
    arms = [_arm(tx, experiment, body) for body in given]
    named = _examples(tx, arms, given, caller)
    changes: dict[int, Counter[str]] = {}
    recorded = [
        _put(tx, arm, example, body, args, caller, changes.setdefault(arm.id, Counter()))
        for arm, example, body in zip(arms, named, given, strict=True)
    ]
    for number, change in changes.items():
        count(tx, number, change)
    tx.changes += [Change("run", one.experiment, one.number) for one in recorded if one.status is not RunStatus.WAITING]
    return recorded


def _arm(tx: Transaction, experiment: Experiment, body: NewRun) -> Experiment:
    """Where the run belongs: in a group, the variant it names."""
    if body.variant_id is None:
        if experiment.is_group:
            raise invalid("An experiment of several variants needs the variant of each run.", "variant_id", type="missing")
        return experiment
    arms: list[Experiment] = [*lookup.arms_of(tx, experiment.id)] if experiment.is_group else [experiment]
    for arm in arms:
        if tx.ids.number(body.variant_id, Kind.EXPERIMENT) == arm.id:
            return arm
    raise unknown(Kind.EXPERIMENT, body.variant_id)


def _examples(tx: Transaction, arms: Sequence[Experiment], given: Sequence[NewRun], caller: Caller) -> list[int]:
    """The number of each run's example; places without an example get one."""
    if all(body.example_id is not None for body in given):
        return [_example(tx, arm, body.example_id or "") for arm, body in zip(arms, given, strict=True)]
    placed: dict[int, dict[int, int]] = {}
    for arm in {arm.id: arm for arm in arms}.values():
        mine = [body for one, body in zip(arms, given, strict=True) if one.id == arm.id and body.example_id is None]
        placed[arm.id] = _places(tx, arm, mine, caller)
    return [
        placed[arm.id][body.example_position or 0] if body.example_id is None else _example(tx, arm, body.example_id)
        for arm, body in zip(arms, given, strict=True)
    ]


def _example(tx: Transaction, arm: Experiment, reference: str) -> int:
    """An example's number by id, or by its alias in the experiment's dataset."""
    number = tx.ids.number(reference, Kind.EXAMPLE)
    if number is None and arm.dataset_id is not None:
        number = tx.value(_NAMED, {"dataset": arm.dataset_id, "alias": reference})
    return resolve(tx, Kind.EXAMPLE, reference, "") if number is None else int(number)


def _places(tx: Transaction, arm: Experiment, given: Sequence[NewRun], caller: Caller) -> dict[int, int]:
    wanted = {body.example_position: body for body in given if body.example_position is not None}
    if any(body.example_position is None for body in given):
        raise invalid("A run names its example by id or by position.", "example_id", type="missing")
    found = freezing.at_positions(tx, arm.id, list(wanted))
    missing = {place: Example(input=body.input, reference=body.reference) for place, body in wanted.items() if place not in found}
    if missing:
        if arm.dataset_id is None:
            raise CrosswalkError(Code.INVALID_REQUEST, "The experiment has no dataset yet.", Reason.EMPTY, Kind.DATASET)
        found |= freezing.extend(tx, arm, missing, caller)
    return found


def _put(tx: Transaction, arm: Experiment, example: int, body: NewRun, args: AddRunArgs, caller: Caller, change: Counter[str]) -> Recorded:
    found = _PLACE.row(tx, {"experiment": arm.id, "example": example, "repetition": body.repetition})
    assert found is not None, "the experiment's row has just been read"
    place = _Place(*found)
    status = status_of(body)
    if place.id is not None and not args.replace:
        _refuse_known(tx, place.id, place.status, status, once=args.once)
    values = _values(tx, body, status)
    if place.id is None:
        revision, position = _frozen_or_not(tx, place, example, caller)
        head = {"experiment_id": arm.id, "example_id": example, "repetition": body.repetition}
        number = _insert(tx, {**values, **head, "revision_id": revision, "position": position, "created_at": tx.now})
    else:
        number = place.id
        _REPLACE.run(tx, {**values, "number": number})
        tx.execute(_DROP_SCORES, {"run": number})
        change[place.status or ""] -= 1
    change[status] += 1
    given = [scores.put_row(tx, number, arm.id, score) for score in body.scores]
    return Recorded(number, arm.id, example, status, given)


def _insert(tx: Transaction, row: dict[str, Any]) -> int:
    made = _NEW.row(tx, row)
    assert made is not None, "RETURNING gives the row that was made"
    return int(made[0])


def _refuse_known(tx: Transaction, number: int, recorded: str | None, status: RunStatus, *, once: bool) -> None:
    """A success is not replaced without being asked; nor is anything that happened by a run that has yet to happen."""
    reference = tx.ids.make(Kind.RUN, number)
    if recorded == RunStatus.SUCCEEDED:
        raise lookup.duplicate(Kind.RUN, reference, f"The run {reference} of this example and repetition has already succeeded.")
    if (once or status is RunStatus.WAITING) and recorded != RunStatus.WAITING:
        raise lookup.duplicate(Kind.RUN, reference, f"The run {reference} of this example and repetition is already recorded.")


def _frozen_or_not(tx: Transaction, place: _Place, example: int, caller: Caller) -> tuple[int, int]:
    """The example's revision and place: those of the frozen set, else the present ones."""
    if place.revision_id is not None and place.position is not None:
        return place.revision_id, place.position
    row = tx.first(_OUTSIDE, {"example": example, "scope": caller.scope})
    if row is None:
        raise unknown(Kind.EXAMPLE, tx.ids.make(Kind.EXAMPLE, example))
    return row.revision_id, row.position


def status_of(body: NewRun) -> RunStatus:
    """What was said, else failed when there is an error (an empty one, too)."""
    if "status" in body.model_fields_set:
        return body.status
    return RunStatus.SUCCEEDED if body.error is None else RunStatus.FAILED


def _values(tx: Transaction, body: NewRun, status: RunStatus) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in _SAME}
    given = body.model_fields_set
    for name in ("input", "output", "reference"):
        values[name] = said(getattr(body, name)) if name in given else None
    values["status"] = status.value
    values["steps"] = [step.model_dump(mode="json") for step in body.steps] if body.steps else None
    values["delivery"] = None
    values["updated_at"] = tx.now
    return values


def _document(tx: Transaction, recorded: Recorded, body: NewRun) -> Reply:
    """What is known without reading: the ids and what was given."""
    experiment = tx.ids.make(Kind.EXPERIMENT, recorded.experiment)
    given = {name: getattr(body, name) for name in body.model_fields_set - {"steps", "scores"}}
    return {
        **given,
        "id": tx.ids.make(Kind.RUN, recorded.number),
        "experiment_id": experiment,
        "variant_id": experiment,
        "example_id": tx.ids.make(Kind.EXAMPLE, recorded.example),
        "example_position": body.example_position or 0,
        "repetition": body.repetition,
        "status": recorded.status.value,
        "scores": recorded.scores,
        "updated_at": tx.now,
    }


HANDLERS = {Op.ADD_RUN: add, Op.ADD_RUNS: add_many}
