"""Canonical operations as the runner asks for them: in one caller's name, and again while they may succeed later."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from gateway.execution.models.retry import Backoff, Failure, retried
from schemas.base import Model
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Caller, Op

PAGE = 200
BUDGET = 60.0
"""Seconds for one operation with its repetitions."""

Perform = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True)
class Operations:
    """Asks a target. Whatever is asked here may be asked twice: a run has its own key, everything else says what is to be."""

    perform: Perform
    caller: Caller
    backoff: Backoff = field(default_factory=lambda: Backoff(attempts=6, first=0.2, longest=5.0))

    async def ask(self, op: Op, body: Model | None = None, /, **args: Json) -> Json:
        """The reply. Raises CrosswalkError: at once what is for good, after `BUDGET` seconds what may pass."""
        call = Call(op, SPECS[op].args(**args), body, self.caller)

        async def attempt() -> Json:
            try:
                return await self.perform(call)
            except CrosswalkError as error:
                raise Failure(error, again=error.retryable, retry_after=_whole(error.retry_after)) from error

        return await retried(attempt, self.backoff, budget=BUDGET, overrun=lambda: _late(op))

    async def items(self, op: Op, /, limit: int = PAGE, **args: Json) -> AsyncIterator[JsonObject]:
        """The items of a list, page after page of `limit`; at most a page is held."""
        cursor: str | None = None
        while True:
            page = await self.ask(op, cursor=cursor, limit=limit, **args)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if cursor is None:
                return


def _whole(seconds: float | None) -> str | None:
    return None if seconds is None else str(math.ceil(seconds))


def _late(op: Op) -> CrosswalkError:
    return CrosswalkError(Code.TIMEOUT, f"{op} gave no answer within {BUDGET:g} s.")
