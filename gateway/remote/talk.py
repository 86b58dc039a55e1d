"""One call said to the vendor and its answer heard: the vendor's words and ids outside, ours inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.base import Adapter, Route
from adapters.body import read_json
from adapters.calling import ACCOUNT, decode_reply, encode_call, routes_for
from adapters.http import Request
from adapters.mapping import Shape
from adapters.notes import Fate, Notes
from adapters.scope import Scope
from gateway.remote.account import Account
from gateway.remote.recipes.runs import score_key, with_score_ids
from gateway.remote.release import OlderServer
from schemas.base import Model
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Op
from schemas.references import kind_of

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget

AS_IT_IS = "as it is: "
"""Begins what is kept as the vendor's own id of a version that the vendor does not have: the dataset as it is whenever it is asked for."""

_OF_A_VERSION: Mapping[Kind | None, tuple[str, str]] = {
    Kind.DATASET: ("id", "version_id"),
    Kind.EXPERIMENT: ("dataset_id", "dataset_version_id"),
}
"""Records that belong to a version of a dataset: where they name the dataset, and where the version."""

_ADDED = {Op.ADD_RUNS: Kind.RUN, Op.ADD_EXAMPLES: Kind.EXAMPLE}
"""What the `ids` of a reply name."""


class Talk:
    """Talks to one target during one exchange; what could not be said or heard exactly goes into the account."""

    def __init__(self, target: RemoteTarget, account: Account) -> None:
        self._target = target
        self._adapter = target.adapter
        self._account = account

    async def read_raw(self, op: Op, call: Call) -> Json:
        """The record a call names, read by `op` as the vendor has it, with nothing of ours added; empty when no route reads it."""
        names = SPECS[op].args.model_fields
        named = {name: value for name, value in call.args.model_dump(exclude_unset=True).items() if name in names}
        read = Call(op, SPECS[op].args.model_validate(named), None, call.caller)
        for route in routes_for(self._adapter, read):
            try:
                return await self.asked(route, read, await self.said(route, read, Notes()))
            except CrosswalkError as error:
                if error.code is not Code.NO_ROUTE and not (route.passes and route.passes(error)):
                    raise
        return {}

    async def said(self, route: Route, call: Call, notes: Notes) -> Request:
        """The vendor's request for a call. Raises CrosswalkError (not_found) for an id that cannot be one of this target's."""
        scope = replace(self._target.scope(self._account), notes=notes)
        if route.account:
            scope.defaults = {**scope.defaults, ACCOUNT: await self._target.account_project()}
        try:
            return encode_call(self._adapter, route, await self._in_native_ids(call), scope)
        except CrosswalkError as error:
            if error.reason in (Reason.MALFORMED_ID, Reason.WRONG_KIND) and error.kind is not None:
                # What cannot be an id of this target names nothing in it.
                raise unknown(error.kind, error.reference or "") from None
            raise

    def meant(self, route: Route, request: Request) -> JsonObject:
        """The canonical record that a request tells the vendor, as far as its body says it."""
        if not isinstance(route.request, Shape) or not request.body:
            return {}
        scope = Scope(self._target.ids, self._adapter.name, self._target.options, defaults=self._target.defaults)
        return route.request.decode(read_json(request.body), scope)

    async def _in_native_ids(self, call: Call) -> Call:
        own, owner = kind_of(call.op), call.caller.scope
        args = await self._target.foreign.native(call.args.model_dump(exclude_unset=True), None, owner)
        body: Model | None = call.body
        if body is not None:
            # The codecs of numbered ids read canonical ones, so a body whose ids all are is the same afterwards.
            document = body.model_dump(exclude_unset=True)
            native = await self._target.foreign.native(document, own, owner)
            body = body if native == document else type(body).model_validate(native)
        return replace(call, args=SPECS[call.op].args.model_validate(args), body=body)

    async def asked(self, route: Route, call: Call, request: Request, key: str | None = None) -> Json:
        """The canonical reply in the vendor's answer, with our ids. `key` names a write that the vendor carries out once. Raises CrosswalkError."""
        reads = not SPECS[call.op].writes
        answer = await self._target.sender.ask(request, self._account, reads=reads, key=key, repeatable=True if key else None)
        if reads and self._target.release is not None and self._target.release.overtaken:
            raise OlderServer(
                Code.UPSTREAM_UNAVAILABLE, "The server has gone back to an older version: ask again.", vendor=self._adapter.name
            )
        scope = Scope(self._target.ids, self._adapter.name, self._target.options, defaults=self._target.defaults)
        try:
            reply = decode_reply(route, answer, scope)
        except CrosswalkError as error:
            error.vendor = self._adapter.name
            self._target.sender.distrust()
            raise
        for note in scope.notes.of(Fate.COERCED):
            self._account.notes.add(note.fate, note.wire, note.canonical, note.reason)
        reply = route.identified(call, reply) if route.identified else self._keyed(call, reply)
        return await self.adopted(call, reply)

    async def adopted(self, call: Call, reply: Json) -> Json:
        """The reply with our ids for the vendor's."""
        foreign, scope, kind = self._target.foreign, call.caller.scope, kind_of(call.op)
        if call.op in _ADDED and isinstance(reply, dict):
            records = await foreign.adopt([{"id": one} for one in reply.get("ids") or ()], _ADDED[call.op], scope)
            reply = {**reply, "ids": [record["id"] for record in records]}
        adopted = await foreign.adopt(reply, kind, scope)
        if (kind in _OF_A_VERSION and not _has_versions(self._adapter)) or (kind is Kind.DATASET and self._adapter.snapshots):
            adopted = await foreign.adopt(_versioned(adopted, *_OF_A_VERSION[kind]), kind, scope)
        if kind is not Kind.RUN or Kind.SCORE in self._adapter.unlisted or self._target.outbox is not None:
            return adopted
        return await foreign.adopt(with_score_ids(adopted), kind, scope)

    def _keyed(self, call: Call, reply: Json) -> Json:
        """Records whose ids the vendor never lists are known by what they belong to: a score by its run and its evaluator."""
        if Kind.SCORE not in self._adapter.unlisted or not isinstance(reply, dict):
            return reply
        if call.op is Op.PUT_SCORE:
            return {**reply, "id": score_key(getattr(call.args, "run_id", ""), getattr(call.body, "evaluator", ""))}
        return reply


def _has_versions(adapter: Adapter) -> bool:
    return bool(adapter.asking(Op.LIST_DATASET_VERSIONS))


def _versioned(reply: Json, source: str, field: str) -> Json:
    """Datasets, and experiments on them, with what stands for the dataset as it is."""
    if not isinstance(reply, dict):
        return reply
    if isinstance(reply.get("items"), list):
        return {**reply, "items": [_versioned(item, source, field) for item in reply["items"]]}
    return {field: f"{AS_IT_IS}{reply[source]}", **reply} if reply.get(source) else reply
