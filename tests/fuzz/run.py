"""Asking: random requests of an application in this process, several at once, and everything that is wrong with the answers."""

import asyncio
import gzip
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import structlog

from gateway.compose import gateway_app
from gateway.settings import Settings
from gateway.store.examination import examine
from tests.fuzz.requests import Asked, Requests

FAULTS = frozenset({500, 502, 503, 504})
PATIENCE = 30.0
"""Seconds an answer may take, whatever else is asked meanwhile."""
TOGETHER = 12
_SHOWN = 20


@dataclass
class Outcome:
    """What came of it: answers by dialect and status, and what was wrong, in words."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    succeeded: set[tuple[str, str]] = field(default_factory=set)

    def fault(self, asked: Asked, what: str) -> None:
        """Note that an answer was wrong."""
        if len(self.wrong) < _SHOWN:
            self.wrong.append(f"{what}: {asked}")


async def ask(folder: Path, seed: int, number: int) -> Outcome:
    """Send `number` requests to a gateway on a new store, then walk every reference in the store."""
    # A line for each request is of no use to anybody here; why something failed is.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    url = f"sqlite:///{folder / 'fuzz.db'}"
    app = gateway_app(Settings.model_validate({"store": {"url": url}, "server": {"body_limit": 256 * 1024}}))
    requests, outcome = Requests(seed), Outcome()
    endless = iter(requests)
    try:
        async with app.router.lifespan_context(app):
            sent = 0
            while sent < number:
                batch = [one for asked in islice(endless, TOGETHER) for one in [asked] * asked.times]
                sent += len(batch)
                for asked, answer in zip(batch, await asyncio.gather(*(_answered(app, one) for one in batch)), strict=True):
                    _judge(asked, answer, outcome, requests)
    finally:
        structlog.reset_defaults()
    outcome.wrong.extend(f"the store: {finding}" for finding in examine(url))
    return outcome


@dataclass(frozen=True)
class _Answer:
    status: int
    media_type: str
    body: bytes


App = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


async def _answered(app: App, asked: Asked) -> _Answer | str:
    try:
        return await asyncio.wait_for(_called(app, asked), PATIENCE)
    except TimeoutError:
        return f"no answer within {PATIENCE:.0f} s"
    except Exception as error:
        return f"raised {error!r}"


async def _called(app: App, asked: Asked) -> _Answer:
    started: list[Any] = []
    body = bytearray()
    gone = asyncio.Event()
    pieces = [{"type": "http.request", "body": asked.body, "more_body": False}]

    async def receive() -> Any:
        if pieces:
            return pieces.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            body.extend(message.get("body", b""))

    await app(_scope(asked), receive, send)
    headers = {name.lower(): value.decode("latin-1") for name, value in started[0]["headers"]}
    content = gzip.decompress(body) if headers.get(b"content-encoding") == "gzip" and body else bytes(body)
    return _Answer(started[0]["status"], headers.get(b"content-type", ""), content)


def _scope(asked: Asked) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1"), (b"content-length", str(len(asked.body)).encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in asked.headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        # As uvicorn does it: bytes that are no UTF-8 become replacement characters.
        "path": unquote(asked.path),
        "raw_path": asked.path.encode("ascii"),
        "query_string": asked.query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }


def _judge(asked: Asked, answer: _Answer | str, outcome: Outcome, requests: Requests) -> None:
    if isinstance(answer, str):
        outcome.fault(asked, answer)
        return
    outcome.answers[asked.dialect, answer.status] += 1
    if answer.status in FAULTS:
        outcome.fault(asked, f"{answer.status} {answer.body[:300]!r}")
    content = None
    if answer.media_type.partition(";")[0] in ("application/json", "application/problem+json") and answer.body:
        try:
            content = json.loads(answer.body, parse_constant=_no_number)
        except ValueError as error:
            outcome.fault(asked, f"{answer.status}, and no JSON ({error}): {answer.body[:200]!r}")
    if answer.status < 300:
        outcome.succeeded.add((asked.dialect, f"{asked.method} {asked.template}"))
        # Paths lead from the dialect's own root on.
        requests.pools[asked.dialect].harvest(content, asked.template, "/" + asked.path.split("/", 2)[2])


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")
