"""A vendor's request as HTTP: sent within the target's limits, its answer read whole."""

import asyncio
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from time import perf_counter
from urllib.parse import quote

from adapters.base import Adapter
from adapters.errors import read_plainly
from adapters.http import Request, Response
from gateway.execution.models.retry import seconds
from gateway.logs import MASK, Mask
from gateway.remote.account import Account
from gateway.upstream.attempts import READS, Attempts
from gateway.upstream.client import Answer, Failure, RawHeaders
from gateway.upstream.headers import first
from gateway.upstream.queue import Full
from gateway.upstream.reads import Kept
from gateway.upstream.target import VendorTarget
from schemas.errors import Code, CrosswalkError
from schemas.json import Json

LARGEST = 256 * 1024 * 1024
"""Bytes of an answer that are read; a larger one is refused."""

_KEPT_METHOD = frozenset({307, 308})
_MOVED = frozenset({301, 302, 303}) | _KEPT_METHOD
_REDIRECTS = 3
_UNSURE = frozenset({502, 504})
"""Said by something in between: whether the vendor has carried a write out is not known."""


class Sender:
    """Asks one target with its configured key."""

    def __init__(self, vendor: VendorTarget, adapter: Adapter, secret: str | None) -> None:
        self._vendor = vendor
        self._adapter = adapter
        self._mask = Mask([secret] if secret else [])
        self._ahead = timedelta()
        self.release = ""
        """The version that the server named in its last answer, as it stood there."""

    async def ask(
        self, request: Request, account: Account, *, reads: bool = False, repeatable: bool | None = None, key: str | None = None
    ) -> Response:
        """A successful answer, whole. `key` is sent as `Idempotency-Key`; `repeatable` says that a write may be sent twice, `reads` that nothing is
        written whatever the method.

        Raises CrosswalkError: what the vendor's error means, or that there was no answer.
        """
        path, query = request.path, _query(request)
        reads = reads or request.method in READS
        headers = self._headers(request, key)
        for _ in range(_REDIRECTS):
            url = self._vendor.base.join(path.encode("ascii"), query.encode("ascii"))
            attempts = partial(Attempts, self._vendor, request.method, url, headers, request.body or None, reads=reads, who=account.who)
            if reads:
                answer = await self._read((account.scope, request.method, url, tuple(headers), request.body), attempts, account)
            else:
                answer = await self._write(attempts(repeatable=repeatable), account)
            led = self._led(request, answer)
            if led is None:
                return self._judged(request, answer, reads)
            path, _, query = led.partition("?")
        raise self._vendor.error(Code.UPSTREAM_INVALID, "sends the request round in circles")

    @property
    def timeout(self) -> float:
        """Seconds after which a call is given up."""
        return self._vendor.timeout

    @property
    def ahead(self) -> timedelta:
        """By how much the target's clock is ahead of ours, by its last answer, to the second."""
        return self._ahead

    def distrust(self) -> None:
        """What was answered is not what the vendor promises: nobody else is to be given it."""
        self._vendor.reads.written()

    async def _read(self, key: Hashable, attempts: Callable[..., Attempts], account: Account) -> Response:
        """A read, which those of the same scope who ask the same may share."""
        account.asked += 1
        if account.scope is None:
            return _whole(*await self._once(attempts(), account))
        seat = await self._vendor.reads.seat(key)
        if isinstance(seat, Kept):
            account.cached += seat.cached
            return _whole(seat.status, seat.headers, seat.body)
        with seat:
            status, headers, body = await self._once(attempts(), account)
            seat.take(body)
            seat.land(status, headers)
        return _whole(status, headers, body)

    async def _write(self, attempts: Attempts, account: Account) -> Response:
        account.asked += 1
        try:
            return _whole(*await self._once(attempts, account))
        finally:
            self._vendor.reads.written()

    async def _once(self, attempts: Attempts, account: Account) -> tuple[int, RawHeaders, bytes]:
        turn = await self._vendor.quota.turn(self._vendor.timeout, account.who)
        if turn:
            raise self._vendor.error(Code.RATE_LIMITED, "takes no more calls this minute", turn)
        started = perf_counter()
        try:
            async with self._vendor.slots.one(self._vendor.timeout, account.who):
                answer = await attempts.answer()
                self._ahead = _ahead(first(answer.headers, b"date"), self._ahead)
                try:
                    async with asyncio.timeout(self._vendor.timeout):
                        body = await self._body(answer)
                    self._heard(answer)
                    return answer.status, answer.headers, body
                finally:
                    answer.close()
        except Full as full:
            raise self._vendor.error(Code.RATE_LIMITED, "has too many calls under way", full.after) from None
        except Failure as failure:
            raise self._unfinished(attempts.reads, Code.UPSTREAM_INVALID, "broke off its answer") from failure
        except TimeoutError:
            raise self._unfinished(attempts.reads, Code.TIMEOUT, "did not finish its answer in time") from None
        finally:
            account.attempts += attempts.number
            account.upstream += (perf_counter() - started) * 1000
            account.reason = attempts.reason or account.reason

    def _heard(self, answer: Answer) -> None:
        told = first(answer.headers, self._adapter.release.header.encode()) if self._adapter.release else None
        self.release = told or self.release

    def _headers(self, request: Request, key: str | None) -> list[tuple[str, str]]:
        headers = [("accept", "application/json"), ("user-agent", "crosswalk"), *request.headers.items()]
        if key is not None:
            headers.append(("idempotency-key", key))
        credential = self._vendor.credential(None)
        return [*headers, credential] if credential else headers

    async def _body(self, answer: Answer) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not answer.ended:
            piece = await answer.read()
            size += len(piece)
            if size > LARGEST:
                raise self._vendor.error(Code.UPSTREAM_INVALID, f"answers with more than {LARGEST} bytes")
            parts.append(piece)
        return b"".join(parts)

    def _led(self, request: Request, answer: Response) -> str | None:
        """Where a redirect leads, when it stays within the target and asks for the same thing."""
        if answer.status not in _MOVED or (answer.status not in _KEPT_METHOD and request.method not in READS):
            return None
        return self._vendor.base.inside(answer.headers.get("location", ""))

    def _judged(self, request: Request, answer: Response, reads: bool) -> Response:
        denied = self._adapter.denied is not None and self._adapter.denied(answer.body)
        if 200 <= answer.status < 300 and not denied:
            return answer
        if answer.status < 400 and not denied:
            raise self._vendor.error(Code.UPSTREAM_INVALID, f"answers with a redirect ({answer.status}) that leads elsewhere")
        read = self._adapter.read_error or read_plainly
        error = read(answer.status, answer.headers, answer.body)
        if answer.status in _UNSURE and not reads:
            error.code = Code.OUTCOME_UNKNOWN
        error.vendor, error.vendor_status = self._adapter.name, answer.status
        said = seconds(answer.headers.get("retry-after"))
        error.retry_after = error.retry_after if said is None else said
        error.message = str(self.masked(error.message))
        error.vendor_body = self.masked(error.vendor_body)
        raise error

    def crowded(self, spare: int) -> float:
        """Seconds until so many calls could begin at once without exceeding what the target allows."""
        return max(self._vendor.quota.until(spare), self._vendor.pace.until(spare))

    def masked(self, value: Json) -> Json:
        """The value without the target's key, or anything else that looks like a credential."""
        return self._mask({"value": value})["value"] if value not in (None, MASK) else value

    def _unfinished(self, reads: bool, code: Code, what: str) -> CrosswalkError:
        return self._vendor.error(code if reads else Code.OUTCOME_UNKNOWN, what)


def _query(request: Request) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request.query)


def _whole(status: int, headers: RawHeaders, body: bytes) -> Response:
    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    return Response(status, body, first(headers, b"content-type"), named)


def _ahead(date: str | None, known: timedelta) -> timedelta:
    """What a `Date` header says of the sender's clock; what was known before when it says nothing."""
    try:
        return parsedate_to_datetime(date) - datetime.now(UTC) if date else known
    except (ValueError, TypeError):
        return known
