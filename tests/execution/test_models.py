"""The model port: the echo model, the OpenAI chat format, and everything a provider may do wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

from gateway.execution.models import ChatRequest, Models
from gateway.execution.models.openai_chat import MAX_BODY, OpenAIChat
from gateway.execution.models.retry import Backoff, seconds
from gateway.settings.sections import Model
from schemas.errors import Code, CrosswalkError

pytestmark = pytest.mark.anyio

KEY = "sk-very-secret"
QUICK = Backoff(attempts=3, first=0.001, longest=0.002)
ANSWER = {
    "id": "c1",
    "model": "gpt-4o-mini-2024",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris", "refusal": None}}],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
}
Reply = Callable[[httpx.Request], httpx.Response]


def request(**parameters: Any) -> ChatRequest:
    return ChatRequest("small", [{"role": "user", "content": "Capital of France?"}], parameters)


def settings(**changes: Any) -> Model:
    known = {
        "base_url": "https://models.test/v1",
        "api_key": KEY,
        "model": "gpt-4o-mini",
        "timeout": 5,
        "prompt_price": 0.15,
        "completion_price": 0.6,
    }
    return Model.model_validate(known | changes)


def model(*replies: Reply | httpx.Response | Exception, **changes: Any) -> tuple[OpenAIChat, list[httpx.Request]]:
    """A model whose provider gives these replies one after the other, and the requests it got."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        reply = replies[min(len(seen), len(replies) - 1)]
        seen.append(request)
        if isinstance(reply, Exception):
            raise reply
        return reply(request) if callable(reply) else reply

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return OpenAIChat("small", settings(**changes), client, QUICK), seen


async def failing(chat: OpenAIChat, **parameters: Any) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await chat.complete(request(**parameters))
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value)
    assert "'small'" in caught.value.message or "n must be 1" in caught.value.message
    return caught.value


async def test_echo_answers_the_last_user_message() -> None:
    messages = [
        {"role": "user", "content": "first one"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "last  words "},
    ]
    completion = await Models().complete(ChatRequest("echo", messages, {"temperature": 2}))
    assert completion.message == {"role": "assistant", "content": "last  words "}
    assert (completion.text, completion.model, completion.cost) == ("last  words ", "echo", 0.0)
    assert (completion.prompt_tokens, completion.completion_tokens) == (5, 2)


async def test_echo_needs_a_user() -> None:
    with pytest.raises(CrosswalkError, match="last user message"):
        await Models().complete(ChatRequest("echo", [{"role": "system", "content": "x"}]))


async def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(CrosswalkError, match=r"'gpt-5'.*echo, small") as caught:
        await Models({"small": settings()}).complete(ChatRequest("gpt-5", []))
    assert caught.value.code is Code.INVALID_REQUEST


async def test_a_completion() -> None:
    chat, seen = model(httpx.Response(200, json=ANSWER))
    completion = await chat.complete(request(temperature=0.3, max_tokens=7, stream=True))
    assert json.loads(seen[0].content) == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Capital of France?"}],
        "temperature": 0.3,
        "max_tokens": 7,
    }
    assert str(seen[0].url) == "https://models.test/v1/chat/completions"
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert completion.text == "Paris"
    assert completion.message == ANSWER["choices"][0]["message"]  # type: ignore[index]
    assert completion.model == "gpt-4o-mini-2024"
    assert (completion.prompt_tokens, completion.completion_tokens) == (1000, 500)
    assert completion.cost == pytest.approx(0.00045)
    assert completion.finish_reason == "stop"
    assert completion.latency_ms > 0


async def test_a_completion_without_usage_prices_or_text() -> None:
    tools = {"role": "assistant", "content": None, "tool_calls": [{"id": "t"}]}
    chat, seen = model(httpx.Response(200, json={"choices": [{"message": tools}]}), api_key=None, model=None, prompt_price=None)
    completion = await chat.complete(request())
    assert completion.message == tools
    assert (completion.text, completion.model, completion.cost, completion.prompt_tokens) == ("", "small", None, None)
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize("trouble", [httpx.Response(429), httpx.Response(503), httpx.Response(500), httpx.ConnectError("no route")])
async def test_trouble_that_passes_is_repeated(trouble: httpx.Response | Exception) -> None:
    chat, seen = model(trouble, trouble, httpx.Response(200, json=ANSWER))
    assert (await chat.complete(request())).text == "Paris"
    assert len(seen) == 3
    assert len({call.content for call in seen}) == 1


@pytest.mark.parametrize(
    ("trouble", "code", "calls"),
    [
        (httpx.Response(429, json={"error": {"message": "slow down"}}), Code.RATE_LIMITED, 3),
        (httpx.Response(502, text="<html>bad gateway"), Code.UPSTREAM_UNAVAILABLE, 3),
        (httpx.ConnectTimeout("late"), Code.UPSTREAM_UNAVAILABLE, 3),
        (httpx.ReadTimeout("late"), Code.TIMEOUT, 1),
        (httpx.ReadError("reset"), Code.UPSTREAM_UNAVAILABLE, 1),
        (httpx.Response(400, json={"error": {"message": "no such parameter"}}), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(401, json={"error": {"message": f"wrong key {KEY}"}}), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(302, headers={"location": "https://elsewhere.test"}), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(200, text="hello"), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(200, json={"choices": []}), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(200, json={"choices": [{"message": "text"}]}), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(200, text="[" * 200_000), Code.UPSTREAM_INVALID, 1),
        (httpx.Response(200, content=b" " * (MAX_BODY + 1)), Code.UPSTREAM_INVALID, 1),
    ],
)
async def test_trouble_that_stays(trouble: httpx.Response | Exception, code: Code, calls: int) -> None:
    chat, seen = model(trouble)
    assert (await failing(chat)).code is code
    assert len(seen) == calls


async def test_what_the_provider_says_is_passed_on() -> None:
    chat, _ = model(httpx.Response(400, json={"error": {"message": "no such parameter", "type": "invalid"}}))
    error = await failing(chat)
    assert error.message == "The model 'small' answered 400: no such parameter"
    assert error.vendor_status == 400


async def test_retry_after_is_waited_for() -> None:
    chat, seen = model(httpx.Response(429, headers={"retry-after": "1"}), httpx.Response(200, json=ANSWER))
    started = asyncio.get_running_loop().time()
    await chat.complete(request())
    assert asyncio.get_running_loop().time() - started >= 1
    assert len(seen) == 2


async def test_a_pause_beyond_the_budget_is_not_begun() -> None:
    chat, seen = model(httpx.Response(429, headers={"retry-after": "3600"}))
    error = await failing(chat)
    assert error.retry_after == 3600
    assert len(seen) == 1


def test_retry_after_in_both_spellings() -> None:
    assert seconds("30") == 30
    assert seconds(format_datetime(datetime.now(UTC) + timedelta(seconds=60))) == pytest.approx(60, abs=2)
    assert seconds(format_datetime(datetime.now(UTC) - timedelta(seconds=60))) == 0
    assert [seconds(value) for value in (None, "soon", "-1", "1e999", "nan")] == [None] * 5


async def test_several_outputs_are_refused_before_anything_is_sent() -> None:
    chat, seen = model(httpx.Response(200, json=ANSWER))
    assert (await failing(chat, n=2)).code is Code.INVALID_REQUEST
    assert seen == []


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def provider(handler: Handler) -> AsyncIterator[str]:
    """A real server on a free port; gives the base URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def read_body(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return await reader.readexactly(length)


async def test_over_a_real_connection_many_at_once() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_body(reader)
        await asyncio.sleep(0.02)
        body = json.dumps(ANSWER).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()

    async with provider(answer) as url, Models({"small": settings(base_url=url)}) as models:
        completions = await asyncio.gather(*(models.complete(request()) for _ in range(40)))
    assert [completion.text for completion in completions] == ["Paris"] * 40


async def test_a_provider_that_never_answers() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_body(reader)
        await reader.read()

    async with provider(silence) as url, Models({"small": settings(base_url=url, timeout=0.1)}) as models:
        with pytest.raises(CrosswalkError, match=r"no answer within 0\.1 s") as caught:
            await models.complete(request())
    assert caught.value.code is Code.TIMEOUT


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", b"SSH-2.0-OpenSSH\r\n\r\n"])
async def test_a_provider_that_breaks_off(reply: bytes) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_body(reader)
        writer.write(reply)
        await writer.drain()

    async with provider(half) as url, httpx.AsyncClient(transport=transport()) as client:
        chat = OpenAIChat("small", settings(base_url=url), client, QUICK)
        assert (await failing(chat)).code is Code.UPSTREAM_UNAVAILABLE


async def test_nobody_listens() -> None:
    async with httpx.AsyncClient(transport=transport()) as client:
        chat = OpenAIChat("small", settings(base_url="http://127.0.0.1:1/v1"), client, QUICK)
        assert (await failing(chat)).code is Code.UPSTREAM_UNAVAILABLE


def transport() -> httpx.AsyncBaseTransport:
    return AiohttpTransport()
