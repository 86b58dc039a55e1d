"""One call to a target: paced, guarded by the breaker, repeated where that is safe, over by a deadline."""

import asyncio

from gateway.execution.models.retry import seconds
from gateway.upstream.client import Answer, Body, Failure, Late, Lost, Malformed, TextHeaders, Unsent
from gateway.upstream.headers import first
from gateway.upstream.target import VendorTarget
from gateway.upstream.upload import ClientGone, Upload
from schemas.errors import Code, CrosswalkError

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = READS | {"PUT", "DELETE"}
_PASSING = frozenset({429, 502, 503, 504})
"""Statuses that say "later": only these are asked again, and the last one is the answer."""

# What a failure means for a read, and for a write that may have been carried out.
_CODES: dict[type[Failure], tuple[Code, Code]] = {
    Unsent: (Code.UPSTREAM_UNAVAILABLE, Code.UPSTREAM_UNAVAILABLE),
    Late: (Code.TIMEOUT, Code.OUTCOME_UNKNOWN),
    Lost: (Code.UPSTREAM_UNAVAILABLE, Code.OUTCOME_UNKNOWN),
    Malformed: (Code.UPSTREAM_INVALID, Code.OUTCOME_UNKNOWN),
}
_WORDS: dict[type[Failure], str] = {
    Unsent: "cannot be reached",
    Late: "did not answer in time",
    Lost: "broke the connection before it had answered",
    Malformed: "answered with something that is not HTTP",
}


class Attempts:
    """A call that is made as often as is needed, safe and allowed.

    A request that never left is repeated whatever its method. One that left is repeated when its method is idempotent (RFC 9110
    section 9.2.2) or `repeatable` says so or it only `reads`, after a failure or a 429, 502, 503 or 504. A body whose streaming has begun cannot be repeated.
    `who` is the key that waits for its turn. `number` counts the attempts, `reads` says that nothing is changed, `reason` is the last failure in words for the log.
    """

    def __init__(
        self,
        target: VendorTarget,
        method: str,
        url: str,
        headers: TextHeaders,
        body: Body,
        *,
        repeatable: bool | None = None,
        reads: bool = False,
        who: str = "",
    ) -> None:
        self.number = 0
        self.reason: str | None = None
        self._target = target
        self._who = who
        self._method = method
        self._url = url
        self._headers = headers
        self._body = body
        self._upload = body if isinstance(body, Upload) else None
        self.reads = reads or method in READS
        self._repeatable = self.reads or (method in _IDEMPOTENT if repeatable is None else repeatable)
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + target.timeout

    async def answer(self) -> Answer:
        """The vendor's answer, whatever its status: the last one when it was asked again.

        Raises CrosswalkError: upstream_unavailable, timeout, upstream_invalid or rate_limited; outcome_unknown when a write may have been carried out.
        Raises ClientGone when the caller hung up while sending.
        """
        while True:
            try:
                answer = await self._attempt()
            except Failure as failure:
                self.reason = str(failure)
                if self._upload is not None and self._upload.gone:
                    raise ClientGone from failure
                pause = self._pause(0.0, unsent=isinstance(failure, Unsent))
                if pause is None:
                    raise self._error(type(failure)) from failure
            else:
                self._target.breaker.succeeded()
                pause = self._pause_after(answer)
                if pause is None:
                    return answer
                answer.close()
            await asyncio.sleep(pause)

    async def _attempt(self) -> Answer:
        await self._admitted()
        self.number += 1
        try:
            async with asyncio.timeout_at(self._deadline) as clock:
                return await self._send(clock)
        except TimeoutError:
            self._target.breaker.failed()
            raise Late(f"no answer within {self._target.timeout:g} s") from None
        except Failure:
            if self._upload is None or not self._upload.gone:
                self._target.breaker.failed()
            raise

    async def _send(self, clock: asyncio.Timeout) -> Answer:
        if self._upload is None:
            return await self._target.client.send(self._method, self._url, self._headers, self._body, self._target.patience)
        self._upload.clock = clock
        try:
            return await self._target.client.send(self._method, self._url, self._headers, self._upload, self._target.patience)
        finally:
            self._upload.clock = None

    async def _admitted(self) -> None:
        """Past the breaker and the pace, or an error that says when to come again."""
        shut = self._target.breaker.wait()
        if shut:
            raise self._target.error(Code.UPSTREAM_UNAVAILABLE, "has not been answering and is left alone for a while", shut)
        turn = await self._target.pace.turn(self._left, self._who)
        if turn:
            raise self._target.error(Code.RATE_LIMITED, "takes no more calls this minute (requests_per_minute)", turn)

    def _pause_after(self, answer: Answer) -> float | None:
        if answer.status not in _PASSING:
            return None
        return self._pause(seconds(first(answer.headers, b"retry-after")) or 0.0)

    def _pause(self, wished: float, *, unsent: bool = False) -> float | None:
        """Seconds until the next attempt, at least as many as were `wished`; None when there must not be one."""
        begun = self._upload is not None and self._upload.begun
        if begun or self.number >= self._target.backoff.attempts or not (unsent or self._repeatable):
            return None
        pause = max(self._target.backoff.pause(self.number), wished)
        return pause if pause < self._left else None

    @property
    def _left(self) -> float:
        return self._deadline - self._loop.time()

    def _error(self, failure: type[Failure]) -> CrosswalkError:
        code = _CODES[failure][not self.reads]
        doubt = "; the request may have been carried out" if code is Code.OUTCOME_UNKNOWN else ""
        return self._target.error(code, _WORDS[failure] + doubt)
