"""One exchange with a remote target: each canonical call by the vendor's own route, or by a recipe of several."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.base import Route
from adapters.calling import route_for, routes_for, says, unshown
from adapters.notes import Notes
from gateway.remote import judging, loss
from gateway.remote.account import Account
from gateway.remote.as_it_is import current, stands
from gateway.remote.beside import beside
from gateway.remote.completion import completed
from gateway.remote.explaining import explained
from gateway.remote.failures import told_apart
from gateway.remote.groups import FOLDED
from gateway.remote.incarnation import marked
from gateway.remote.index import INDEXED, Index, asked_of
from gateway.remote.library import KEPT, LIBRARY, ORDERS
from gateway.remote.orders import ordered, undertaken
from gateway.remote.outcome import Outcome, with_own_id
from gateway.remote.owners import of_account, with_owner, with_run
from gateway.remote.recipes import NEEDS, PIECED, RECIPES
from gateway.remote.recipes.base import PAGE, Cooking, Part, Piece, Step
from gateway.remote.recipes.counts import COUNTED, counted, decided_by_counts
from gateway.remote.recipes.experiments import add_examples, latest_version
from gateway.remote.recipes.lists import beyond, heeded, inexact, listed
from gateway.remote.recipes.rows import each, standing
from gateway.remote.recipes.runs import matched
from gateway.remote.release import OlderServer
from gateway.remote.saying import brings_more, says_any
from gateway.remote.talk import AS_IT_IS, Talk
from gateway.remote.wording import Wording
from schemas.base import Model
from schemas.errors import Code, CrosswalkError
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, DatasetArgs, ListExperimentsArgs, Op
from schemas.references import kind_of

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget

_DEEPEST = 8
_MATCHED = frozenset({Op.LIST_RUNS, Op.GET_RUN, Op.UPDATE_RUN})

_BRINGS = frozenset({Op.ADD_RUN, Op.ADD_RUNS, Op.UPDATE_RUN})
"""By which a caller's runs come."""

_READ_AGAIN = {Op.UPDATE_EXPERIMENT: Op.GET_EXPERIMENT, Op.UPDATE_DATASET: Op.GET_DATASET}
"""How the record of a change is read."""

_MEMO = frozenset({Op.GET_EXPERIMENT, Op.LIST_EXAMPLES, Op.EXPORT})
"""Reads that recipes repeat within one exchange, where nothing changes in between."""


class Session:
    """Performs calls for one exchange; what the vendor's dialect could not say gathers in the account."""

    def __init__(self, target: RemoteTarget, account: Account, *, notices: bool = True) -> None:
        self._index = target.index if notices else None
        self._begin(target, account)

    def _begin(self, target: RemoteTarget, account: Account) -> None:
        self._target = target
        self._adapter = target.adapter
        self._account = account
        self._talk = Talk(target, account)
        self._wording = Wording(target, account, self._talk)
        self._outcome = Outcome(target, account, self._talk, self._cook_quietly)
        self._depth = 0
        self._beneath: list[Op] = []
        self._known: dict[str, Json] = {}
        self._under_way: list[Op] = []
        self._held: set[str] = set()
        self._counting = self._uncounted = False

    @property
    def account(self) -> Account:
        """What the exchange amounted to so far."""
        return self._account

    @property
    def outermost(self) -> bool:
        """Whether what is performed now was asked by the caller, not by a recipe."""
        return self._depth == 0

    async def perform(self, call: Call) -> Json:
        """The canonical reply, with what the outbox holds. Raises CrosswalkError."""
        try:
            return await self._perform(call)
        except OlderServer:
            if not self.outermost:
                raise
            await self._target.settle()
            self._begin(self._target, self._account)
            return await self._perform(call)
        finally:
            if SPECS[call.op].writes:
                self._known.clear()

    async def _perform(self, call: Call) -> Json:
        groups = self._target.groups
        if groups.concerns(call):
            if call.op in FOLDED:
                return await self._cook(RECIPES[call.op](call))
            grouping = not isinstance(call.args, ListExperimentsArgs)
            self._account.emulated = self._account.emulated or grouping
            return await groups.perform(call, self.perform)
        bundles = self._target.bundles
        # Of a call that takes several of the vendor's, those of its own operation are the vendor's own records.
        if call.op not in self._beneath and call.op not in self._under_way and await bundles.concerns(call):
            if call.op in FOLDED or call.op is Op.GET_SCORE:
                return await self._cook(RECIPES[call.op](call))
            self._account.emulated = self._account.emulated or not isinstance(call.args, ListExperimentsArgs)
            bundles.noted(call, self._account.notes)
            return await bundles.perform(call, self.perform, self._below)
        call = await self._target.waiting.resolved(await with_run(call, self._target.foreign))
        if call.op not in self._beneath and await self._target.waiting.concerns(call):
            return await self._target.waiting.perform(call, self.perform, self._below)
        reply = await self._one(call)
        return await bundles.presented(call, reply) if self.outermost else reply

    async def _below(self, call: Call) -> Json:
        """The reply as the vendor has it, without what stands together or waits here."""
        beneath = self._beneath
        beneath.append(call.op)
        try:
            return await self._one(call)
        finally:
            beneath.pop()

    async def _one(self, call: Call) -> Json:
        """The canonical reply about records as the vendor has them, with what the outbox holds."""
        call = await with_owner(await self._within(await current(self._target, call)), self._adapter.owners, self._target.foreign)
        if call.op in _BRINGS and not self._under_way and await self._is_judged(call):
            assert self._target.undertaker is not None
            async with self._target.undertaker.judging(call.caller.scope, getattr(call.args, "experiment_id", "")):
                return await self.direct(call)
        outbox = self._target.outbox
        if outbox is not None and call.op in outbox.operations:
            return await outbox.perform(self, call)
        if call.op is Op.LIST_EXPERIMENTS and self.outermost:
            return await self._whole_page(call)
        if (
            call.op is Op.GET_DATASET_VERSION
            and self._adapter.snapshots
            and await stands(self._target, call, getattr(call.args, "version_id", None))
        ):
            return completed(call, await self._cook(standing(call)))
        return await self.direct(call)

    async def _within(self, call: Call) -> Call:
        """The call, without the account's own project where the vendor has no words for projects."""
        project, route = getattr(call.args, "project", None), route_for(self._adapter, call)
        if call.op not in INDEXED or not project or (route is not None and "project" in says(route)):
            return call
        own = await self.perform(call.then(Op.CURRENT_PROJECT))
        return of_account(call) if own["id"] == project else call

    async def _whole_page(self, call: Call) -> Json:
        """Experiments with their counts. Where the vendor does not show them, those on the page are read one by one, and all if they decide what is on it."""
        self._counting, self._uncounted = decided_by_counts(call), False
        reply = await self.direct(call)
        if not isinstance(reply, dict):
            return reply
        items = [
            await self._read_for_counts(call, item) if self._uncounted or self._lacks_counts(item) else item for item in reply["items"]
        ]
        return {**reply, "items": items}

    def _lacks_counts(self, item: JsonObject) -> bool:
        """Whether the vendor's lists do not show how far an experiment is."""
        return any(route.uncounted(item) for route in self._adapter.asking(Op.LIST_EXPERIMENTS) if route.uncounted is not None)

    async def _read_for_counts(self, call: Call, item: JsonObject) -> JsonObject:
        """An experiment of a list by its own route; as it was listed where it is gone by now."""
        try:
            read: JsonObject = await self.perform(call.then(Op.GET_EXPERIMENT, experiment_id=item["id"]))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return item
        return read

    async def _is_judged(self, call: Call) -> bool:
        """Whether the gateway judges the runs of the experiment that a call names."""
        record = str(getattr(call.args, "experiment_id", None) or "")
        if self._adapter.judges or self._target.undertaker is None:
            return False
        kept = (await self._target.asides.of(call.caller.scope, [record])).get(record) or {}
        return bool(kept.get(judging.MARK))

    async def direct(self, call: Call) -> Json:
        """The canonical reply of the vendor alone, or of what is known of its lists. Raises CrosswalkError."""
        route = route_for(self._adapter, call)
        exact = route is not None and not inexact(route, call, self._adapter.largest_page)
        if self._index is None or call.op in self._under_way:
            return await self._answered(route, call, exact=exact)
        if call.op in INDEXED and not exact and self.outermost and (kept := await self._known_of(self._index, route, call)) is not None:
            return kept
        asked_at = self._index.notices.asking(call)
        try:
            reply = await self._answered(route, call, exact=exact)
        except CrosswalkError as error:
            await self._index.notices.failed(call, error)
            raise
        if exact or call.op not in INDEXED:
            await self._index.notices.seen(call, reply, asked_at)
        return reply

    async def _known_of(self, index: Index, route: Route | None, call: Call) -> Json | None:
        """A page of what is known of the vendor's lists. Counts that its lists do not show are not known of there, either."""
        uncounted = any(unshown(one) & COUNTED for one in self._adapter.asking(call.op))
        if self._counting and any(one.uncounted for one in self._adapter.asking(call.op)):
            return None
        if uncounted and self._counting:
            return None
        kept = await index.page(self, call, *asked_of(route, call))
        if kept is not None:
            self._account.emulated, self._uncounted = True, self._uncounted or uncounted
        return kept

    async def _answered(self, route: Route | None, call: Call, *, exact: bool) -> Json:
        """The vendor's reply: by its own route, by walking its list, or by a recipe."""
        if route is not None and not beyond(route, call) and (call.op in self._under_way or not brings_more(route, call)):
            if not exact:
                return await self._cook(listed(call, says(route) & heeded(route, call), self._adapter.largest_page))
            return await (self._by_way(route, call) if route.way and call.op not in self._under_way else self._natively(route, call))
        return await self._supplied(route, call)

    async def _supplied(self, route: Route | None, call: Call) -> Json:
        """What the vendor has no call for: from our own store, by our own executor, or by a recipe."""
        recipe = self._target.instead(call.op) or RECIPES.get(call.op)
        if call.op in LIBRARY and route is None:
            self._account.emulated = True
            return await self._target.local(replace(call, caller=self._target.own(call.caller)))
        if call.op in ORDERS and route is None and self._target.undertaker is not None and self._adapter.stores:
            self._account.emulated = True
            return await ordered(self._target, call, self.perform, self._target.undertaker)
        if call.op in KEPT and route is None and self._target.support(call.op) == "emulated":
            return await self._kept(call)
        if recipe is None or self._target.support(call.op) == "unsupported":
            raise self._target.unsupported(call.op)
        if call.op in PIECED and route_for(self._adapter, call, piece=True) is not None:
            return await self._cook(PIECED[call.op](call))
        if call.op is Op.ADD_EXAMPLES and route is not None:
            return await self._cook(add_examples(call, one_by_one=True))
        reply = await self._cook(recipe(call))
        if call.op is not Op.LIST_RUNS:
            return reply
        return completed(call, await self._target.foreign.adopt(reply, Kind.RUN, call.caller.scope))

    async def _by_way(self, route: Route, call: Call) -> Json:
        """A call that takes several of the vendor's. Calls of the same `serial` argument wait for one another."""
        assert route.way is not None
        async with self._alone(route, call):
            self._under_way.append(call.op)
            try:
                reply = await self._cook_quietly(route.way(call, self._target.scope(self._account)))
            finally:
                self._under_way.pop()
        return completed(call, await self._talk.adopted(call, reply))

    @asynccontextmanager
    async def _alone(self, route: Route, call: Call) -> AsyncIterator[None]:
        value = getattr(call.args, route.serial, None) or getattr(call.body, route.serial, None) if route.serial else None
        key = f"{route.serial} {value}"
        if value is None or key in self._held:
            yield
            return
        async with self._target.lock(key):
            self._held.add(key)
            try:
                yield
            finally:
                self._held.discard(key)

    async def _natively(self, route: Route, call: Call) -> Json:
        """By the vendor's own route. One that the vendor turns out not to have, or that need not know every record, is followed by the next."""
        routes = routes_for(self._adapter, call)
        missing: CrosswalkError | None = None
        for one in routes[routes.index(route) :]:
            try:
                return await self._native(one, call)
            except CrosswalkError as error:
                if error.code is not Code.NO_ROUTE and not (one.passes and one.passes(error)):
                    raise
                missing = error if missing is None or missing.code is Code.NO_ROUTE else missing
        if missing is not None and missing.code is not Code.NO_ROUTE:
            raise missing
        if call.op in RECIPES and call.op not in NEEDS.get(call.op, ()):
            return await self._cook(RECIPES[call.op](call))
        raise self._target.unsupported(call.op)

    async def _kept(self, call: Call) -> Json:
        """A change that the vendor has no call for, kept beside the record as it reads."""
        self._account.emulated = True
        fields = self._wording.kept(call)
        names = [name for name in SPECS[KEPT[call.op]].args.model_fields if getattr(call.args, name, None) is not None]
        document = await self.perform(call.then(KEPT[call.op], **{name: getattr(call.args, name) for name in names}))
        return await beside(self._target.asides, call, document, fields)

    async def cook(self, cooking: Cooking) -> Json:
        """What a recipe makes, whose calls are performed here."""
        return await self._cook(cooking)

    async def _cook(self, cooking: Cooking) -> Json:
        """Carry out a recipe. It may use others, down to a depth that no honest one needs."""
        self._account.emulated = True
        if self._depth >= _DEEPEST:
            raise CrosswalkError(Code.UNSUPPORTED, f"{self._adapter.title} cannot answer this.", vendor=self._adapter.name)
        self._depth += 1
        try:
            step = next(cooking)
            while True:
                try:
                    reply = await self._step(step)
                except CrosswalkError as error:
                    step = cooking.throw(error)
                else:
                    step = cooking.send(reply)
        except StopIteration as finished:
            return finished.value
        finally:
            self._depth -= 1

    async def _step(self, step: Step) -> Json:
        if isinstance(step, Part):
            return await self._part(step)
        call = step.call if isinstance(step, Piece) else step
        key = f"{type(step).__name__} {call.op} {call.args.model_dump_json()}" if call.op in _MEMO else ""
        if key in self._known:
            return self._known[key]
        try:
            reply = await (self.piece(call) if isinstance(step, Piece) else self.perform(call))
        finally:
            if SPECS[call.op].writes:
                self._known.clear()
        if key:
            self._known[key] = reply
        return reply

    async def _part(self, part: Part) -> dict[str, JsonObject]:
        """Some records of a whole; what recipes of recipes read is remembered for the exchange as it is."""

        async def whole() -> dict[str, JsonObject]:
            items = (await self._step(part.step))["items"]
            return {part.key(item): {**item, "position": item.get("position") or place} for place, item in enumerate(items)}

        if self._index is not None and self._depth == 1:
            return await self._index.sheets.rows(self, part, whole)
        found = await whole()
        return {key: found[key] for key in part.keys if key in found}

    async def piece(self, call: Call) -> Json:
        """What gives a part of the reply; without it, nothing is there."""
        route = route_for(self._adapter, call, piece=True)
        if route is None:
            return {"items": []}
        if SPECS[call.op].writes and call.body is not None:
            return await self._portions(route, call, call.body)
        reply = await self._talk.asked(route, call, await self._talk.said(route, call, Notes()))
        return loss.unpacked(reply, self._adapter.slots, None) if "items" not in reply else self._whole(reply, Kind.RUN)

    async def _portions(self, route: Route, call: Call, body: Model) -> Json:
        """A write of many things, in portions that the vendor takes."""
        for portion in each(body, route.most or PAGE):
            part, request, _ = await self._wording.encoded(route, replace(call, body=portion))
            await self._talk.asked(route, part, request)
        return {}

    async def _native(self, route: Route, call: Call) -> Json:
        call, named = with_own_id(route, call)
        undertaker = self._target.undertaker if self._wording.runs(call) else None
        token = undertaker.token() if undertaker is not None else None
        call, request, kept = await self._wording.encoded(route, call, token)
        try:
            if route.needs and not says_any(request, route.needs):
                reply = await self._talk.read_raw(_READ_AGAIN[call.op], call)
            elif undertaker is not None and token is not None:
                async with undertaker.intending(call.caller.scope, getattr(call.body, "dataset_id", None) or "", token):
                    reply = await self._outcome.of(route, call, request, named)
            else:
                reply = await self._outcome.of(route, call, request, named)
            reply = await told_apart(self._target, call, reply)
            document = await self._completed(call, await self._counted(route, call, reply))
        except CrosswalkError as error:
            error.vendor = error.vendor or self._adapter.name
            raise await explained(self._talk, call, error) from None
        document = await beside(self._target.asides, call, document, kept, self._talk.meant(route, request) if kept else None)
        if self._wording.judges(call):
            mark = marked(self._target.asides.telling, Kind.EXPERIMENT, document)
            await self._target.asides.put(call.caller.scope, document["id"], {judging.MARK: True, **mark}, anew=False)
        if undertaker is not None:
            await undertaken(self._target, undertaker, call, document, token)
        return document

    async def _counted(self, route: Route, call: Call, reply: Json) -> Json:
        """The reply with the counts that the vendor's version does not show, where somebody is going to look at them."""
        missing = unshown(route) & COUNTED
        if self._counting and route.uncounted is not None and isinstance(reply, dict):
            items = [await self._read_for_counts(call, item) if route.uncounted(item) else item for item in reply["items"]]
            return {**reply, "items": items}
        if not missing or not isinstance(reply, dict):
            return reply
        if not (self._counting or self.outermost or SPECS[call.op].creates):
            self._uncounted = True
            return reply
        return await self._cook(counted(call, reply, fresh=SPECS[call.op].creates))

    async def _completed(self, call: Call, reply: Json) -> Json:
        """The whole document: with what is ours from its metadata, and with what the vendor says elsewhere."""
        kind = kind_of(call.op)
        if isinstance(reply, dict) and call.op is Op.CREATE_DATASET and "name" not in reply and reply.get("id"):
            read = Call(Op.GET_DATASET, DatasetArgs(dataset_id=reply["id"]), None, call.caller)
            reply = {**await self.perform(read), **reply}
        if kind is Kind.RUN and call.op in _MATCHED and call.op not in self._under_way and self._target.outbox is None:
            reply = await self._cook_quietly(matched(call, reply))
        document = completed(call, self._whole(reply, kind))
        whole = SPECS[call.op].item is None and call.op not in self._under_way
        if kind is Kind.DATASET and whole and isinstance(document, dict) and document.get("version_id") == "":
            document["version_id"] = await self._version(call, document["id"])
        return document

    async def _version(self, call: Call, dataset_id: str) -> str:
        """The latest version of a dataset. Where there are none, one id stands for the dataset as it is."""
        if self._target.support(Op.LIST_DATASET_VERSIONS) == "native":
            return str(await self._cook_quietly(latest_version(call, dataset_id)))
        standing = {"version_id": f"{AS_IT_IS}{dataset_id}"}
        return str((await self._target.foreign.adopt(standing, None, call.caller.scope))["version_id"])

    async def _cook_quietly(self, cooking: Any) -> Json:
        emulated = self._account.emulated
        try:
            return await self._cook(cooking)
        finally:
            self._account.emulated = emulated

    def _whole(self, reply: Json, kind: Kind | None) -> Json:
        if isinstance(reply, dict) and isinstance(reply.get("items"), list):
            return {**reply, "items": [loss.unpacked(item, self._adapter.slots, kind) for item in reply["items"]]}
        return loss.unpacked(reply, self._adapter.slots, kind)
