"""Creates that come again: under an `Idempotency-Key` every repetition is given the first answer; without one, whoever was left without an answer meets
his first attempt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from math import ceil

from adapters.http import Request, Response
from gateway.store import Store, idempotency
from gateway.store.idempotency import Fresh, InProgress, Replay
from schemas.errors import Code, CrosswalkError, Reason

HEADER = "idempotency-key"
_LONGEST = 255
_CONTENT_TYPE = "content-type"


@dataclass
class Attempt:
    """A create under way. `gone` says whether whoever sent it has hung up, `doubt` whether its outcome is unknown; `since` is when its first attempt began."""

    gone: Callable[[], bool]
    since: datetime | None = None
    doubt: Callable[[], bool] = lambda: False
    others: "list[Attempt]" = field(default_factory=list)
    answer: "asyncio.Future[Response]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def unheard(self) -> bool:
        """Whether nobody is there any more to be given the answer: neither who sent it first nor `others` who repeated it."""
        return self.gone() and all(other.gone() for other in self.others)


Perform = Callable[[], Awaitable[Response]]
Key = tuple[str, str, str, str]
"""Scope, target, route, and which request of whom."""


class FirstAttempts:
    """The creates of one process, and in the store those of the last ten minutes that left their callers without an answer.

    The same request of the same caller is not performed a second time while the first attempt goes on unheard, and is given the answer that came too late.
    Where nobody knows the outcome, `Attempt.since` tells the performer to look first.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._under_way: dict[Key, Attempt] = {}

    async def answer(
        self, place: tuple[str, str, str], who: str, request: Request, attempt: Attempt, perform: Perform
    ) -> tuple[Response, bool]:
        """The answer, and whether it is that of an earlier attempt."""
        key = (*place, f"\n{who}\n{_fingerprint(request)}")
        first = self._under_way.get(key)
        if first is not None and first.gone():
            first.others.append(attempt)
            await asyncio.wait([first.answer])
            if not first.answer.cancelled():
                return first.answer.result(), True
        left = await self._store.read(idempotency.open_since, *key)
        if isinstance(left, Replay):
            await self._store.write(idempotency.settle, *key)
            return _replayed(left), True
        attempt.since = left
        self._under_way[key] = attempt
        try:
            return await self._performed(key, attempt, perform), False
        finally:
            if self._under_way.get(key) is attempt:
                del self._under_way[key]
            if not attempt.answer.done():
                attempt.answer.cancel()

    async def _performed(self, key: Key, attempt: Attempt, perform: Perform) -> Response:
        begun = attempt.since or datetime.now(UTC)
        try:
            response = await perform()
        except asyncio.CancelledError:
            await asyncio.shield(self._store.write(idempotency.leave, *key, begun))
            raise
        attempt.answer.set_result(response)
        if attempt.doubt():
            await self._store.write(idempotency.leave, *key, begun)
        elif response.status < 300 and attempt.unheard:
            await self._store.write(idempotency.leave, *key, begun, (response.status, _headers(response), response.body))
        elif attempt.since is not None and response.status < 300:
            await self._store.write(idempotency.settle, *key)
        return response


async def once(
    store: Store, place: tuple[str, str, str], request: Request, perform: Callable[[], Awaitable[Response]]
) -> tuple[Response, bool]:
    """The answer to a create, and whether it is a replay. `place` is (scope, target, route): keys of different places are different keys.

    Only a success is kept: a refused request may be corrected and sent again under its key. Raises CrosswalkError: INVALID_REQUEST for a key that was
    used with another body or is too long, CONFLICT while the first attempt is under way.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return await perform(), False
    if len(key) > _LONGEST:
        raise CrosswalkError(Code.INVALID_REQUEST, f"The Idempotency-Key is longer than {_LONGEST} characters.")
    outcome = await store.write(idempotency.begin, *place, key, _fingerprint(request))
    if isinstance(outcome, Replay):
        return _replayed(outcome), True
    if isinstance(outcome, InProgress):
        wait = float(min(ceil(outcome.seconds), 5))
        raise CrosswalkError(Code.CONFLICT, "The first request with this Idempotency-Key is not done yet.", Reason.BUSY, retry_after=wait)
    if not isinstance(outcome, Fresh):
        raise CrosswalkError(Code.INVALID_REQUEST, "This Idempotency-Key was used with another request.", Reason.DUPLICATE)
    return await _first(store, outcome.number, perform), False


async def _first(store: Store, number: int, perform: Callable[[], Awaitable[Response]]) -> Response:
    try:
        response = await perform()
    except BaseException:
        await store.write(idempotency.abandon, number)
        raise
    if response.status < 300:
        await store.write(idempotency.finish, number, response.status, _headers(response), response.body)
    else:
        await store.write(idempotency.abandon, number)
    return response


def _headers(response: Response) -> list[tuple[str, str]]:
    return [*response.headers.items(), *([(_CONTENT_TYPE, response.media_type)] if response.media_type else [])]


def _replayed(kept: Replay) -> Response:
    headers = dict(kept.headers)
    return Response(kept.status, kept.body, headers.pop(_CONTENT_TYPE, None), headers)


def _fingerprint(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return sha256(b"\0".join([request.path.encode(), query.encode(), request.body])).hexdigest()
