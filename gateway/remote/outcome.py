"""What became of a write: its answer, or the record that was made although no answer tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from adapters.base import Route
from adapters.calling import route_for
from adapters.http import Request
from adapters.notes import Notes
from gateway.remote.finding import FINDERS, Trace, look, names
from gateway.remote.recipes.base import open_ended
from schemas.errors import Code, CrosswalkError
from schemas.json import Json
from schemas.operations import SPECS, Call, Op

if TYPE_CHECKING:
    from gateway.remote.account import Account
    from gateway.remote.talk import Talk
    from gateway.remote.target import RemoteTarget

PAUSES = (0.0, 1.0)
"""Seconds before each look for what a write without an answer made: the target may still be at it."""

PATIENCE = 10.0
"""Seconds that looking may take altogether: whoever asked is still waiting for an answer."""

_GONE: Mapping[Op, str] = {Op.DELETE_DATASET: "dataset_id", Op.DELETE_EXPERIMENT: "experiment_id"}
"""What takes back what was made, and the argument that names it."""


class Outcome:
    """Asks the vendor during one exchange and looks for what it does not tell; `cook` carries out an adapter's recipe for looking."""

    def __init__(self, target: RemoteTarget, account: Account, talk: Talk, cook: Callable[[Any], Awaitable[Json]]) -> None:
        self._target = target
        self._account = account
        self._talk = talk
        self._cook = cook

    async def of(self, route: Route, call: Call, request: Request, named: str | None) -> Json:
        """The vendor's reply. A record it made without saying so is looked for; one of which it tells the id alone is read.

        `named` is the id that the gateway chose for a new record, if it did. Raises CrosswalkError.
        """
        begun, key = datetime.now(UTC), str(uuid4()) if route.keyed else None
        before = await self._made_before(call)
        if before is not None:
            return before
        try:
            reply = await self._said_again(route, call, request, key)
            self._told(call, reply)
            if route.reread is None or not isinstance(reply, dict):
                return reply
            return await self._read_again(route.reread, call, reply.get("id"))
        except CrosswalkError as error:
            if not open_ended(error) or (error.code is not Code.OUTCOME_UNKNOWN and key is None and call.op not in FINDERS):
                raise
            found = await self._looked_for(route, call, request, named, begun, key)
            if found is None:
                raise
            self._told(call, found)
            return found

    async def _looked_for(self, route: Route, call: Call, request: Request, named: str | None, begun: datetime, key: str | None) -> Json:
        """What the write made; None when nothing shows it.

        It is found by the id that was chosen, by the adapter's own way of looking, or among the newest records. A vendor that carries out a write once per
        `key` is simply asked again.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                for pause in PAUSES:
                    await asyncio.sleep(pause)
                    found = await (self._look(route, call, named, begun) if key is None else self._talk.asked(route, call, request, key))
                    if found is not None:
                        return found
        except (CrosswalkError, TimeoutError):
            pass  # it cannot be asked now: nobody knows
        return None

    async def _look(self, route: Route, call: Call, named: str | None, begun: datetime) -> Json:
        if named is not None and route.reread is not None:
            return await self._found(route.reread, call, named)
        if route.find is not None:
            return await self._cook(route.find(call, self._target.scope(self._account)))
        return await self._cook(look(self._trace(call, begun))) if call.op in FINDERS else None

    async def _made_before(self, call: Call) -> Json:
        """What an earlier attempt of the same caller made, whose outcome nobody knew; None without such an attempt, or when it made nothing.

        Raises CrosswalkError (outcome_unknown) as long as that cannot be said.
        """
        since = self._account.since
        if since is None or not SPECS[call.op].creates:
            return None
        found = await self._cook(look(self._trace(call, since))) if call.op in FINDERS else None
        if found is not None:
            self._told(call, found)
            return found
        waited = datetime.now(UTC) - since > timedelta(seconds=self._target.sender.timeout)
        if not waited or call.op not in FINDERS:
            message = "It is still not known whether the first attempt, which got no answer, has been carried out: it is not made again."
            raise CrosswalkError(Code.OUTCOME_UNKNOWN, message, vendor=self._target.adapter.name)
        return None

    def _trace(self, call: Call, begun: datetime) -> Trace:
        return Trace(call, begun, lambda: self._target.sender.ahead, self._target.made)

    def _told(self, call: Call, reply: Json) -> None:
        """Notes what was made, or is gone again."""
        if call.op in _GONE:
            self._account.made.discard(getattr(call.args, _GONE[call.op]))
        elif SPECS[call.op].creates:
            made = names(reply)
            self._target.made.update(dict.fromkeys(made))
            if call.op is not Op.CREATE_DATASET_VERSION:  # a version of the same rows is the same version
                self._account.made.update(made)

    async def _said_again(self, route: Route, call: Call, request: Request, key: str | None) -> Json:
        """The reply to a request, or to the other form of it that some servers want."""
        try:
            return await self._talk.asked(route, call, request, key)
        except CrosswalkError as error:
            other = route.again(error, request) if route.again is not None else None
            if other is None:
                raise
            return await self._talk.asked(route, call, other, key)

    async def _found(self, op: Op, call: Call, named: str) -> Json:
        """The record that a create without an answer made; None when there is none."""
        try:
            return await self._read_again(op, call, named)
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return None

    async def _read_again(self, op: Op, call: Call, made: str | None) -> Json:
        """The record as its own route shows it: `made`, or the one that the call names."""
        known = call.args.model_dump(exclude_unset=True)
        fields = list(SPECS[op].args.model_fields)
        args = {name: known[name] for name in fields if name in known}
        own = next(name for name in reversed(fields) if name.endswith("_id"))
        args[own] = made or args.get(own)
        if not args[own]:
            raise CrosswalkError(Code.UPSTREAM_INVALID, "The answer does not name what was made.")
        read = call.then(op, **args)
        route = route_for(self._target.adapter, read)
        if route is None:
            raise self._target.unsupported(op)
        return await self._talk.asked(route, read, await self._talk.said(route, read, Notes()))


def with_own_id(route: Route, call: Call) -> tuple[Call, str | None]:
    """A create whose record gets an id of the gateway's choice, so that it is found when no answer comes."""
    known = getattr(call.body, "alias", None)
    if route.naming is None or call.body is None or known is not None:
        return call, known
    named = route.naming()
    return replace(call, body=call.body.model_copy(update={"alias": named})), named
