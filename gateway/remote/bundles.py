"""Experiments of ours that a vendor holds as several: one for each repetition where it runs an example once, or one for each lot of rows that a caller brings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from adapters.notes import Fate, Notes
from gateway.remote import loss
from gateway.remote.bundle_view import BEGUN, MEMBERS, POSITIONS, TURNS, Held, shown, shown_run, shown_score
from gateway.remote.groups import driven, of, present, removed, undone
from gateway.remote.incarnation import belonging
from gateway.remote.intent import waits_for_caller
from gateway.remote.recipes.experiments import create
from gateway.remote.recipes.lists import OWN, listed, unsaid
from schemas.errors import Code, CrosswalkError, invalid, unknown
from schemas.experiment import ExperimentDefinition, ExperimentForm, ExperimentPatch
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExperimentsArgs, Op
from schemas.references import kind_of
from schemas.run import NewRun, NewRuns

if TYPE_CHECKING:
    from gateway.remote.asides import Asides
    from gateway.remote.ids import ForeignIds

MOST = 50
"""Repetitions that are made as experiments of their own."""

_MARK = "together "
_NATIVELY = frozenset({"dataset_id", "project"})
"""What of a list is left to the vendor's own."""

_RECORDS = frozenset({Kind.RUN, Kind.SCORE})
_GONE = (Code.NOT_FOUND,)

Perform = Callable[[Call], Awaitable[Json]]
_Act = Callable[[Any, Call, Held, Perform], Awaitable[Json]]


@dataclass(frozen=True)
class Bundles:
    """The bundles of one target. `repeats` says that the vendor runs an example as often as wanted, `grows` that an experiment takes rows beyond its dataset's.

    Their ids are counted in `ids`, where their own texts begin with a mark that no vendor's do.
    """

    ids: ForeignIds
    asides: Asides
    title: str
    repeats: bool = True
    grows: bool = True
    _known: set[str] = field(default_factory=set)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @property
    def needed(self) -> bool:
        """Whether there is anything that the vendor holds as several."""
        return not (self.repeats and self.grows)

    async def concerns(self, call: Call) -> bool:
        """Whether a call makes a bundle, names one, or lists experiments among which there may be some."""
        if not self.needed:
            return False
        if isinstance(call.body, ExperimentDefinition) and call.op is Op.CREATE_EXPERIMENT:
            return self._repeated(call.body) or self._open(call.body)
        if isinstance(call.args, ListExperimentsArgs):
            return await self._some(call.caller.scope)
        return await self._is_one(getattr(call.args, "experiment_id", None), call.caller.scope)

    async def perform(self, call: Call, perform: Perform, below: Perform) -> Json:
        """The reply, each member being asked by `perform`, and the vendor's own list by `below`. Raises CrosswalkError."""
        if isinstance(call.body, ExperimentDefinition) and call.op is Op.CREATE_EXPERIMENT:
            return await self._create(call, call.body, perform)
        if isinstance(call.args, ListExperimentsArgs):
            return await self._list(call, call.args, perform, below)
        held = await self._held(str(getattr(call.args, "experiment_id", "")), call.caller.scope)
        act = self._ACTS.get(call.op)
        if act is None:
            raise CrosswalkError(Code.UNSUPPORTED, f"{self.title} holds this experiment as several: it cannot {call.op.replace('_', ' ')}.")
        return await act(self, call, held, belonging(self.asides, held.id, held.members, perform))

    async def presented(self, call: Call, reply: Json) -> Json:
        """Runs and scores of members, where a call named none of them, as those of their bundle."""
        named = getattr(call.args, "experiment_id", None) is not None
        if named or kind_of(call.op) not in _RECORDS or not isinstance(reply, dict) or not await self._some(call.caller.scope):
            return reply
        items = reply["items"] if isinstance(reply.get("items"), list) else [reply]
        found = await self.asides.of(call.caller.scope, [item["experiment_id"] for item in items if item.get("experiment_id")])
        show = shown_run if kind_of(call.op) is Kind.RUN else shown_score
        whole = []
        for item in items:
            group = str((found.get(item.get("experiment_id", "")) or {}).get("group_id") or "")
            mine = bool(group) and await self._is_one(group, call.caller.scope)
            whole.append(show(await self._held(group, call.caller.scope), item["experiment_id"], item) if mine else item)
        return {**reply, "items": whole} if isinstance(reply.get("items"), list) else whole[0]

    def noted(self, call: Call, notes: Notes) -> None:
        """Say what becomes of an experiment that is made as several."""
        body = call.body
        if call.op is not Op.CREATE_EXPERIMENT or not isinstance(body, ExperimentDefinition):
            return
        if self._repeated(body):
            notes.add(Fate.EMULATED, "", "/repetitions", "one experiment for each repetition")
        else:
            notes.add(Fate.EMULATED, "", "/examples", "a dataset and an experiment for the rows that are brought")
        if body.alias is not None:
            notes.add(Fate.LOST, "", "/alias", "what stands for several experiments goes by an id of ours")

    # Which

    def _repeated(self, body: ExperimentDefinition) -> bool:
        return not self.repeats and body.repetitions > 1

    def _open(self, body: ExperimentDefinition) -> bool:
        """Whether its caller may bring rows that no example stands for yet."""
        stated = body.form is ExperimentForm.EVALUATION and waits_for_caller(body.variants)
        return not self.grows and stated and body.examples is not None

    async def _is_one(self, reference: str | None, scope: str) -> bool:
        identity = self.ids.ids.parse(reference) if reference else None
        if identity is None or identity.space != self.ids.space or identity.kind is not Kind.EXPERIMENT:
            return False
        native = await self.ids.native({"experiment_id": reference}, None, scope)
        return str(native["experiment_id"]).startswith(_MARK)

    async def _some(self, scope: str) -> bool:
        if self.needed and scope not in self._known and await self.ids.begun(_MARK, scope):
            self._known.add(scope)
        return scope in self._known

    async def _held(self, bundle: str, scope: str) -> Held:
        kept = (await self.asides.of(scope, [bundle])).get(bundle)
        if kept is None:
            raise unknown(Kind.EXPERIMENT, bundle)
        return Held(bundle, kept)

    # Making

    async def _create(self, call: Call, body: ExperimentDefinition, perform: Perform) -> Json:
        if self._repeated(body) and body.repetitions > MOST:
            error = loss.refused(self.title, call.op, ["/repetitions"])
            error.message += f" It would take as many experiments, and {MOST} are the most."
            raise error
        if self._open(body):
            return await self._opened(call, body, perform)
        if body.examples is not None:
            return await driven(create(call), perform)
        name = body.name or f"Experiment {token_hex(4)}"
        made: list[JsonObject] = []
        try:
            for turn in range(1, body.repetitions + 1):
                one = _said(body, name=f"{name} · repetition {turn}", repetitions=1)
                made.append(await perform(replace(call, body=one)))
        except CrosswalkError as error:
            await undone(call, made, error, perform)
            raise
        return await self._begun(call, _said(body, name=name), {TURNS: True}, [one["id"] for one in made], perform)

    async def _opened(self, call: Call, body: ExperimentDefinition, perform: Perform) -> Json:
        """An experiment whose rows are to come: its dataset is made when they do."""
        await self._judged(call, body, perform)
        named = _said(body, name=body.name or f"Experiment {token_hex(4)}")
        begun = await self._begun(call, named, {POSITIONS: []}, [], perform)
        if not body.examples:
            return begun
        held = await self._held(begun["id"], call.caller.scope)
        try:
            await self._extended(call, held, list(range(len(body.examples))), body.examples, perform)
        except CrosswalkError:
            await self.asides.forget(call.caller.scope, held.id)
            raise
        return await self._whole(call, await self._held(held.id, call.caller.scope), perform)

    async def _judged(self, call: Call, body: ExperimentDefinition, perform: Perform) -> None:
        """Raises CrosswalkError where one who is to judge is not known: later it would be too late."""
        for use in body.evaluators:
            try:
                await perform(call.then(Op.GET_EVALUATOR, evaluator_id=use.evaluator))
            except CrosswalkError as error:
                if error.code not in _GONE:
                    raise
                raise loss.nobody(call.op, [use.evaluator]) from error

    async def _begun(self, call: Call, body: ExperimentDefinition, kind: JsonObject, members: list[str], perform: Perform) -> JsonObject:
        scope = call.caller.scope
        bundle = str((await self.ids.adopt({"experiment_id": f"{_MARK}{token_hex(16)}"}, None, scope))["experiment_id"])
        said = body.model_dump(mode="json", exclude_unset=True, exclude={"alias", "examples"})
        await self.asides.put(scope, bundle, {**said, **kind, MEMBERS: members, BEGUN: datetime.now(UTC).isoformat()}, anew=True)
        for member in members:
            await self.asides.put(scope, member, {"group_id": bundle}, anew=False)
        self._known.add(scope)
        return await self._whole(call, await self._held(bundle, scope), perform)

    async def _extended(self, call: Call, held: Held, places: list[int], examples: Sequence[Json], perform: Perform) -> None:
        """The bundle with a member for rows at places that had none."""
        number = len(held.members) + 1
        name = held.name if number == 1 else f"{held.name} · part {number}"
        body = ExperimentDefinition.model_validate({**held.definition, "name": name, "examples": list(examples)})
        made = await driven(create(call.then(Op.CREATE_EXPERIMENT, body)), perform)
        scope = call.caller.scope
        more = {MEMBERS: [*held.members, made["id"]], POSITIONS: [*held.positions, places]}
        await self.asides.put(scope, made["id"], {"group_id": held.id}, anew=False)
        await self.asides.put(scope, held.id, more, anew=False)

    # Reading

    async def _whole(self, call: Call, held: Held, perform: Perform) -> JsonObject:
        """The bundle as one experiment. A member that is gone at the vendor is gone from it."""
        members = await self._members(call, held, perform)
        if held.members and not members:
            raise unknown(Kind.EXPERIMENT, held.id)
        return shown(held, members)

    async def _members(self, call: Call, held: Held, perform: Perform) -> list[JsonObject]:
        """The members that are still there, oldest first."""
        return await present(call, held.members, belonging(self.asides, held.id, held.members, perform))

    async def _get(self, call: Call, held: Held, perform: Perform) -> Json:
        return await self._whole(call, held, perform)

    async def _list(self, call: Call, args: ListExperimentsArgs, perform: Perform, below: Perform) -> Json:
        """Experiments with bundles as one each, where the newest of their members stands; those without members come first."""
        empty = [] if args.dataset_id else await self._without_members(call.caller.scope)
        if unsaid(call, _NATIVELY | OWN if not empty else _NATIVELY):
            return await driven(listed(call, _NATIVELY), lambda part: self.perform(part, perform, below))
        page: JsonObject = await below(call)
        items, cursor = await self._on_page(call, page, perform), page.get("next_cursor")
        while cursor is not None:
            # A page ends where the next one has something to show.
            page = await below(replace(call, args=args.model_copy(update={"cursor": cursor})))
            more = await self._on_page(call, page, perform)
            if len(items) + len(more) > (args.limit or 0):
                break
            items, cursor = [*items, *more], page.get("next_cursor")
        return {**page, "items": [*(shown(held, []) for held in empty), *items], "next_cursor": cursor}

    async def _on_page(self, call: Call, page: JsonObject, perform: Perform) -> list[Json]:
        return [whole for item in page["items"] for whole in await self._in_place(call, item, perform)]

    async def _in_place(self, call: Call, item: JsonObject, perform: Perform) -> list[Json]:
        """What stands where one of the vendor's experiments does: itself, its bundle if it is the newest member that is there, or nothing."""
        group, scope = str(item.get("group_id") or ""), call.caller.scope
        if not await self._is_one(group, scope):
            return [item]
        held = await self._held(group, scope)
        members = await self._members(call, held, perform)
        return [shown(held, members)] if members and members[-1]["id"] == item["id"] else []

    async def _without_members(self, scope: str) -> list[Held]:
        references = [self.ids.ids.make(Kind.EXPERIMENT, number) for number in await self.ids.beginning(_MARK, scope)]
        kept = await self.asides.of(scope, references)
        return [held for reference in references if reference in kept and not (held := Held(reference, kept[reference])).members]

    async def _runs(self, call: Call, held: Held, perform: Perform) -> Json:
        """The runs of every member, the last member's first, as they were made."""
        if unsaid(call, frozenset()):
            return await driven(listed(call, frozenset()), lambda part: self.perform(part, perform, perform))
        items: list[Json] = []
        for member in reversed(held.members):
            page = await perform(of(call, member))
            items += [shown_run(held, member, run) for run in page["items"]]
        return {"items": items, "next_cursor": None}

    async def _incomplete(self, call: Call, held: Held, perform: Perform) -> Json:
        """What every member lacks, by example."""
        if unsaid(call, frozenset()):
            return await driven(listed(call, frozenset()), lambda part: self.perform(part, perform, perform))
        lacking: dict[str, JsonObject] = {}
        for member in held.members:
            for item in (await perform(of(call, member)))["items"]:
                place = lacking.setdefault(item["example"]["id"], {"example": item["example"], "repetitions": []})
                place["repetitions"].append(held.turn(member))
        items = (
            sorted(lacking.values(), key=lambda item: int(item["example"].get("position") or 0)) if held.turns else list(lacking.values())
        )
        return {"items": items, "next_cursor": None}

    async def _unscored(self, call: Call, held: Held, perform: Perform) -> Json:
        if unsaid(call, frozenset()):
            return await driven(listed(call, frozenset()), lambda part: self.perform(part, perform, perform))
        items: list[Json] = []
        for member in held.members:
            page = await perform(of(call, member))
            items += [{**item, "run": shown_run(held, member, item["run"])} for item in page["items"]]
        return {"items": items, "next_cursor": None}

    # Changing

    async def _each(self, call: Call, held: Held, perform: Perform) -> Json:
        for member in held.members:
            await perform(of(call, member))
        return await self._whole(call, held, perform)

    async def _update(self, call: Call, held: Held, perform: Perform) -> Json:
        patch = call.body
        assert isinstance(patch, ExperimentPatch)
        if patch.repetitions not in (None, held.repetitions):
            raise CrosswalkError(Code.UNSUPPORTED, f"{self.title} holds each repetition as an experiment: their number cannot be changed.")
        said = patch.model_dump(exclude_unset=True, exclude={"repetitions"})
        for number, member in enumerate(held.members, 1):
            named = {"name": held.name_of(number, str(patch.name))} if patch.name is not None else {}
            if said:
                await perform(replace(of(call, member), body=ExperimentPatch.model_validate({**said, **named})))
        told = patch.model_dump(mode="json", exclude_unset=True)
        if told.get("extensions"):
            told["extensions"] = {**(held.kept.get("extensions") or {}), **told["extensions"]}
        await self.asides.put(call.caller.scope, held.id, told, anew=False)
        return await self._whole(call, Held(held.id, {**held.kept, **told}), perform)

    async def _delete(self, call: Call, held: Held, perform: Perform) -> Json:
        await removed(call, held.members, perform)
        await self.asides.forget(call.caller.scope, held.id)
        return {"id": held.id, "count": 1}

    async def _add(self, call: Call, held: Held, perform: Perform) -> Json:
        body = call.body
        assert isinstance(body, NewRun)
        held = await self._with_rows(call, held, [body], perform)
        member, run = held.placed(body)
        made = await perform(replace(of(call, member), body=run))
        return shown_run(held, member, {**made, "example_position": run.example_position or made.get("example_position") or 0})

    async def _add_many(self, call: Call, held: Held, perform: Perform) -> Json:
        """Runs of every member in one call each; their ids in the order they came in."""
        body = call.body
        assert isinstance(body, NewRuns)
        held = await self._with_rows(call, held, body.runs, perform)
        lots: dict[str, list[tuple[int, NewRun]]] = {}
        for number, given in enumerate(body.runs):
            member, run = held.placed(given)
            lots.setdefault(member, []).append((number, run))
        ids: dict[int, str] = {}
        for member, lot in lots.items():
            added = await perform(replace(of(call, member), body=NewRuns(runs=[run for _, run in lot])))
            ids.update(zip([number for number, _ in lot], added["ids"], strict=True))
        return {"ids": [ids[number] for number in sorted(ids)], "version_id": None}

    async def _with_rows(self, call: Call, held: Held, runs: Sequence[NewRun], perform: Perform) -> Held:
        """The bundle as it is once each of these rows has its place."""
        if held.turns:
            return held
        async with self._locks.setdefault(held.id, asyncio.Lock()):
            held = await self._held(held.id, call.caller.scope)
            known = held.places()
            new = {run.example_position: run for run in runs if run.example_id is None and run.example_position not in known}
            if None in new:
                raise invalid("A run names its example by id or by position.", "example_id", type="missing")
            places = sorted(place for place in new if place is not None)
            if places:
                examples = [{"input": new[place].input, "reference": new[place].reference} for place in places]
                await self._extended(call, held, places, examples, perform)
            return await self._held(held.id, call.caller.scope)

    async def _of_a_run(self, call: Call, held: Held, perform: Perform) -> Json:
        """What concerns one run or score: the member that has it is found by asking."""
        missing: CrosswalkError | None = None
        for member in held.members:
            try:
                reply = await perform(of(call, member))
            except CrosswalkError as error:
                if error.code not in _GONE:
                    raise
                missing = error
            else:
                show = shown_run if kind_of(call.op) is Kind.RUN else shown_score
                return show(held, member, reply) if isinstance(reply, dict) and "experiment_id" in reply else reply
        raise missing or unknown(Kind.RUN, str(getattr(call.args, "run_id", "")))

    _ACTS: ClassVar[Mapping[Op, _Act]] = {
        Op.GET_EXPERIMENT: _get,
        Op.UPDATE_EXPERIMENT: _update,
        Op.DELETE_EXPERIMENT: _delete,
        Op.START_EXPERIMENT: _each,
        Op.CANCEL_EXPERIMENT: _each,
        Op.LIST_RUNS: _runs,
        Op.LIST_INCOMPLETE_RUNS: _incomplete,
        Op.LIST_INCOMPLETE_SCORES: _unscored,
        Op.ADD_RUN: _add,
        Op.ADD_RUNS: _add_many,
        Op.GET_RUN: _of_a_run,
        Op.UPDATE_RUN: _of_a_run,
        Op.PUT_SCORE: _of_a_run,
        Op.DELETE_SCORE: _of_a_run,
    }


def _said(body: ExperimentDefinition, **more: Json) -> ExperimentDefinition:
    return ExperimentDefinition.model_validate({**body.model_dump(exclude_unset=True, exclude={"alias"}), **more})
