"""Sends recorded requests to a server and compares what it answers."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.replay import otlp
from tests.replay.comparison import differences
from tests.replay.intended import LEFT_OUT
from tests.replay.names import Names, ids
from tests.replay.recording import Exchange, Scene

SENT_HEADERS = ("content-type", "accept", "authorization", "content-encoding")


@dataclass(frozen=True)
class Result:
    """How one exchange came out: the answer here (None: not sent), and what else than recorded it says."""

    exchange: Exchange
    differences: tuple[str, ...]
    answer: httpx.Response | None = None

    @property
    def status(self) -> int | None:
        """The status here; None when nothing was sent."""
        return None if self.answer is None else self.answer.status_code


async def play(scene: Scene, client: httpx.AsyncClient, tokens: Mapping[str, str] | None = None) -> list[Result]:
    """Replay a scene on the server behind `client`, whose `base_url` may hold a path prefix.

    `tokens` replaces the placeholders of recorded credentials. The set-up is sent and learned from, not reported.
    """
    player = Player(client, tokens or {})
    await player.play(scene.setup)
    return await player.play(scene.exchanges)


class Player:
    """One server, and what was learned about its names so far."""

    def __init__(self, client: httpx.AsyncClient, tokens: Mapping[str, str]) -> None:
        self._client = client
        self._tokens = tokens
        self._names = Names()

    async def play(self, exchanges: Iterable[Exchange]) -> list[Result]:
        return [await self._one(exchange) for exchange in exchanges]

    async def _one(self, exchange: Exchange) -> Result:
        if exchange.request.encoding == "elided" or exchange.path in LEFT_OUT:
            return Result(exchange, ())  # its body was too large to be kept, or it is no part of the API under test
        response = await self._client.send(self._request(exchange))
        found = differences(exchange, response, self._names)
        if exchange.method == "DELETE" and exchange.status < 300:
            for deleted in ids(exchange.path.rpartition("/")[2]):
                self._names.forget(deleted)
        return Result(exchange, found, response)

    def _request(self, exchange: Exchange) -> httpx.Request:
        headers = {name: self._translated(value) for name, value in exchange.request.headers.items() if name in SENT_HEADERS}
        content: bytes | AsyncIterator[bytes] | None = self._content(exchange)
        if content is not None and exchange.request.headers.get("transfer-encoding") == "chunked":
            content = _chunked(content)
        return self._client.build_request(exchange.method, self._url(exchange), headers=headers, content=content)

    def _url(self, exchange: Exchange) -> httpx.URL:
        """The recorded path and query, byte for byte but for the ids, under the server's prefix."""
        prefix = self._client.base_url.raw_path.decode("ascii").rstrip("/")
        target = self._translated(exchange.target).encode("utf-8")
        return self._client.base_url.copy_with(raw_path=prefix.encode("ascii") + target)

    def _content(self, exchange: Exchange) -> bytes | None:
        body = exchange.request.body
        match exchange.request.encoding:
            case "none":
                return None
            case "json":
                return json.dumps(self._tree(body), ensure_ascii=False).encode("utf-8", "surrogatepass")
            case "base64":
                return base64.b64decode(body)
            case "otlp-summary":
                return otlp.request(self._tree(body))
            case _:
                return self._translated(body).encode("utf-8", "surrogatepass")

    def _tree(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._tree(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._tree(item) for item in value]
        return self._translated(value) if isinstance(value, str) else value

    def _translated(self, text: str) -> str:
        for placeholder, token in self._tokens.items():
            text = text.replace(placeholder, token)
        return self._names.translate(text)


async def _chunked(content: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    assert isinstance(content, bytes)
    yield content
