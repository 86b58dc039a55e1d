"""A vendor's request as HTTP: sent within the target's limits, its answer read whole."""

import asyncio
from time import perf_counter
from urllib.parse import quote

from adapters.base import Adapter
from adapters.errors import read_plainly
from adapters.http import Request, Response
from gateway.execution.models.retry import seconds
from gateway.logs import MASK, Mask
from gateway.remote.account import Account
from gateway.upstream.attempts import READS, Attempts
from gateway.upstream.client import Answer, Failure
from gateway.upstream.headers import first
from gateway.upstream.slots import Full
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

    async def ask(self, request: Request, account: Account, *, repeatable: bool | None = None, key: str | None = None) -> Response:
        """A successful answer, whole. `key` is sent as `Idempotency-Key`; `repeatable` says that a write may be sent twice.

        Raises CrosswalkError: what the vendor's error means, or that there was no answer.
        """
        path, query = request.path, _query(request)
        for _ in range(_REDIRECTS):
            answer = await self._once(request, path, query, account, repeatable, key)
            led = self._led(request, answer)
            if led is None:
                return self._judged(request, answer)
            path, _, query = led.partition("?")
        raise self._vendor.error(Code.UPSTREAM_INVALID, "sends the request round in circles")

    async def _once(self, request: Request, path: str, query: str, account: Account, repeatable: bool | None, key: str | None) -> Response:
        turn = await self._vendor.quota.turn(self._vendor.timeout)
        if turn:
            raise self._vendor.error(Code.RATE_LIMITED, "takes no more calls this minute", turn)
        url = self._vendor.base.join(path.encode("ascii"), query.encode("ascii"))
        attempts = Attempts(self._vendor, request.method, url, self._headers(request, key), request.body or None, repeatable=repeatable)
        started = perf_counter()
        try:
            async with self._vendor.slots.one(self._vendor.timeout):
                answer = await attempts.answer()
                try:
                    async with asyncio.timeout(self._vendor.timeout):
                        body = await self._whole(answer)
                    return Response(answer.status, body, first(answer.headers, b"content-type"), _named(answer))
                finally:
                    answer.close()
        except Full:
            raise self._vendor.error(Code.UPSTREAM_UNAVAILABLE, "has too many calls under way", 1.0) from None
        except Failure as failure:
            raise self._unfinished(request, Code.UPSTREAM_INVALID, "broke off its answer") from failure
        except TimeoutError:
            raise self._unfinished(request, Code.TIMEOUT, "did not finish its answer in time") from None
        finally:
            account.attempts += attempts.number
            account.upstream += (perf_counter() - started) * 1000
            account.reason = attempts.reason or account.reason

    def _headers(self, request: Request, key: str | None) -> list[tuple[str, str]]:
        headers = [("accept", "application/json"), ("user-agent", "crosswalk"), *request.headers.items()]
        if key is not None:
            headers.append(("idempotency-key", key))
        credential = self._vendor.credential(None)
        return [*headers, credential] if credential else headers

    async def _whole(self, answer: Answer) -> bytes:
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

    def _judged(self, request: Request, answer: Response) -> Response:
        denied = self._adapter.denied is not None and self._adapter.denied(answer.body)
        if 200 <= answer.status < 300 and not denied:
            return answer
        if answer.status < 400 and not denied:
            raise self._vendor.error(Code.UPSTREAM_INVALID, f"answers with a redirect ({answer.status}) that leads elsewhere")
        read = self._adapter.read_error or read_plainly
        error = read(answer.status, answer.headers, answer.body)
        if answer.status in _UNSURE and request.method not in READS:
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

    def _unfinished(self, request: Request, code: Code, what: str) -> CrosswalkError:
        return self._vendor.error(code if request.method in READS else Code.OUTCOME_UNKNOWN, what)


def _query(request: Request) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request.query)


def _named(answer: Answer) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
