"""Creates under an `Idempotency-Key`: the first attempt is performed, every repetition is given its answer."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from math import ceil

from adapters.http import Request, Response
from gateway.store import Store, idempotency
from gateway.store.idempotency import Fresh, InProgress, Replay
from schemas.errors import Code, CrosswalkError, Reason

HEADER = "idempotency-key"
_LONGEST = 255
_CONTENT_TYPE = "content-type"


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
        headers = dict(outcome.headers)
        return Response(outcome.status, outcome.body, headers.pop(_CONTENT_TYPE, None), headers), True
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
        headers = [*response.headers.items(), *([(_CONTENT_TYPE, response.media_type)] if response.media_type else [])]
        await store.write(idempotency.finish, number, response.status, headers, response.body)
    else:
        await store.write(idempotency.abandon, number)
    return response


def _fingerprint(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return sha256(b"\0".join([request.path.encode(), query.encode(), request.body])).hexdigest()
