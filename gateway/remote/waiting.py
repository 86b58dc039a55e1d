"""Runs that wait for their output, where a vendor knows only those that have it: they have places of their own here until it comes, and keep their ids then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gateway.remote.asides import ANNOUNCED
from gateway.remote.groups import driven
from gateway.remote.recipes import RECIPES
from gateway.remote.recipes.lists import listed, unsaid
from gateway.remote.recipes.runs import examples_of
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, AddRunArgs, Call, ListRunsArgs, Op
from schemas.run import NewRun, NewRuns, Run, RunPatch
from schemas.status import RunStatus

if TYPE_CHECKING:
    from gateway.remote.asides import Asides
    from gateway.remote.ids import ForeignIds

_RUN, _PLACE = "run", "place"
_BRINGS = frozenset({Op.ADD_RUN, Op.ADD_RUNS})
_PATCHED = frozenset(RunPatch.model_fields) - {"status", "extensions"}

Perform = Callable[[Call], Awaitable[Json]]
_Act = Callable[[Any, Call, Perform, Perform], Awaitable[Json]]


class Place(NamedTuple):
    """Where a run belongs. `token` tells one experiment from a later one that got its id."""

    experiment: str
    example: str
    repetition: int
    token: str

    @property
    def text(self) -> str:
        """What its id stands for."""
        return "/".join(map(str, self))


@dataclass(frozen=True)
class Waiting:
    """The places of one target, whose ids are counted in a space of their own. `needed` is false for a vendor that knows runs that wait."""

    ids: ForeignIds
    asides: Asides
    title: str
    needed: bool = False

    async def concerns(self, call: Call) -> bool:
        """Whether a call makes places, names one, or is about the runs of an experiment that has some."""
        if not self.needed:
            return False
        if call.op in _BRINGS and any(run.status is RunStatus.WAITING for run in _runs(call)):
            return True
        if self._is_place(getattr(call.args, "run_id", None)):
            return True
        return call.op in (*_BRINGS, Op.LIST_RUNS) and await self._token(call, _experiment(call)) is not None

    async def resolved(self, call: Call) -> Call:
        """The call with the place of the run that it names without its experiment."""
        run = getattr(call.args, "run_id", None)
        if not self.needed or not run or getattr(call.args, "experiment_id", None) or self._is_place(run):
            return call
        kept = (await self.asides.of(call.caller.scope, [run])).get(run) or {}
        return _with(call, run_id=kept[_PLACE]) if kept.get(_PLACE) else call

    async def perform(self, call: Call, perform: Perform, below: Perform) -> Json:
        """The reply, other calls being asked by `perform`, and the vendor's own runs by `below`. Raises CrosswalkError."""
        act = self._ACTS.get(call.op)
        if act is None:
            raise CrosswalkError(Code.UNSUPPORTED, f"{self.title} cannot {call.op.replace('_', ' ')} of a run that was waited for.")
        return await act(self, call, perform, below)

    # Places

    def _is_place(self, reference: str | None) -> bool:
        identity = self.ids.ids.parse(reference) if reference else None
        return identity is not None and identity.space == self.ids.space

    async def _place(self, call: Call) -> Place:
        reference = str(getattr(call.args, "run_id", ""))
        text = str((await self.ids.native({"run_id": reference}, None, call.caller.scope))["run_id"])
        experiment, _, rest = text.partition("/")
        named = getattr(call.args, "experiment_id", None)
        if not rest or named not in (None, experiment):
            raise unknown(Kind.RUN, reference)
        example, repetition, token = rest.split("/")
        if await self._token(call, experiment) != token:
            raise unknown(Kind.RUN, reference)
        return Place(experiment, example, int(repetition), token)

    async def _named(self, scope: str, places: Sequence[Place]) -> list[str]:
        records = await self.ids.adopt([{"id": place.text} for place in places], Kind.RUN, scope)
        return [str(record["id"]) for record in records]

    async def _token(self, call: Call, experiment: str) -> str | None:
        kept = (await self.asides.of(call.caller.scope, [experiment])).get(experiment) or {}
        return kept.get(ANNOUNCED)

    async def _announced(self, call: Call, experiment: str) -> str:
        token = await self._token(call, experiment)
        if token is None:
            token = token_hex(6)
            await self.asides.put(call.caller.scope, experiment, {ANNOUNCED: token}, anew=False)
        return token

    async def _recorded(self, call: Call, place: Place, named: str, below: Perform) -> str | None:
        """The vendor's run of a place, None while it waits."""
        kept = (await self.asides.of(call.caller.scope, [named])).get(named) or {}
        if kept.get(_RUN):
            return str(kept[_RUN])
        # Recorded a moment ago, or just before a crash: the vendor knows.
        page = await below(call.then(Op.LIST_RUNS, experiment_id=place.experiment, scores=False))
        for run in page["items"]:
            if (run["example_id"], run["repetition"]) == (place.example, place.repetition):
                await self._bound(call.caller.scope, named, run["id"])
                return str(run["id"])
        return None

    async def _bound(self, scope: str, named: str, run: str) -> None:
        await self.asides.put(scope, named, {_RUN: run}, anew=False)
        await self.asides.put(scope, run, {_PLACE: named}, anew=False)

    # Bringing

    async def _add_many(self, call: Call, perform: Perform, below: Perform) -> Json:
        """Places for those that wait; the others one by one."""
        experiment, ids = _experiment(call), []
        token = await self._announced(call, experiment)
        examples = await driven(examples_of(call, experiment), perform)
        for run in _runs(call):
            if run.status is RunStatus.WAITING:
                place = Place(experiment, _example(run, examples), run.repetition, token)
                ids += await self._named(call.caller.scope, [place])
            else:
                ids.append((await perform(Call(Op.ADD_RUN, call.args, run, call.caller)))["id"])
        return {"ids": ids, "version_id": None}

    async def _add(self, call: Call, perform: Perform, below: Perform) -> Json:
        (body,) = _runs(call)
        if body.status is RunStatus.WAITING:
            (made,) = (await self._add_many(replace(call, op=Op.ADD_RUNS, body=NewRuns(runs=[body])), perform, below))["ids"]
            return await self._one(call.then(Op.GET_RUN, run_id=made), perform, below)
        token = await self._announced(call, _experiment(call))
        run = await below(call)
        place = Place(_experiment(call), run["example_id"], run["repetition"], token)
        (named,) = await self._named(call.caller.scope, [place])
        await self._bound(call.caller.scope, named, run["id"])
        return _as(named, run)

    async def _complete(self, call: Call, perform: Perform, below: Perform) -> Json:
        """The output that was waited for makes a run of the place. One that has succeeded stays as it is."""
        place, patch = await self._place(call), call.body
        assert isinstance(patch, RunPatch)
        said = patch.model_dump(exclude_unset=True, include=set(_PATCHED))
        if patch.status is RunStatus.WAITING or not ({"output", "error"} & said.keys() or patch.status is not None):
            raise CrosswalkError(Code.UNSUPPORTED, f"{self.title} takes a run once it has its output, and nothing of it before.")
        status = {} if patch.status is None else {"status": patch.status}
        body = NewRun.model_validate({**said, **status, "example_id": place.example, "repetition": place.repetition})
        args = AddRunArgs(experiment_id=place.experiment)
        await perform(Call(Op.ADD_RUN, args, body, call.caller))
        return await self._one(call, perform, below)

    async def _score(self, call: Call, perform: Perform, below: Perform) -> Json:
        place, named = await self._place(call), str(getattr(call.args, "run_id", ""))
        run = await self._recorded(call, place, named, below)
        if run is None:
            raise CrosswalkError(Code.CONFLICT, "The run still waits for its output.", Reason.BUSY, Kind.RUN, named)
        score = await below(_with(call, run_id=run, experiment_id=place.experiment))
        return {**score, "run_id": named}

    # Reading

    async def _runs(self, call: Call, perform: Perform, below: Perform) -> Json:
        """The vendor's runs by their places, and those that are still waited for; the last example first."""
        args = call.args
        assert isinstance(args, ListRunsArgs)
        if unsaid(call, frozenset({"waiting"})):
            return await driven(listed(call, frozenset({"waiting"})), lambda part: self._runs(part, perform, below))
        scope, token = call.caller.scope, str(await self._token(call, args.experiment_id))
        experiment = await perform(call.then(Op.GET_EXPERIMENT, experiment_id=args.experiment_id))
        examples: JsonObject = await driven(examples_of(call, args.experiment_id), perform)
        theirs = {(run["example_id"], run["repetition"]): run for run in (await below(_with(call, waiting=True)))["items"]}
        turns = range(1, experiment["repetitions"] + 1)
        wanted = [(example, turn) for example in examples for turn in turns] if args.waiting else []
        keys = list(dict.fromkeys([*wanted, *theirs]))
        names = await self._named(scope, [Place(args.experiment_id, example, turn, token) for example, turn in keys])
        items = [
            _as(name, theirs[key]) if key in theirs else _waits(name, experiment, examples[key[0]], key[1])
            for key, name in zip(keys, names, strict=True)
        ]
        items.sort(key=lambda run: (run["example_position"], run["repetition"]), reverse=True)
        return {"items": items, "next_cursor": None}

    async def _one(self, call: Call, perform: Perform, below: Perform) -> Json:
        place, wanted = await self._place(call), str(getattr(call.args, "run_id", ""))
        page = await perform(call.then(Op.LIST_RUNS, experiment_id=place.experiment))
        for run in page["items"]:
            if run["id"] == wanted:
                return run
        raise unknown(Kind.RUN, wanted)

    async def _scores(self, call: Call, perform: Perform, below: Perform) -> Json:
        return await driven(RECIPES[call.op](call), perform)

    _ACTS: ClassVar[Mapping[Op, _Act]] = {
        Op.ADD_RUN: _add,
        Op.ADD_RUNS: _add_many,
        Op.UPDATE_RUN: _complete,
        Op.GET_RUN: _one,
        Op.LIST_RUNS: _runs,
        Op.PUT_SCORE: _score,
        Op.LIST_SCORES: _scores,
        Op.GET_SCORE: _scores,
    }


def _runs(call: Call) -> list[NewRun]:
    if isinstance(call.body, NewRuns):
        return call.body.runs
    return [call.body] if isinstance(call.body, NewRun) else []


def _experiment(call: Call) -> str:
    return str(getattr(call.args, "experiment_id", None) or "")


def _with(call: Call, **args: Json) -> Call:
    said = {name: getattr(call.args, name) for name in call.args.model_fields_set}
    return replace(call, args=SPECS[call.op].args.model_validate({**said, **args}))


def _example(run: NewRun, examples: Mapping[str, JsonObject]) -> str:
    for name, example in examples.items():
        if run.example_id in (name, example.get("alias")) or (run.example_id is None and example["position"] == run.example_position):
            return name
    raise unknown(Kind.EXAMPLE, run.example_id or str(run.example_position))


def _as(place: str, run: JsonObject) -> JsonObject:
    """A run of the vendor's under the id of its place."""
    return {**run, "id": place, "scores": [{**score, "run_id": place} for score in run.get("scores") or ()]}


def _waits(place: str, experiment: JsonObject, example: JsonObject, turn: int) -> JsonObject:
    known = {name: example.get(name) for name in ("input", "reference")}
    run = {
        "id": place,
        "experiment_id": experiment["id"],
        "variant_id": experiment["id"],
        "example_id": example["id"],
        "example_position": example["position"],
        "repetition": turn,
        "status": RunStatus.WAITING,
        "created_at": experiment["created_at"],
        "updated_at": experiment["created_at"],
    }
    return Run.model_validate({**run, **known}).model_dump()
