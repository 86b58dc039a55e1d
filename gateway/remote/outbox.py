"""The outbox of a target: writes it cannot take yet are kept durably, shown at once in everything that is read, and delivered later.

A run of a caller has its place in the target's record of the same input, which the target makes itself some time after the experiment. So a run is known
by its experiment and its example, before there is such a record and after.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from adapters.mapping import Shape
from adapters.notes import Fate, Notes
from adapters.scope import Scope
from gateway.remote import outbox_rows
from gateway.remote.completion import completed
from gateway.remote.outbox_places import joined
from gateway.remote.outbox_rows import RUN, New, Parcel, State
from gateway.remote.outbox_sources import Sources
from gateway.remote.outbox_view import (
    DELIVERY,
    RunKey,
    merged,
    number_of,
    owned,
    run_document,
    score_document,
    statuses,
    strange,
    timed,
    worst,
)
from gateway.remote.recipes.lists import listed, unsaid
from gateway.store import Store
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import (
    Call,
    Caller,
    ListRunsArgs,
    Op,
    PutScoreArgs,
    RunArgs,
)
from schemas.run import NewRun, NewScore, RunPatch
from schemas.status import ExperimentStatus, RunStatus

if TYPE_CHECKING:
    from gateway.remote.session import Session
    from gateway.remote.target import RemoteTarget

_OPEN = frozenset({ExperimentStatus.WAITING, ExperimentStatus.PENDING, ExperimentStatus.RUNNING})


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
        self.sources = Sources()
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
            self.sources.changed(call.caller.scope, str(getattr(call.args, "dataset_id", "")))
            return reply
        if call.op is Op.DELETE_EXPERIMENT:
            record = str(getattr(call.args, "experiment_id", ""))
            self.sources.gone(call.caller.scope, record)
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
        expected = await self.sources.expected(session, caller, experiment)
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
            for example in await self.sources.examples(session, caller, expected.dataset_id, anew=again):
                if (body.example_id is None and example["position"] == (body.example_position or 0)) or (
                    body.example_id is not None and body.example_id in (example["id"], example.get("alias"))
                ):
                    return RunKey(experiment, example["id"])
        if body.example_id is None:
            raise invalid(f"There is no example at position {body.example_position}.", "example_position")
        raise unknown(Kind.EXAMPLE, body.example_id)

    async def _accept_run(self, session: Session, caller: Caller, key: RunKey, fields: JsonObject, *, replace: bool) -> JsonObject:
        fields = timed(fields)
        status = str(fields["status"])
        state = State.PENDING if status == RunStatus.SUCCEEDED else State.KEPT
        run = await self._id(Kind.RUN, key.text, caller.scope)
        kept = self._kept(session, Op.UPDATE_RUN, RunPatch, fields)
        new = New(caller.scope, key.experiment, run, RUN, key.example, status, fields, kept, state)
        parcel = await self._store.write(outbox_rows.accept, self._target.space, new, replace)
        self._took(session)
        example = self.sources.example(caller.scope, key.experiment, key.example)
        return {**run_document(key.experiment, example, None, parcel), "id": run}

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
        await self.sources.expected(session, call.caller, key.experiment)
        fields = {**(before.body if before else {}), **completes, **said}
        made = await self._accept_run(session, call.caller, key, fields, replace=not getattr(args, "waiting", False))
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
        (score,) = await self._identified(scope, [score_document(parcel, None)], run, key.experiment)
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
        for name, reason in self._not_shown(op).items():
            if fields.get(name) is not None and name not in kept:
                kept[name] = None
                session.account.notes.add(Fate.KEPT_ASIDE, "", f"/{name}", f"{reason}; kept by the gateway")
        return sorted(kept)

    def _not_shown(self, op: Op) -> Mapping[str, str]:
        """What the target's list of runs has no field for, with the reason: what it is told of that does not come back."""
        route = next(iter(self._target.adapter.asking(Op.LIST_RUNS)), None) if op is Op.UPDATE_RUN else None
        shape = getattr(route.reply, "item", route.reply) if route is not None else None
        return shape.hidden if isinstance(shape, Shape) else {}

    # What is read

    async def _runs(self, session: Session, call: Call) -> Json:
        args = call.args
        assert isinstance(args, ListRunsArgs)
        if unsaid(call, frozenset()):
            if args.cursor is None or self.sources.snapshot(call.caller.scope, args.experiment_id) is None:
                await self.sources.records(session, call.caller, args.experiment_id)
            return await session.cook(listed(call, frozenset()))
        records = self.sources.snapshot(call.caller.scope, args.experiment_id) if not session.outermost else None
        if records is None:
            records = await self.sources.records(session, call.caller, args.experiment_id)
        session.account.emulated = True
        items = await self._shown(session, call.caller, args.experiment_id, records)
        return completed(call, {"items": items, "next_cursor": None})

    async def _shown(self, session: Session, caller: Caller, experiment: str, records: Sequence[JsonObject]) -> list[JsonObject]:
        """Every run there is, newest first: the target's own with what was accepted."""
        expected = await self.sources.expected(session, caller, experiment)
        examples = await self.sources.examples(session, caller, expected.dataset_id)
        parcels = await self._store.read(outbox_rows.of_experiment, self._target.space, caller.scope, experiment)
        runs = {parcel.example: parcel for parcel in parcels if parcel.part == RUN}
        bound = {example: parcel.bound for example, parcel in runs.items() if parcel.bound}
        places, loose = joined(examples, records, bound)
        known = {example["id"] for example in examples}
        found: list[tuple[tuple[int, int], JsonObject]] = []
        for place in places:
            parcel = runs.get(place.example["id"])
            if parcel is not None or place.record is not None:
                document = run_document(experiment, place.example, place.record, parcel)
                found.append(((parcel.id if parcel else 0, int(place.example.get("position") or 0)), document))
        found += [
            ((parcel.id, 0), run_document(experiment, {"id": parcel.example}, None, parcel))
            for name, parcel in runs.items()
            if name not in known
        ]
        found += [((0, -1 - number), strange(experiment, record)) for number, record in enumerate(loose)]
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
            scores = [owned(score, run["id"], experiment) for score in merged(document.get("scores") or [], own)]
            deliveries = [run["delivery"]] if run.get("delivery") else []
            deliveries += [DELIVERY[parcel.state] for parcel in own if parcel.state is not State.KEPT]
            whole.append({**run, "scores": scores, "delivery": worst(deliveries)})
        adopted: list[JsonObject] = (await self._target.foreign.adopt({"items": whole}, Kind.RUN, scope))["items"]
        return adopted

    async def _with_counts(self, session: Session, call: Call, reply: Json) -> Json:
        """An experiment, or a page of them, with the runs counted that the target has and those that were accepted."""
        items = reply["items"] if call.op is Op.LIST_EXPERIMENTS else [reply]
        scope, emulated = call.caller.scope, session.account.emulated
        told = await self._told(session, call.caller, reply) if call.op in _ALONE else None
        counts = await self._store.read(outbox_rows.counted, self._target.space, scope, [item["id"] for item in items])
        listed = call.op is Op.LIST_EXPERIMENTS
        whole = [await self._counted(session, call.caller, item, counts.get(item["id"], []), told, listed=listed) for item in items]
        # Figures beside the record do not make it another one.
        session.account.emulated = emulated
        return {**reply, "items": whole} if listed else whole[0]

    async def _told(self, session: Session, caller: Caller, document: JsonObject) -> Counter[str]:
        """How many runs of one experiment there are of each status, by the target's own records and what was accepted."""
        expected, experiment = self.sources.learn(caller, document), str(document["id"])
        records = await self.sources.records(session, caller, experiment)
        own = await self._store.read(outbox_rows.standing, self._target.space, caller.scope, experiment)
        examples = await self.sources.examples(session, caller, expected.dataset_id)
        places, loose = joined(examples, records, {run.example: run.bound for run in own if run.bound})
        return statuses(places, loose, own)

    async def _counted(
        self,
        session: Session,
        caller: Caller,
        document: JsonObject,
        own: Sequence[tuple[str, str, str, int]],
        told: Mapping[str, int] | None,
        *,
        listed: bool = False,
    ) -> JsonObject:
        """An experiment with its counts, by all its runs as far as they were read. Of one that is `listed` the dataset is not read to know its size."""
        expected = self.sources.learn(caller, document)
        count = self.sources.size if listed else self._exactly
        number = await count(session, caller, expected.dataset_id)
        runs = [(status, count) for part, status, _, count in own if part == RUN]
        known = told if told is not None else {status: number_of(runs, status) for status in ("succeeded", "failed")}
        succeeded, failed = known.get("succeeded", 0), known.get("failed", 0)
        if told is None:
            # Lists tell how far an experiment is, and nothing of how its runs ended.
            succeeded = max(succeeded, round(min(1.0, document.get("progress") or 0.0) * number) - failed)
        missing = number - succeeded - failed
        waiting = max(0, min(missing, known.get("waiting", 0) + known.get("pending", 0)))
        counts = {"examples": number, "expected": number, "succeeded": succeeded, "failed": failed, "waiting": waiting, "missing": missing}
        delivery = worst([DELIVERY[State(state)] for _, _, state, _ in own if state != State.KEPT])
        more: JsonObject = {"counts": counts, "delivery": delivery}
        # Lists do not show who brings the runs; where some were accepted, it is the callers.
        if (expected.waits or listed) and runs and missing <= 0 and ExperimentStatus(document["status"]) in _OPEN:
            # The target goes on waiting until it has them; to whoever reads here they are there.
            ended = ExperimentStatus.COMPLETED_WITH_ERRORS if failed else ExperimentStatus.COMPLETED
            more |= {"status": ended.value, "progress": 1.0, "native_status": None}
        return {**document, **more}

    async def _exactly(self, session: Session, caller: Caller, dataset: str) -> int:
        return len(await self.sources.examples(session, caller, dataset))

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
        named = [owned(score, run, experiment) for score in scores]
        adopted: list[JsonObject] = (await self._target.foreign.adopt({"items": named}, Kind.SCORE, scope))["items"]
        return adopted


_ACCEPTED: Mapping[Op, str] = {Op.ADD_RUN: "_add_run", Op.UPDATE_RUN: "_update_run", Op.PUT_SCORE: "_put_score"}
_OF_A_RUN = frozenset({Op.GET_RUN, Op.LIST_SCORES, Op.GET_SCORE})
_WITH_COUNTS = frozenset({Op.CREATE_EXPERIMENT, Op.GET_EXPERIMENT, Op.LIST_EXPERIMENTS, Op.UPDATE_EXPERIMENT, Op.START_EXPERIMENT})
_ALONE = frozenset({Op.GET_EXPERIMENT, Op.UPDATE_EXPERIMENT})
_CHANGES_EXAMPLES = frozenset({Op.ADD_EXAMPLES, Op.UPDATE_EXAMPLE, Op.DELETE_EXAMPLES})
_OF_THE_PLACE = {"example_id", "example_position", "variant_id", "repetition", "scores"}
