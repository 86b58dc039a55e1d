"""Experiments of several variants where a vendor knows one: as many experiments, kept together by our own store as one group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar

from gateway.local.experiments import arm_name
from gateway.remote.incarnation import belonging
from gateway.remote.outbox_view import worst
from gateway.remote.recipes.base import Cooking
from gateway.remote.recipes.experiments import create
from gateway.remote.recipes.lists import listed, unsaid
from schemas.errors import Code, CrosswalkError, invalid, unknown
from schemas.experiment import Experiment, ExperimentDefinition, ExperimentPatch, Variant
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, ListExperimentsArgs, Op
from schemas.status import ExperimentStatus as Status

if TYPE_CHECKING:
    from gateway.remote.asides import Asides
    from gateway.remote.ids import ForeignIds

ARMS = "arms"
_SHARED = ("description", "form", "dataset_id", "evaluators", "pipelines", "metric", "alpha", "threshold", "project", "tags", "metadata")
_ORDER = (Status.FAILED, Status.CANCELLED, Status.COMPLETED_WITH_ERRORS, Status.COMPLETED)

Perform = Callable[[Call], Awaitable[Json]]
_Act = Callable[[Any, Call, str, JsonObject, Perform], Awaitable[Json]]


@dataclass(frozen=True)
class Groups:
    """The groups of one target. Their ids are counted in a space of their own, so that none is ever an id of the vendor's.

    `needed` is false for a vendor that knows experiments of several variants itself; `together` says which of them it takes as one.
    """

    ids: ForeignIds
    asides: Asides
    needed: bool = True
    together: Callable[[Call], bool] | None = None

    def concerns(self, call: Call) -> bool:
        """Whether a call is about a group: makes one, names one, or lists experiments with groups as one."""
        if not self.needed:
            return False
        if call.op is Op.CREATE_EXPERIMENT:
            return len(getattr(call.body, "variants", ())) > 1 and not (self.together and self.together(call))
        if isinstance(call.args, ListExperimentsArgs):
            return not call.args.flat
        return self._is_group(getattr(call.args, "experiment_id", None))

    async def perform(self, call: Call, perform: Perform) -> Json:
        """The reply, each arm being asked by `perform`. Raises CrosswalkError."""
        if call.op is Op.CREATE_EXPERIMENT:
            return await self._create(call, perform)
        if isinstance(call.args, ListExperimentsArgs):
            return await self._list(call, perform)
        group = str(getattr(call.args, "experiment_id", ""))
        held = (await self.asides.of(call.caller.scope, [group])).get(group)
        if held is None:
            raise unknown(Kind.EXPERIMENT, group)
        act = self._ACTS.get(call.op)
        if act is None:
            raise CrosswalkError(Code.UNSUPPORTED, f"Of a group, this target cannot {call.op.replace('_', ' ')}: name one of its variants.")
        return await act(self, call, group, held, belonging(self.asides, group, held[ARMS], perform))

    def _is_group(self, reference: str | None) -> bool:
        identity = self.ids.ids.parse(reference) if reference else None
        return identity is not None and identity.space == self.ids.space

    async def _create(self, call: Call, perform: Perform) -> Json:
        body, scope = call.body, call.caller.scope
        assert isinstance(body, ExperimentDefinition)
        if body.examples is not None:
            # One dataset for all arms.
            return await driven(create(call), perform)
        name = body.name or f"Experiment {token_hex(4)}"
        made: list[JsonObject] = []
        try:
            for place, variant in enumerate(body.variants, 1):
                made.append(await perform(replace(call, body=_arm(body, name, _named(variant, place)))))
        except CrosswalkError as error:
            await undone(call, made, error, perform)
            raise
        adopted = await self.ids.adopt({"experiment_id": f"group {token_hex(16)}"}, None, scope)
        group = str(adopted["experiment_id"])
        said = body.model_dump(mode="json", exclude_unset=True, include=set(_SHARED))
        variants = [_named(variant, place).name for place, variant in enumerate(body.variants, 1)]
        await self.asides.put(scope, group, {**said, "name": name, ARMS: [arm["id"] for arm in made], "names": variants}, anew=True)
        for arm in made:
            await self.asides.put(scope, arm["id"], {"group_id": group}, anew=False)
        return await self._whole(call, group, (await self.asides.of(scope, [group]))[group], perform)

    async def _whole(self, call: Call, group: str, held: JsonObject, perform: Perform) -> JsonObject:
        """The group as one experiment. An arm that is gone at the vendor is gone from the group."""
        arms = await present(call, held[ARMS], belonging(self.asides, group, held[ARMS], perform))
        if not arms:
            raise unknown(Kind.EXPERIMENT, group)
        names = dict(zip(held[ARMS], held["names"], strict=True))
        return folded(group, held, arms, names)

    async def _list(self, call: Call, perform: Perform) -> Json:
        """Groups as one each, where the newest of its arms stands."""
        args = call.args
        assert isinstance(args, ListExperimentsArgs)
        said = {name: getattr(args, name) for name in args.model_fields_set} | {"flat": True}
        page: JsonObject = await perform(replace(call, args=ListExperimentsArgs.model_validate(said)))
        seen: set[str] = set()
        items: list[Json] = []
        for item in page["items"]:
            group = item.get("group_id")
            if group is None:
                items.append(item)
            elif not self._is_group(group):
                items.extend(await self._at_vendor(call, item, group, perform))
            elif group not in seen:
                seen.add(group)
                items.extend(await self._on_page(call, item, group, perform))
        return {**page, "items": items}

    async def _at_vendor(self, call: Call, item: JsonObject, group: str, perform: Perform) -> list[Json]:
        """What stands for a record that names another as its group: itself, where that one is gone or does not have it."""
        try:
            whole = await perform(call.then(Op.GET_EXPERIMENT, experiment_id=group))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return [item]
        variants = [variant["id"] for variant in whole["variants"]]
        if item["id"] not in variants:
            return [item]
        return [whole] if variants[0] == item["id"] else []

    async def _on_page(self, call: Call, item: JsonObject, group: str, perform: Perform) -> list[Json]:
        held = (await self.asides.of(call.caller.scope, [group])).get(group)
        if held is None:
            return [item]
        whole = await self._whole(call, group, held, perform)
        # The group stands where its newest arm does; on a page that begins in its midst it has been shown already.
        return [whole] if whole["variants"][-1]["id"] == item["id"] else []

    async def _get(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        return await self._whole(call, group, held, perform)

    async def _each(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        for arm in held[ARMS]:
            await perform(of(call, arm))
        return await self._whole(call, group, held, perform)

    async def _update(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        patch = call.body
        assert isinstance(patch, ExperimentPatch)
        if patch.variants is not None:
            raise CrosswalkError(Code.UNSUPPORTED, "A group's variants cannot be changed on this target.")
        for arm, variant in zip(held[ARMS], held["names"], strict=True):
            said = patch.model_dump(exclude_unset=True)
            if patch.name is not None:
                said["name"] = arm_name(patch.name, variant)
            await perform(replace(of(call, arm), body=ExperimentPatch.model_validate(said)))
        shown = patch.model_dump(mode="json", exclude_unset=True, include={"name", *_SHARED})
        await self.asides.put(call.caller.scope, group, shown, anew=False)
        return await self._whole(call, group, {**held, **shown}, perform)

    async def _delete(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        await removed(call, held[ARMS], perform)
        await self.asides.forget(call.caller.scope, group)
        return {"id": group, "count": 1}

    async def _runs(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        """The runs of every arm, the last arm's first, as they were made."""
        if unsaid(call, frozenset()):
            return await driven(listed(call, frozenset()), lambda part: self.perform(part, perform))
        items: list[Json] = []
        for arm in reversed(held[ARMS]):
            page = await perform(of(call, arm))
            items.extend(page["items"])
        return {"items": items, "next_cursor": None}

    async def _add(self, call: Call, group: str, held: JsonObject, perform: Perform) -> Json:
        variant = getattr(call.body, "variant_id", None)
        if variant is None or variant not in held[ARMS]:
            raise invalid("A run of a group names its variant.", "variant_id")
        return await perform(of(call, variant))

    _ACTS: ClassVar[Mapping[Op, _Act]] = {
        Op.GET_EXPERIMENT: _get,
        Op.UPDATE_EXPERIMENT: _update,
        Op.DELETE_EXPERIMENT: _delete,
        Op.START_EXPERIMENT: _each,
        Op.CANCEL_EXPERIMENT: _each,
        Op.LIST_RUNS: _runs,
        Op.LIST_INCOMPLETE_RUNS: _runs,
        Op.ADD_RUN: _add,
    }


async def driven(cooking: Cooking, perform: Perform) -> Json:
    """What a recipe makes, each of whose calls is asked by `perform`. Raises CrosswalkError."""
    step: Any = next(cooking)
    try:
        while True:
            try:
                reply = await perform(step)
            except CrosswalkError as error:
                step = cooking.throw(error)
            else:
                step = cooking.send(reply)
    except StopIteration as finished:
        return finished.value


async def present(call: Call, members: Sequence[str], perform: Perform) -> list[JsonObject]:
    """Those of some experiments that are still there. Raises CrosswalkError where the vendor cannot be asked."""
    found: list[JsonObject] = []
    for member in members:
        try:
            found.append(await perform(call.then(Op.GET_EXPERIMENT, experiment_id=member)))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
    return found


async def removed(call: Call, members: Sequence[str], perform: Perform) -> None:
    """The call, which deletes, for each of some experiments; one that is gone already is none to delete."""
    for member in members:
        try:
            await perform(of(call, member))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise


async def undone(call: Call, made: list[JsonObject], error: CrosswalkError, perform: Perform) -> None:
    """Deletes what was made before one of several was refused; what cannot be deleted is named in the error."""
    left = []
    for one in made:
        try:
            await perform(call.then(Op.DELETE_EXPERIMENT, experiment_id=one["id"]))
        except CrosswalkError:
            left.append(f"{one['name']!r} ({one['id']})")
    if left:
        error.message = f"{error.message} Left behind at the target: {', '.join(left)}."


def folded(group: str, held: Mapping[str, Json], arms: list[JsonObject], names: Mapping[str, str]) -> JsonObject:
    """The arms as one experiment: counts added, the status of what is still to come or else the worst."""
    variants = [{**(arm["variants"] or [{"steps": []}])[0], "id": arm["id"], "name": names.get(arm["id"], "")} for arm in arms]
    document = {
        **arms[0],
        **{name: held[name] for name in ("name", *_SHARED) if name in held},
        "id": group,
        "group_id": None,
        "variants": variants,
        **summed(arms),
    }
    return Experiment.model_validate(document).model_dump()


def summed(arms: list[JsonObject]) -> JsonObject:
    """How several experiments stand that are one: counts added, the status of what is still to come or else the worst."""
    counts = {name: sum(arm["counts"][name] for arm in arms) for name in arms[0]["counts"]}
    counts["examples"] = max(arm["counts"]["examples"] for arm in arms)
    statuses = [Status(arm["status"]) for arm in arms]
    open_ones = [status for status in statuses if not status.terminal]
    status = open_ones[0] if open_ones else next((word for word in _ORDER if word in statuses), Status.UNKNOWN)
    return {
        "counts": counts,
        "status": status,
        "progress": sum(arm["progress"] for arm in arms) / len(arms),
        "error": next((arm["error"] for arm in arms if arm["error"]), None),
        "delivery": worst([arm["delivery"] for arm in arms if arm.get("delivery")]),
    }


def _arm(body: ExperimentDefinition, name: str, variant: Variant) -> ExperimentDefinition:
    said = body.model_dump(exclude_unset=True, exclude={"alias"})
    return ExperimentDefinition.model_validate(
        {**said, "name": arm_name(name, variant.name), "variants": [variant.model_dump(exclude_unset=True)]}
    )


def _named(variant: Variant, place: int) -> Variant:
    return variant if variant.name else variant.model_copy(update={"name": f"variant {place}"})


def of(call: Call, arm: str) -> Call:
    """The same asked of an experiment of the vendor's own."""
    said = {name: getattr(call.args, name) for name in call.args.model_fields_set}
    return replace(call, args=SPECS[call.op].args.model_validate({**said, "experiment_id": arm}))


FOLDED = frozenset({Op.SUMMARIZE, Op.HISTOGRAM, Op.COMPARE, Op.EXPORT, Op.LIST_SCORES})
"""What recipes make of a group's own runs."""
