"""Every target × every way of asking it × every fault: the client is told the truth in its own dialect, nothing is written twice, no failure looks like data."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from adapters.base import Adapter
from adapters.registry import discover
from adapters.scope import Scope as DialectScope
from gateway.compose import gateway_app
from gateway.routing import prefix_of
from gateway.settings import Settings
from schemas.errors import Code, CrosswalkError
from schemas.statuses import STATUSES
from tests.gateway.upstream.stub import gateway, serving
from tests.process import free_port
from tests.remote.faulty import Faulty, Spoil, cut, faulty, page, root, silent

pytestmark = pytest.mark.anyio

ADAPTERS = discover()
VENDORS = [name for name, adapter in ADAPTERS.items() if not adapter.prefix]
SOURCES = list(ADAPTERS)
SECONDS = 1.2


def answers(status: int, body: bytes, kind: bytes = b"application/json", **headers: str) -> Spoil:
    more = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]

    async def spoil(answer: list[Message], send: Send) -> None:
        given = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": body})

    return spoil


async def drip(answer: list[Message], send: Send) -> None:
    """A body that comes in drops and stops in the middle."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"content-length", b"500")]}
    )
    for _ in range(5):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.05)
    await asyncio.sleep(30)


@dataclass(frozen=True)
class Fault:
    """What the vendor does instead of answering, and what it means to a translated read and write. `cut` says that a forwarded answer breaks off."""

    spoil: Spoil | None
    read: Code
    write: Code
    cut: bool = False
    retry_after: str | None = None


FAULTS = {
    "refused": Fault(None, Code.UPSTREAM_UNAVAILABLE, Code.UPSTREAM_UNAVAILABLE),
    "reset mid-body": Fault(cut, Code.UPSTREAM_INVALID, Code.OUTCOME_UNKNOWN, cut=True),
    "slow drip": Fault(drip, Code.UPSTREAM_INVALID, Code.OUTCOME_UNKNOWN, cut=True),
    "429 with Retry-After": Fault(
        answers(429, b'{"detail": "slow down"}', retry_after="7"), Code.RATE_LIMITED, Code.RATE_LIMITED, retry_after="7"
    ),
    "429": Fault(answers(429, b'{"detail": "slow down"}'), Code.RATE_LIMITED, Code.RATE_LIMITED),
    "500": Fault(answers(500, b"Internal Server Error", b"text/plain"), Code.UPSTREAM_INVALID, Code.UPSTREAM_INVALID),
    "503 html": Fault(answers(503, b"<html>Sorry</html>", b"text/html"), Code.UPSTREAM_UNAVAILABLE, Code.UPSTREAM_UNAVAILABLE),
    "truncated JSON": Fault(answers(200, b'{"data": [{"id": "RGF'), Code.UPSTREAM_INVALID, Code.UPSTREAM_INVALID),
    "html with 200": Fault(page, Code.UPSTREAM_INVALID, Code.UPSTREAM_INVALID),
    "timeout": Fault(silent, Code.TIMEOUT, Code.OUTCOME_UNKNOWN),
}

READS = {
    "canonical": "/datasets",
    "phoenix": "/v1/datasets",
    "respan": "/api/datasets/list/",
    "evalguard": "/api/v1/datasets",
}
WRITES: Mapping[str, tuple[str, Any]] = {
    "canonical": ("/datasets", {"name": "new", "examples": [{"input": "x"}]}),
    "phoenix": ("/v1/datasets/upload?sync=true", {"action": "create", "name": "new", "inputs": [{"x": 1}]}),
    "respan": ("/api/datasets/", {"name": "new", "is_empty": True}),
    "evalguard": ("/api/v1/datasets", {"name": "new", "cases": [{"input": "x"}]}),
}
AT_THE_VENDOR = {
    "phoenix": ("GET .*/v1/datasets$", "POST .*/v1/datasets/upload$"),
    "respan": ("(GET|POST) .*/api/datasets/list/$", "POST .*/api/datasets/$"),
    "evalguard": ("GET .*/datasets$", "POST .*/datasets$"),
}
"""How each vendor is asked for its datasets, and told to make one."""


@dataclass
class Client:
    """A client of one dialect, whose requests go to one target."""

    http: httpx.AsyncClient
    dialect: Adapter
    target: str
    project: dict[str, str]

    async def read(self) -> httpx.Response:
        return await self.http.get(self._at(READS[self.dialect.name]), params=self.project or None)

    async def write(self) -> httpx.Response:
        path, body = WRITES[self.dialect.name]
        return await self.http.post(self._at(path), json={**body, **self.project})

    def _at(self, path: str) -> str:
        return f"/{prefix_of(self.dialect)}@{self.target}{path}"


@dataclass
class Setting:
    """One gateway before every vendor, which a second one plays; what stands before that one; and a client of the vendors themselves."""

    front: httpx.AsyncClient
    played: Faulty
    direct: httpx.AsyncClient

    async def client(self, vendor: str, source: str, *, refused: bool = False) -> Client:
        project = {}
        if source == "evalguard":
            asked, at = (self.direct, "") if refused else (self.front, f"@{vendor}")
            project = {"projectId": (await asked.get(f"/evalguard{at}/api/v1/project/current")).json()["projectId"]}
        self.played.forget()
        return Client(self.front, ADAPTERS[source], f"gone_{vendor}" if refused else vendor, project)


@pytest.fixture(scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Setting]:
    folder = tmp_path_factory.mktemp("faults")
    async with faulty(folder) as (url, played), httpx.AsyncClient(base_url=url) as direct:
        limits = {"timeout": SECONDS, "read_timeout": 0.6, "retries": 0, "requests_per_minute": 60_000, "breaker_failures": 1000}
        places = {
            f"{at}{name}": base for name in VENDORS for at, base in (("", url + root(name)), ("gone_", f"http://127.0.0.1:{free_port()}"))
        }
        targets = {name: {"adapter": name.removeprefix("gone_"), "base_url": base, **limits} for name, base in places.items()}
        settings = Settings.model_validate({"store": {"url": f"sqlite:///{folder / 'front.db'}"}, "targets": targets})
        app = gateway_app(settings)
        async with serving(app, "on") as front, httpx.AsyncClient(base_url=front, timeout=30) as http:
            for name in VENDORS:  # so that a server's version is known
                assert (await http.get(f"/v1@{name}/datasets")).status_code == 200
            for remote in app.state.remotes.values():  # what is known of a list would answer in the vendor's place
                remote.index = None
            yield Setting(http, played, direct)


@pytest.fixture
async def setting(opened: Setting) -> AsyncIterator[Setting]:
    yield opened
    opened.played.before, opened.played.after, opened.played.always = {}, {}, False
    for item in (await opened.direct.get("/v1/datasets")).json()["items"]:
        await opened.direct.delete(f"/v1/datasets/{item['id']}")


def told(adapter: Adapter, code: Code, response: httpx.Response) -> None:
    """The response is this error in the dialect's true shape, and says nothing of where it came from that is not so."""
    assert response.status_code == adapter.statuses.get(code, STATUSES[code]), response.text
    rendered = adapter.render_error(CrosswalkError(code, "x", retry_after=7.0), None, None, DialectScope(dialect=adapter.name))
    kind = response.headers["content-type"].partition(";")[0]
    assert kind == (rendered.media_type or "").partition(";")[0]
    if kind.endswith("json"):
        assert _shape(response.json()) >= _shape(httpx.Response(200, content=rendered.body).json())


def _shape(value: Any, at: str = "") -> set[str]:
    """The places of a JSON value, without optional ones that only some errors have."""
    if not isinstance(value, dict):
        return {at}
    optional = {"retry_after", "retryAfter", "details", "request_id", "requestId"}
    return {at}.union(*(_shape(item, f"{at}/{name}") for name, item in value.items() if name not in optional))


CELLS = pytest.mark.parametrize(("vendor", "source"), [(vendor, source) for vendor in VENDORS for source in SOURCES])


@CELLS
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault(setting: Setting, vendor: str, source: str, name: str) -> None:
    fault, played = FAULTS[name], setting.played
    client = await setting.client(vendor, source, refused=fault.spoil is None)
    if fault.spoil is not None:
        played.always, played.before = True, {AT_THE_VENDOR[vendor][0]: fault.spoil}
    await _heard(client, client.read, played, fault, fault.read, forwarded=source == vendor)
    played.forget()
    if fault.spoil is not None:
        played.before = {AT_THE_VENDOR[vendor][1]: fault.spoil}
    await _heard(client, client.write, played, fault, fault.write, forwarded=source == vendor)
    assert played.count(AT_THE_VENDOR[vendor][1]) == (0 if fault.spoil is None else 1)
    assert (await setting.direct.get("/v1/datasets")).json()["items"] == []


async def _heard(
    client: Client, ask: Callable[[], Awaitable[httpx.Response]], played: Faulty, fault: Fault, code: Code, *, forwarded: bool
) -> None:
    """Asks, and is told what the fault means; a forwarded answer of the vendor arrives as it is, however odd."""
    if forwarded and fault.cut:
        with pytest.raises(httpx.RemoteProtocolError):
            await ask()
        return
    response = await ask()
    if forwarded and fault.spoil not in (None, silent):
        await _as_it_is(response, fault)
    else:
        told(client.dialect, code, response)
    assert fault.retry_after is None or response.headers["retry-after"] == fault.retry_after


@CELLS
async def test_a_timeout_after_the_write_happened(setting: Setting, vendor: str, source: str) -> None:
    """Forwarded, nobody knows; translated, the gateway looks and finds it. Either way there is one."""
    client, played = await setting.client(vendor, source), setting.played
    played.after = {AT_THE_VENDOR[vendor][1]: silent}
    response = await client.write()
    assert played.after == {}
    if source == vendor:
        told(client.dialect, Code.OUTCOME_UNKNOWN, response)
    else:
        assert response.status_code < 300, response.text
    assert played.count(AT_THE_VENDOR[vendor][1]) == 1
    assert [item["name"] for item in (await setting.direct.get("/v1/datasets")).json()["items"]] == ["new"]


async def _as_it_is(response: httpx.Response, fault: Fault) -> None:
    """The vendor's own words, byte by byte."""
    said: list[Message] = []

    async def heard(message: Message) -> None:
        said.append(message)

    assert fault.spoil is not None
    await fault.spoil([], heard)
    assert (response.status_code, response.content) == (said[0]["status"], said[1]["body"])
    assert response.headers["content-type"].encode() == dict(said[0]["headers"])[b"content-type"]


@pytest.mark.parametrize("source", ["phoenix", "canonical"], ids=["forwarded", "translated"])
async def test_memory_stays_flat_while_a_large_body_drips(tmp_path: Path, source: str) -> None:
    """40 MB announced, a piece at a time, until the deadline or the reader's end: nobody gathers it."""
    piece, sent = b" " * 16_384, 0

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        head = [(b"content-type", b"application/json"), (b"content-length", b"40000000")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for _ in range(2_000):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += len(piece)
            await asyncio.sleep(0.005)

    async with (
        serving(large) as base,
        gateway(tmp_path, base, dialect="phoenix", timeout=1, version="20.26.1") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        tracemalloc.start()
        try:
            received = 0
            async with asyncio.timeout(10), client.stream("GET", f"/{prefix_of(ADAPTERS[source])}@vendor{READS[source]}") as response:
                async for part in response.aiter_raw():
                    received += len(part)
                    if received > 1_000_000:
                        break
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sent > 500_000
    assert peak < 8_000_000
    assert (response.status_code == 200) is (source == "phoenix")


REPEATED = {"respan": {408, 409, 429, *range(500, 600)}, "evalguard": {429, *range(500, 600)}}
"""Statuses after which a vendor's own clients send the request again, whatever it was. Phoenix's repeat no request (but the task whose run was refused)."""


@pytest.mark.parametrize("code", [Code.OUTCOME_UNKNOWN, Code.UPSTREAM_INVALID, Code.UNSUPPORTED, Code.LOSS_REFUSED])
@pytest.mark.parametrize("source", SOURCES)
def test_what_must_not_be_repeated_has_a_status_that_clients_do_not_repeat(source: str, code: Code) -> None:
    error = CrosswalkError(code, "x")
    assert not error.retryable
    rendered = ADAPTERS[source].render_error(error, None, None, DialectScope(dialect=source))
    assert rendered.status == ADAPTERS[source].statuses.get(code, STATUSES[code])
    assert rendered.status not in REPEATED.get(source, set())
