"""Models behind the OpenAI chat format, at any base URL."""

import asyncio
from collections.abc import Mapping
from time import perf_counter

import aiohttp
import httpx
import orjson
from pydantic import BaseModel, Field, ValidationError

from gateway.execution.models.base import ChatRequest, Completion
from gateway.execution.models.retry import Backoff, Failure, retried
from gateway.execution.values import content_text
from gateway.settings.sections import Model as ModelSettings
from schemas.errors import Code, CrosswalkError, invalid
from schemas.json import Json, JsonObject

MAX_BODY = 16 << 20
BUDGET = 3
"""The total time for one completion with its retries, in timeouts of one attempt."""
_MAX_MESSAGE = 300
_OWN = frozenset({"model", "messages", "stream", "stream_options"})


class _Choice(BaseModel):
    message: JsonObject
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = Field(default=None, ge=0)
    completion_tokens: int | None = Field(default=None, ge=0)


class _Reply(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None
    model: str | None = None


class OpenAIChat:
    """One configured model. The client is shared and belongs to the caller."""

    def __init__(self, name: str, settings: ModelSettings, client: httpx.AsyncClient, backoff: Backoff | None = None) -> None:
        self._name = name
        self._settings = settings
        self._client = client
        self._backoff = backoff or Backoff()
        self._upstream = settings.model or name
        self._key = settings.api_key.get_secret_value() if settings.api_key else None

    async def complete(self, request: ChatRequest) -> Completion:
        """One POST, repeated with growing pauses after 429, 5xx and failed connects, never after a lost or late answer.

        `Retry-After` is honoured; everything together ends after three times the model's timeout. The answer is never streamed.
        Raises CrosswalkError: rate_limited, upstream_unavailable, timeout, upstream_invalid, or invalid_request for what is not sent at all.
        """
        body = self._body(request)
        return await retried(lambda: self._attempt(body), self._backoff, budget=BUDGET * self._settings.timeout, overrun=self._late)

    def _body(self, request: ChatRequest) -> bytes:
        if request.parameters.get("n", 1) not in (None, 1):
            raise invalid("A run has one output: n must be 1.", "n")
        rest = {name: value for name, value in request.parameters.items() if name not in _OWN}
        try:
            return orjson.dumps({"model": self._upstream, "messages": list(request.messages), **rest})
        except TypeError as error:
            raise invalid(f"The request cannot be written as JSON: {error}", "messages") from error

    async def _attempt(self, body: bytes) -> Completion:
        started = perf_counter()
        try:
            async with asyncio.timeout(self._settings.timeout):
                status, headers, content = await self._post(body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Failure(self._error(Code.UPSTREAM_UNAVAILABLE, f"cannot be reached: {error}"), again=True) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Failure(self._late()) from error
        except (httpx.HTTPError, aiohttp.ClientError) as error:  # aiohttp's, where its httpx transport has no word for them
            raise Failure(self._error(Code.UPSTREAM_UNAVAILABLE, f"broke off its answer: {type(error).__name__}")) from error
        if status != httpx.codes.OK:
            raise self._refused(status, headers, content)
        return self._completion(content, (perf_counter() - started) * 1000)

    async def _post(self, body: bytes) -> tuple[int, httpx.Headers, bytes]:
        # Identity, so that the limit below counts what really arrives.
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key}"
        url = f"{self._settings.base_url}/chat/completions"
        async with self._client.stream(
            "POST", url, content=body, headers=headers, timeout=self._settings.timeout, follow_redirects=False
        ) as response:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BODY:
                    raise Failure(self._error(Code.UPSTREAM_INVALID, f"answered with more than {MAX_BODY} bytes"))
            return response.status_code, response.headers, bytes(content)

    def _refused(self, status: int, headers: httpx.Headers, content: bytes) -> Failure:
        code = _code(status)
        error = self._error(code, f"answered {status}: {_reason(content)}")
        error.vendor_status = status
        return Failure(error, again=code is not Code.UPSTREAM_INVALID, retry_after=headers.get("retry-after"))

    def _completion(self, content: bytes, latency_ms: float) -> Completion:
        try:
            reply = _Reply.model_validate_json(content)
        except ValidationError as error:
            issue = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, issue["loc"])) or "body"
            raise Failure(self._error(Code.UPSTREAM_INVALID, f"gave no chat completion: {where}: {issue['msg']}")) from None
        usage, choice = reply.usage or _Usage(), reply.choices[0]
        return Completion(
            message=choice.message,
            text=content_text(choice.message.get("content")),
            model=reply.model or self._upstream,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=self._cost(usage),
            latency_ms=latency_ms,
            finish_reason=choice.finish_reason,
        )

    def _cost(self, usage: _Usage) -> float | None:
        prices = (self._settings.prompt_price, self._settings.completion_price)
        known = [
            tokens * price
            for tokens, price in zip((usage.prompt_tokens, usage.completion_tokens), prices, strict=True)
            if tokens is not None and price is not None
        ]
        return sum(known) / 1_000_000 if len(known) == len(prices) else None

    def _late(self) -> CrosswalkError:
        return self._error(Code.TIMEOUT, f"gave no answer within {self._settings.timeout:g} s")

    def _error(self, code: Code, what: str) -> CrosswalkError:
        message = f"The model {self._name!r} {what}"
        if self._key:
            message = message.replace(self._key, "**********")
        return CrosswalkError(code, message[:_MAX_MESSAGE])


def _code(status: int) -> Code:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Code.RATE_LIMITED
    return Code.UPSTREAM_UNAVAILABLE if status >= 500 else Code.UPSTREAM_INVALID


def _reason(content: bytes) -> str:
    """The message of an error body, in the shapes providers use, else the beginning of the text."""
    try:
        body: Json = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content[:_MAX_MESSAGE].decode("utf-8", "replace").strip()
    for name in ("error", "message", "detail"):
        if isinstance(body, Mapping) and body.get(name):
            body = body[name]
    return str(body)
