"""The outbox of a target: writes it cannot take yet are kept durably, shown at once in everything that is read, and delivered later.

A run of a caller has its place in the target's record of the same input, which the target makes itself some time after the experiment. So a run is known
by its experiment and its example, before there is such a record and after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

from adapters.notes import Fate, Notes
from adapters.scope import Scope
from gateway.remote import outbox_rows
from gateway.remote.completion import completed
from gateway.remote.outbox_places import joined, waits
from gateway.remote.outbox_rows import RUN, New, Parcel, State
from gateway.remote.recipes.base import PAGE
from gateway.remote.recipes.lists import listed, unsaid
from gateway.remote.recipes.runs import score_key
from gateway.store import Store
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.experiment import Experiment, StepKind
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.json_values import same
from schemas.operations import (
    Call,
    Caller,
    ExperimentArgs,
    ListExamplesArgs,
    ListRunsArgs,
    Op,
    PutScoreArgs,
    RunArgs,
)
from schemas.run import NewRun, NewScore, RunPatch
from schemas.status import Delivery, ExperimentStatus, RunStatus

if TYPE_CHECKING:
    from gateway.remote.session import Session
    from gateway.remote.target import RemoteTarget

_KNOWN_FOR = 60.0
"""Seconds for which an experiment's definition and its examples are taken as they were last read."""

_SNAPSHOT_FOR = 30.0
"""Seconds for which the following pages of a list are cut from the records that its first page was cut from."""

_EXPERIMENTS, _SNAPSHOTS = 1000, 32
_OPEN = frozenset({ExperimentStatus.WAITING, ExperimentStatus.PENDING, ExperimentStatus.RUNNING})


@dataclass(frozen=True)
class Expected:
    """What is known of an experiment: its dataset, and whether its callers bring its runs."""

    dataset_id: str
    waits: bool


@dataclass(frozen=True)
class RunKey:
    """What a run is known by."""

    experiment: str
    example: str

    @property
    def text(self) -> str:
        return f"{self.experiment}/{self.example}/1"


class Outbox:
    """Takes what the target cannot take at once. `wake` is set whenever there is something new to deliver."""

    operations = frozenset(
        {
            *(Op.ADD_RUN, Op.UPDATE_RUN, Op.PUT_SCORE, Op.LIST_RUNS, Op.GET_RUN, Op.LIST_SCORES, Op.GET_SCORE),
            *(
                Op.CREATE_EXPERIMENT,
                Op.GET_EXPERIMENT,
                Op.LIST_EXPERIMENTS,
                Op.UPDATE_EXPERIMENT,
                Op.START_EXPERIMENT,
                Op.DELETE_EXPERIMENT,
            ),
            *(Op.ADD_EXAMPLES, Op.UPDATE_EXAMPLE, Op.DELETE_EXAMPLES),
        }
    )

    def __init__(self, store: Store, target: RemoteTarget) -> None:
        self._store = store
        self._target = target
        self._expected: TTLCache[tuple[str, str], Expected] = TTLCache(_EXPERIMENTS, _KNOWN_FOR)
        self._examples: TTLCache[tuple[str, str], list[JsonObject]] = TTLCache(_SNAPSHOTS, _KNOWN_FOR)
        self._records: TTLCache[tuple[str, str], list[JsonObject]] = TTLCache(_SNAPSHOTS, _SNAPSHOT_FOR)
        self._following: set[int] = set()
        self.wake = asyncio.Event()

    async def perform(self, session: Session, call: Call) -> Json:
        """The reply to one of `operations`. Raises CrosswalkError."""
        if call.op in _ACCEPTED:
            reply: Json = await getattr(self, _ACCEPTED[call.op])(session, call)
            return reply
        if call.op is Op.LIST_RUNS:
            return await self._runs(session, call)
        if call.op in _OF_A_RUN:
            return await session.direct(await self._within(call))
        if call.op in _WITH_COUNTS and session.outermost:
            return await self._with_counts(session, call, await session.direct(call))
        reply = await session.direct(call)
        if call.op in _CHANGES_EXAMPLES:
            self._examples.pop((call.caller.scope, str(getattr(call.args, "dataset_id", ""))), None)
            return reply
        if call.op is Op.DELETE_EXPERIMENT:
            record = str(getattr(call.args, "experiment_id", ""))
            self._expected.pop((call.caller.scope, record), None)
            await self._store.write(outbox_rows.forget, self._target.space, call.caller.scope, record)
        return reply

    # What is accepted

    async def _add_run(self, session: Session, call: Call) -> Json:
        body = call.body
        assert isinstance(body, NewRun)
        experiment = str(getattr(call.args, "experiment_id", ""))
        key = await self._place(session, call.caller, experiment, body)
        said = body.model_dump(mode="json", exclude_unset=True, exclude=_OF_THE_PLACE)
        fields = {"status": RunStatus.FAILED.value if body.error and "status" not in said else body.status.value, **said}
        made = await self._accept_run(session, call.caller, key, fields, replace=bool(getattr(call.args, "replace", False)))
        scores = [
            await self.perform(session, Call(Op.PUT_SCORE, PutScoreArgs(run_id=made["id"], experiment_id=experiment), score, call.caller))
            for score in body.scores
        ]
        return completed(call, {**made, "scores": scores})

    async def _place(self, session: Session, caller: Caller, experiment: str, body: NewRun) -> RunKey:
        """The run's place. Raises CrosswalkError where the experiment has none for it."""
        expected = await self.expected(session, caller, experiment)
        if not expected.waits:
            raise CrosswalkError(
                Code.CONFLICT,
                f"{self._target.adapter.title} runs this experiment itself: it takes no runs of others.",
                Reason.BUSY,
                Kind.EXPERIMENT,
                experiment,
            )
        if body.repetition != 1:
            raise invalid("Every example is run once by this target.", "repetition", input=body.repetition)
        for again in (False, True):
            for example in await self.examples(session, caller, expected.dataset_id, anew=again):
                if (body.example_id is None and example["position"] == (body.example_position or 0)) or (
                    body.example_id is not None and body.example_id in (example["id"], example.get("alias"))
                ):
                    return RunKey(experiment, example["id"])
        if body.example_id is None:
            raise invalid(f"There is no example at position {body.example_position}.", "example_position")
        raise unknown(Kind.EXAMPLE, body.example_id)

    async def _accept_run(self, session: Session, caller: Caller, key: RunKey, fields: JsonObject, *, replace: bool) -> JsonObject:
        fields = _timed(fields)
        status = str(fields["status"])
        state = State.PENDING if status == RunStatus.SUCCEEDED else State.KEPT
        run = await self._id(Kind.RUN, key.text, caller.scope)
        kept = self._kept(session, Op.UPDATE_RUN, RunPatch, fields)
        new = New(caller.scope, key.experiment, run, RUN, key.example, status, fields, kept, state)
        parcel = await self._store.write(outbox_rows.accept, self._target.space, new, replace)
        self._took(session)
        example = next((item for item in self._examples_known(caller, key) if item["id"] == key.example), {})
        return {**_run(key.experiment, example, None, parcel), "id": run}

    async def _update_run(self, session: Session, call: Call) -> Json:
        args, body = call.args, call.body
        assert isinstance(args, RunArgs)
        assert isinstance(body, RunPatch)
        key = await self._key(call.caller.scope, args.run_id)
        if key is None or args.experiment_id not in (None, key.experiment):
            raise unknown(Kind.RUN, args.run_id)
        before = await self._store.read(outbox_rows.find, self._target.space, call.caller.scope, args.run_id, RUN)
        said = body.model_dump(mode="json", exclude_unset=True)
        completes = {"status": RunStatus.SUCCEEDED.value} if "output" in said or before is None else {}
        await self.expected(session, call.caller, key.experiment)
        fields = {**(before.body if before else {}), **completes, **said}
        made = await self._accept_run(session, call.caller, key, fields, replace=True)
        return completed(call, made)

    async def _put_score(self, session: Session, call: Call) -> Json:
        args, body = call.args, call.body
        assert isinstance(args, PutScoreArgs)
        assert isinstance(body, NewScore)
        scope = call.caller.scope
        run, evaluator = args.run_id, body.evaluator
        if args.score_id:
            run, evaluator = await self._scored(scope, args.score_id)
        key = await self._key(scope, run)
        if key is None or args.experiment_id not in (None, key.experiment):
            raise unknown(Kind.RUN, run)
        said = {**body.model_dump(mode="json", exclude_unset=True), "evaluator": evaluator}
        if args.create and await self._store.read(outbox_rows.find, self._target.space, scope, run, evaluator) is not None:
            message = f"There is a score of {evaluator!r} already."
            raise CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, Kind.SCORE, run)
        state = State.KEPT if body.value is None else State.PENDING
        kept = self._kept(session, Op.PUT_SCORE, NewScore, said)
        new = New(scope, key.experiment, run, evaluator, key.example, "", said, kept, state)
        parcel = await self._store.write(outbox_rows.accept, self._target.space, new, True)
        self._took(session)
        (score,) = await self._identified(scope, [_score(parcel, None)], run, key.experiment)
        return completed(call, score)

    def _took(self, session: Session) -> None:
        session.account.accepted = True
        self.wake.set()

    def _kept(self, session: Session, op: Op, model: type[RunPatch] | type[NewScore], fields: JsonObject) -> list[str]:
        """The fields that the target has no place for, which the receipt says are kept here."""
        known = {name: value for name, value in fields.items() if name in model.model_fields}
        notes = Notes()
        route = next(iter(self._target.adapter.asking(op)), None)
        if route is not None and route.request is not None:
            scope = Scope(self._target.ids, self._target.adapter.name, self._target.options, notes=notes, defaults=self._target.defaults)
            route.request.encode(model.model_validate(known).model_dump(exclude_unset=True), scope)
        kept = dict.fromkeys(fields.keys() - known.keys())
        for note in notes.all():
            name = note.canonical.strip("/").partition("/")[0]
            if note.fate in (Fate.LOST, Fate.COERCED) and name in fields:
                kept[name] = None
                if name != "status":
                    session.account.notes.add(Fate.KEPT_ASIDE, note.wire, note.canonical, f"{note.reason}; kept by the gateway")
        return sorted(kept)

    # What is read

    async def expected(self, session: Session, caller: Caller, experiment: str) -> Expected:
        """What is known of an experiment, read at most once a minute. Raises CrosswalkError (not_found)."""
        known = self._expected.get((caller.scope, experiment))
        if known is None:
            call = Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=experiment), None, caller)
            known = self._learn(caller, await session.direct(call))
        return known

    def _learn(self, caller: Caller, document: JsonObject) -> Expected:
        experiment = Experiment.model_validate(document)
        steps = [step.kind for variant in experiment.variants for step in variant.steps]
        expected = Expected(experiment.dataset_id or "", bool(steps) and set(steps) == {StepKind.WAIT})
        self._expected[caller.scope, experiment.id] = expected
        return expected

    async def examples(self, session: Session, caller: Caller, dataset: str, *, anew: bool = False) -> list[JsonObject]:
        """The examples of a dataset, read at most once a minute."""
        known = None if anew else self._examples.get((caller.scope, dataset))
        if known is None:
            page = (
                await session.perform(Call(Op.LIST_EXAMPLES, ListExamplesArgs(dataset_id=dataset), None, caller))
                if dataset
                else {"items": []}
            )
            known = self._examples[caller.scope, dataset] = page["items"]
        return known

    def _examples_known(self, caller: Caller, key: RunKey) -> list[JsonObject]:
        expected = self._expected.get((caller.scope, key.experiment))
        return self._examples.get((caller.scope, expected.dataset_id), []) if expected else []

    async def records(self, session: Session, caller: Caller, experiment: str) -> list[JsonObject]:
        """The target's own records of an experiment's runs, all of them.

        Raises CrosswalkError (upstream_invalid) when its pages do not add up.
        """
        found: dict[str, JsonObject] = {}
        while True:
            args = ListRunsArgs(experiment_id=experiment, offset=len(found), limit=PAGE, total=True)
            page = await session.piece(Call(Op.LIST_RUNS, args, None, caller))
            before = len(found)
            found.update((item["id"], item) for item in page["items"])
            if len(found) >= page.get("total", 0):
                break
            if len(found) == before:
                if len(page["items"]) < PAGE // 2:
                    # Counted already, and not there yet.
                    break
                raise CrosswalkError(Code.UPSTREAM_INVALID, "The pages of runs hold fewer than their count says.")
        self._records[caller.scope, experiment] = list(found.values())
        return list(found.values())

    async def _runs(self, session: Session, call: Call) -> Json:
        args = call.args
        assert isinstance(args, ListRunsArgs)
        if unsaid(call, frozenset()):
            if args.cursor is None or (call.caller.scope, args.experiment_id) not in self._records:
                await self.records(session, call.caller, args.experiment_id)
            return await session.cook(listed(call, frozenset()))
        records = self._records.get((call.caller.scope, args.experiment_id)) if not session.outermost else None
        if records is None:
            records = await self.records(session, call.caller, args.experiment_id)
        session.account.emulated = True
        items = await self._shown(session, call.caller, args.experiment_id, records)
        return completed(call, {"items": items, "next_cursor": None})

    async def _shown(self, session: Session, caller: Caller, experiment: str, records: Sequence[JsonObject]) -> list[JsonObject]:
        """Every run there is, newest first: the target's own with what was accepted."""
        expected = await self.expected(session, caller, experiment)
        examples = await self.examples(session, caller, expected.dataset_id)
        parcels = await self._store.read(outbox_rows.of_experiment, self._target.space, caller.scope, experiment)
        runs = {parcel.example: parcel for parcel in parcels if parcel.part == RUN}
        bound = {example: parcel.bound for example, parcel in runs.items() if parcel.bound}
        places, loose = joined(examples, records, bound)
        known = {example["id"] for example in examples}
        found: list[tuple[tuple[int, int], JsonObject]] = []
        for place in places:
            parcel = runs.get(place.example["id"])
            if parcel is not None or place.record is not None:
                document = _run(experiment, place.example, place.record, parcel)
                found.append(((parcel.id if parcel else 0, int(place.example.get("position") or 0)), document))
        found += [
            ((parcel.id, 0), _run(experiment, {"id": parcel.example}, None, parcel)) for name, parcel in runs.items() if name not in known
        ]
        found += [((0, -1 - number), _strange(experiment, record)) for number, record in enumerate(loose)]
        documents = [document for _, document in sorted(found, key=lambda pair: pair[0], reverse=True)]
        named = (await self._target.foreign.adopt({"items": [{**run, "scores": []} for run in documents]}, Kind.RUN, caller.scope))["items"]
        return await self._with_scores(caller.scope, experiment, named, documents, parcels)

    async def _with_scores(
        self, scope: str, experiment: str, named: list[JsonObject], documents: Sequence[JsonObject], parcels: Iterable[Parcel]
    ) -> list[JsonObject]:
        accepted: dict[str, list[Parcel]] = {}
        for parcel in parcels:
            if parcel.part != RUN:
                accepted.setdefault(parcel.run, []).append(parcel)
        whole = []
        for run, document in zip(named, documents, strict=True):
            own = accepted.get(run["id"], [])
            scores = [_owned(score, run["id"], experiment) for score in _merged(document.get("scores") or [], own)]
            deliveries = [run["delivery"]] if run.get("delivery") else []
            deliveries += [_DELIVERY[parcel.state] for parcel in own if parcel.state is not State.KEPT]
            whole.append({**run, "scores": scores, "delivery": _worst(deliveries)})
        adopted: list[JsonObject] = (await self._target.foreign.adopt({"items": whole}, Kind.RUN, scope))["items"]
        return adopted

    async def _with_counts(self, session: Session, call: Call, reply: Json) -> Json:
        """An experiment, or a page of them, with the runs counted that the target has and those that were accepted."""
        items = reply["items"] if call.op is Op.LIST_EXPERIMENTS else [reply]
        scope, emulated = call.caller.scope, session.account.emulated
        records = await self.records(session, call.caller, reply["id"]) if call.op in _ALONE else None
        # Read after the records: what was delivered in between is counted as delivered, not twice.
        counts = await self._store.read(outbox_rows.counted, self._target.space, scope, [item["id"] for item in items])
        whole = [await self._counted(session, call.caller, item, counts.get(item["id"], []), records) for item in items]
        # Figures beside the record do not make it another one.
        session.account.emulated = emulated
        return {**reply, "items": whole} if call.op is Op.LIST_EXPERIMENTS else whole[0]

    async def _counted(
        self,
        session: Session,
        caller: Caller,
        document: JsonObject,
        own: Sequence[tuple[str, str, str, int]],
        records: Sequence[JsonObject] | None,
    ) -> JsonObject:
        expected = self._learn(caller, document)
        number = len(await self.examples(session, caller, expected.dataset_id))
        runs = [(status, state, count) for part, status, state, count in own if part == RUN]
        here = [(status, count) for status, state, count in runs if state != State.DELIVERED]
        there = [(status, count) for status, state, count in runs if state == State.DELIVERED]
        states = [str(record.get("status")) for record in records or ()]
        # The target has what was delivered, even where it does not show it yet.
        succeeded = _sum(here, "succeeded") + max(_sum(there, "succeeded"), states.count("succeeded"))
        failed = _sum(here, "failed") + max(_sum(there, "failed"), states.count("failed"))
        waiting = max(0, min(number - succeeded - failed, sum(1 for record in records or () if waits(record))))
        missing = number - succeeded - failed
        counts = {"examples": number, "expected": number, "succeeded": succeeded, "failed": failed, "waiting": waiting, "missing": missing}
        delivery = _worst([_DELIVERY[State(state)] for _, _, state, _ in own if state != State.KEPT])
        more: JsonObject = {"counts": counts, "delivery": delivery}
        if expected.waits and runs and missing <= 0 and ExperimentStatus(document["status"]) in _OPEN:
            # The target goes on waiting until it has them; to whoever reads here they are there.
            ended = ExperimentStatus.COMPLETED_WITH_ERRORS if failed else ExperimentStatus.COMPLETED
            more |= {"status": ended.value, "progress": 1.0, "native_status": None}
        return {**document, **more}

    # Ids

    async def _id(self, kind: Kind, text: str, scope: str) -> str:
        return str((await self._target.foreign.adopt({"id": text}, kind, scope))["id"])

    async def _key(self, scope: str, run: str) -> RunKey | None:
        """What a run's id stands for, None when it is no id of a run here."""
        identity = self._target.ids.parse(run)
        if identity is None or identity.kind is not Kind.RUN:
            return None
        text = str((await self._target.foreign.native({"run_id": run}, None, scope))["run_id"])
        parts = text.split("/")
        return RunKey(parts[0], parts[1]) if len(parts) == 3 else None

    async def _scored(self, scope: str, score: str) -> tuple[str, str]:
        """The run and the evaluator that a score's id stands for."""
        text = str((await self._target.foreign.native({"score_id": score}, None, scope))["score_id"])
        run, slash, evaluator = text.partition("/")
        if not slash:
            raise unknown(Kind.SCORE, score)
        return run, evaluator

    async def _within(self, call: Call) -> Call:
        """A call about one run that names its experiment, too."""
        said = call.args.model_dump(exclude_unset=True)
        run = said.get("run_id")
        if run is None and said.get("score_id"):
            run = (await self._scored(call.caller.scope, said["score_id"]))[0]
        if run is None:
            return call
        key = await self._key(call.caller.scope, run)
        if key is None or said.get("experiment_id") not in (None, key.experiment):
            raise unknown(Kind.RUN, run)
        return call.then(call.op, call.body, **{**said, "run_id": run, "experiment_id": key.experiment})

    async def _identified(self, scope: str, scores: list[JsonObject], run: str, experiment: str) -> list[JsonObject]:
        named = [_owned(score, run, experiment) for score in scores]
        adopted: list[JsonObject] = (await self._target.foreign.adopt({"items": named}, Kind.SCORE, scope))["items"]
        return adopted


_ACCEPTED: Mapping[Op, str] = {Op.ADD_RUN: "_add_run", Op.UPDATE_RUN: "_update_run", Op.PUT_SCORE: "_put_score"}
_OF_A_RUN = frozenset({Op.GET_RUN, Op.LIST_SCORES, Op.GET_SCORE})
_WITH_COUNTS = frozenset({Op.CREATE_EXPERIMENT, Op.GET_EXPERIMENT, Op.LIST_EXPERIMENTS, Op.UPDATE_EXPERIMENT, Op.START_EXPERIMENT})
_ALONE = frozenset({Op.GET_EXPERIMENT, Op.UPDATE_EXPERIMENT})
_CHANGES_EXAMPLES = frozenset({Op.ADD_EXAMPLES, Op.UPDATE_EXAMPLE, Op.DELETE_EXAMPLES})
_OF_THE_PLACE = {"example_id", "example_position", "variant_id", "repetition", "scores"}
_DELIVERY: Mapping[State, Delivery] = {
    State.PENDING: Delivery.PENDING,
    State.KEPT: Delivery.PENDING,
    State.DELIVERED: Delivery.DELIVERED,
    State.FAILED: Delivery.FAILED,
}
_SEVERITY = (Delivery.FAILED, Delivery.PENDING, Delivery.DELIVERED)
_VALUES = ("input", "output", "reference")


def _worst(deliveries: Iterable[Delivery | str]) -> str | None:
    found = set(map(str, deliveries))
    return next((word.value for word in _SEVERITY if word.value in found), None)


def _sum(counts: Iterable[tuple[str, int]], status: str) -> int:
    return sum(number for word, number in counts if word == status)


def _owned(score: JsonObject, run: str, experiment: str) -> JsonObject:
    """A score of a run, known by that and by its evaluator before the target has it and after."""
    return {**score, "id": score_key(run, score["evaluator"]), "run_id": run, "experiment_id": experiment}


def _run(experiment: str, example: JsonObject, record: JsonObject | None, parcel: Parcel | None) -> JsonObject:
    """The run of an example: as the target has it, with what was accepted and it does not have, or cannot have."""
    own = {name: value for name, value in (record or {}).items() if value is not None}
    document: JsonObject = {
        "reference": example.get("reference"),
        **own,
        "id": RunKey(experiment, example["id"]).text if "id" in example else (parcel.run if parcel else ""),
        "experiment_id": experiment,
        "variant_id": experiment,
        "example_id": example.get("id") or (parcel.example if parcel else ""),
        "example_position": example.get("position") or 0,
        "repetition": 1,
    }
    if "input" in example:
        document["input"] = example["input"]
    if parcel is None:
        return document
    document |= {"created_at": parcel.created_at, "updated_at": parcel.updated_at, "delivery": _DELIVERY[parcel.state].value}
    if parcel.state is not State.DELIVERED or record is None or waits(record):
        # What was delivered may take a moment to show.
        document.pop("native_status", None)
        return {**document, **_latency(parcel.body)}
    kept = {name: parcel.body[name] for name in parcel.kept if name in parcel.body and name != "status"}
    alike = {name: parcel.body[name] for name in _VALUES if name in parcel.body and _alike(document.get(name), parcel.body[name])}
    return {**document, **kept, **alike}


def _timed(fields: JsonObject) -> JsonObject:
    """What a run took, where only its times were said: targets are told the latency."""
    times = RunPatch.model_validate({name: fields[name] for name in ("started_at", "ended_at") if name in fields})
    if fields.get("latency_ms") is not None or times.started_at is None or times.ended_at is None:
        return fields
    return {**fields, "latency_ms": max(0.0, (times.ended_at - times.started_at).total_seconds() * 1000)}


def _latency(body: JsonObject) -> JsonObject:
    """What was accepted says when it was: nothing of the waiting record's own times is to show."""
    return {"latency_ms": None, "started_at": None, "ended_at": None, **body}


def _alike(theirs: Json, ours: Json) -> bool:
    """Whether the target shows what was sent, as it was or as a text."""
    return same(theirs, ours) or str(theirs) == str(ours)


def _strange(experiment: str, record: JsonObject) -> JsonObject:
    """A record whose example is not in the dataset any more, or was changed on the way: it stands for itself."""
    own = f"{experiment}/{record['id']}"
    return {**record, "id": f"{own}/1", "experiment_id": experiment, "variant_id": experiment, "example_id": own}


def _merged(theirs: Iterable[JsonObject], own: Sequence[Parcel]) -> list[JsonObject]:
    """The scores of a run: the target's, and what was accepted in place of them."""
    left = list(theirs)
    scores = []
    for parcel in own:
        record = next((score for score in left if parcel.part in _names(score)), None)
        if record is not None:
            left.remove(record)
        scores.append(_score(parcel, record))
    return [*left, *scores]


def _names(score: JsonObject) -> set[str]:
    """Everything an evaluator is called in a score."""
    said = {score.get("evaluator"), score.get("evaluator_id"), score.get("evaluator_name")}
    for extension in (score.get("extensions") or {}).values():
        said |= {value for value in extension.values() if isinstance(value, str)}
    return {str(name) for name in said if name}


def _score(parcel: Parcel, record: JsonObject | None) -> JsonObject:
    times = {"created_at": parcel.created_at, "updated_at": parcel.updated_at}
    if record is None or parcel.state is not State.DELIVERED:
        return {**times, **parcel.body}
    kept = {name: parcel.body[name] for name in parcel.kept if name in parcel.body}
    return {**times, **record, **kept, "evaluator": parcel.part}
