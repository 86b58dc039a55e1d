"""What became of a write: its answer, or the record that was made although no answer tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.base import Route
from adapters.calling import route_for
from adapters.http import Request
from adapters.notes import Notes
from schemas.errors import Code, CrosswalkError
from schemas.json import Json
from schemas.operations import SPECS, Call, Op

if TYPE_CHECKING:
    from gateway.remote.account import Account
    from gateway.remote.talk import Talk
    from gateway.remote.target import RemoteTarget


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
        try:
            reply = await self._said_again(route, call, request)
            if route.reread is None or not isinstance(reply, dict):
                return reply
            return await self._read_again(route.reread, call, reply.get("id"))
        except CrosswalkError as error:
            if error.code is Code.OUTCOME_UNKNOWN and named is not None and route.reread is not None:
                return await self._found(route.reread, call, named, error)
            if route.find is None or error.code is not Code.OUTCOME_UNKNOWN:
                raise
            found = await self._cook(route.find(call, self._target.scope(self._account)))
            if found is None:
                raise
            return found

    async def _said_again(self, route: Route, call: Call, request: Request) -> Json:
        """The reply to a request, or to the other form of it that some servers want."""
        try:
            return await self._talk.asked(route, call, request)
        except CrosswalkError as error:
            other = route.again(error, request) if route.again is not None else None
            if other is None:
                raise
            return await self._talk.asked(route, call, other)

    async def _found(self, op: Op, call: Call, named: str, error: CrosswalkError) -> Json:
        """The record that a create without an answer made. Raises `error` when there is none."""
        try:
            return await self._read_again(op, call, named)
        except CrosswalkError:
            raise error from None

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
