"""Recording runs: the busiest path, so few statements and nothing read back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from gateway.local import freezing, lookup, scores
from gateway.local.counters import count
from gateway.local.handler import Reply
from gateway.store import Change, Transaction, resolve
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
_HEAD = select(_E.id, _E.is_group, _E.group_id, _E.dataset_id, _E.dataset_version_id).where(
    _E.id == bindparam("number"), _E.scope == bindparam("scope")
)
_PLACE = (
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
_NEW = runs.insert()
_REPLACE = runs.update().where(_R.id == bindparam("number"))
_DROP_SCORES = score_table.delete().where(
    score_table.c.run_id == bindparam("run"), score_table.c.annotator_kind != AnnotatorKind.HUMAN.value
)
_SAME = (
    "native_status", "error", "started_at", "ended_at", "latency_ms", "trace_id", "model", "prompt_tokens", "completion_tokens", "total_tokens",
    "cost", "passed", "score", "metadata", "extensions",
)  # fmt: skip


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
    experiment = _head(tx, args.experiment_id, caller.scope)
    recorded = _record(tx, experiment, [body], args.replace, caller)[0]
    return _document(tx, recorded, body)


def add_many(tx: Transaction, args: AddRunArgs, body: NewRuns, caller: Caller) -> Reply:
    """Records several runs, all or none."""
    experiment = _head(tx, args.experiment_id, caller.scope)
    recorded = _record(tx, experiment, body.runs, args.replace, caller)
    return {"ids": [tx.ids.make(Kind.RUN, one.number) for one in recorded]}


def _head(tx: Transaction, reference: str, scope: str) -> Row[Any]:
    """What recording needs to know of an experiment, without its definition."""
    row = tx.first(_HEAD, {"number": resolve(tx, Kind.EXPERIMENT, reference, scope), "scope": scope})
    if row is None:
        raise unknown(Kind.EXPERIMENT, reference)
    return row


def _record(tx: Transaction, experiment: Row[Any], given: Sequence[NewRun], replace: bool, caller: Caller) -> list[Recorded]:
    arms = [_arm(tx, experiment, body) for body in given]
    named = _examples(tx, arms, given, caller)
    changes: dict[int, Counter[str]] = {}
    recorded = [
        _put(tx, arm, example, body, replace, caller, changes.setdefault(arm.id, Counter()))
        for arm, example, body in zip(arms, named, given, strict=True)
    ]
    for number, change in changes.items():
        count(tx, number, change)
    tx.changes += [Change("run", one.experiment, one.number) for one in recorded if one.status is not RunStatus.WAITING]
    return recorded


def _arm(tx: Transaction, experiment: Row[Any], body: NewRun) -> Row[Any]:
    """Where the run belongs: in a group, the variant it names."""
    if body.variant_id is None:
        if experiment.is_group:
            raise invalid("An experiment of several variants needs the variant of each run.", "variant_id", type="missing")
        return experiment
    for arm in lookup.arms(tx, experiment):
        if tx.ids.number(body.variant_id, Kind.EXPERIMENT) == arm.id:
            return arm
    raise unknown(Kind.EXPERIMENT, body.variant_id)


def _examples(tx: Transaction, arms: Sequence[Row[Any]], given: Sequence[NewRun], caller: Caller) -> list[int]:
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


def _example(tx: Transaction, arm: Row[Any], reference: str) -> int:
    """An example's number by id, or by its alias in the experiment's dataset."""
    number = tx.ids.number(reference, Kind.EXAMPLE)
    if number is None and arm.dataset_id is not None:
        number = tx.value(_NAMED, {"dataset": arm.dataset_id, "alias": reference})
    return resolve(tx, Kind.EXAMPLE, reference, "") if number is None else int(number)


def _places(tx: Transaction, arm: Row[Any], given: Sequence[NewRun], caller: Caller) -> dict[int, int]:
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


def _put(tx: Transaction, arm: Row[Any], example: int, body: NewRun, replace: bool, caller: Caller, change: Counter[str]) -> Recorded:
    place = tx.first(_PLACE, {"experiment": arm.id, "example": example, "repetition": body.repetition})
    assert place is not None, "the experiment's row has just been read"
    if place.status == RunStatus.SUCCEEDED and not replace:
        reference = tx.ids.make(Kind.RUN, place.id)
        raise lookup.duplicate(Kind.RUN, reference, f"The run {reference} of this example and repetition has already succeeded.")
    status = status_of(body)
    values = _values(tx, body, status)
    if place.id is None:
        revision, position = _frozen_or_not(tx, place, example, caller)
        head = {"experiment_id": arm.id, "example_id": example, "repetition": body.repetition}
        number = tx.insert(_NEW, {**values, **head, "revision_id": revision, "position": position, "created_at": tx.now})
    else:
        number = place.id
        tx.execute(_REPLACE, {**values, "number": number})
        tx.execute(_DROP_SCORES, {"run": number})
        change[place.status] -= 1
    change[status] += 1
    given = [scores.put_row(tx, number, arm.id, score) for score in body.scores]
    return Recorded(number, arm.id, example, status, given)


def _frozen_or_not(tx: Transaction, place: Row[Any], example: int, caller: Caller) -> tuple[int, int]:
    """The example's revision and place: those of the frozen set, else the present ones."""
    if place.revision_id is not None:
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
