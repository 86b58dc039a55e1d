"""The application's outer layers: health, metrics, request ids, limits, guards and errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from gateway import context
from gateway.app import Resource, create_app
from gateway.problem import Rendered
from gateway.settings import ApiKey, Auth, Role, Server, Settings
from schemas.errors import Code, CrosswalkError

pytestmark = pytest.mark.anyio

KEYS = Auth(mode="keys", keys=(ApiKey(name="ci", sha256=sha256(b"k").hexdigest(), role=Role.VIEWER),))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def stream_on(request: Request) -> Response:
    context.of(request.scope).body_limit = None
    return JSONResponse({"bytes": sum([len(part) async for part in request.stream()])})


async def ignore_body(request: Request) -> Response:
    return JSONResponse({})


async def fail(request: Request) -> Response:
    raise RuntimeError("inner detail")


async def refuse(request: Request) -> Response:
    raise CrosswalkError(Code.CONFLICT, "Exists already.")


async def break_off(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("inner detail")

    return StreamingResponse(parts())


async def annotate(request: Request) -> Response:
    exchange = context.of(request.scope)
    exchange.route = "/dialect/{id}"
    exchange.timings["upstream"] = 12.5
    exchange.log["target"] = "local"
    exchange.headers.append((b"crosswalk-target", b"local"))
    return JSONResponse({})


ROUTES = [
    Route("/echo", echo, methods=["POST"]),
    Route("/stream", stream_on, methods=["POST"]),
    Route("/ignore", ignore_body, methods=["POST"]),
    Route("/fail", fail),
    Route("/refuse", refuse),
    Route("/break", break_off),
    Route("/annotate", annotate),
    Mount("/mounted", routes=[Route("/things/{id}", ignore_body)]),
]


def make(auth: Auth | None = None, **server: Any) -> Starlette:
    return create_app(Settings(auth=auth or Auth(), server=Server(body_limit=1024, **server)), routes=ROUTES)


def client(app: Starlette | None = None, base_url: str = "http://127.0.0.1:8080") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app or make(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


async def test_alive_before_ready() -> None:
    app = make()
    async with client(app) as http:
        assert (await http.get("/livez")).status_code == 200
        starting = await http.get("/readyz")
        assert (starting.status_code, starting.json()) == (503, {"status": "not ready", "failed": ["serving"]})
        async with app.router.lifespan_context(app):
            assert (await http.get("/readyz")).json() == {"status": "ready"}
        assert (await http.get("/readyz")).status_code == 503


async def test_readiness_names_the_check_that_fails_or_hangs() -> None:
    app = make()
    app.state.health._seconds = 0.01

    async def broken() -> None:
        raise OSError("disk")

    async def passing() -> None:
        return None

    app.state.health.add("broken", broken)
    app.state.health.add("hanging", asyncio.Event().wait)
    app.state.health.add("passing", passing)
    async with app.router.lifespan_context(app), client(app) as http:
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["broken", "hanging"])


async def test_resources_are_held_while_serving() -> None:
    events: list[str] = []

    def resource(name: str) -> Resource:
        @asynccontextmanager
        async def held(app: Starlette) -> AsyncIterator[None]:
            events.append(f"{name} opened")
            yield
            events.append(f"{name} closed, serving={app.state.health.serving}")

        return held

    app = create_app(Settings(), resources=[resource("a"), resource("b")])
    async with app.router.lifespan_context(app):
        events.append("served")
    assert events == ["a opened", "b opened", "served", "b closed, serving=False", "a closed, serving=False"]


@pytest.mark.parametrize(("sent", "kept"), [("abc-1.2_X", True), ("a" * 128, True), ("a" * 129, False), ("with space", False), ("", False)])
async def test_request_id(sent: str, kept: bool) -> None:
    async with client() as http:
        answer = await http.get("/livez", headers={"crosswalk-request-id": sent})
    assert (answer.headers["crosswalk-request-id"] == sent) is kept
    assert 1 <= len(answer.headers["crosswalk-request-id"]) <= 128


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(TRACE, True), (TRACE.replace("00-0af", "ff-0af"), False), (TRACE + "x", False), (TRACE.replace("b7ad6b7169203331", "0" * 16), False)],
)
async def test_traceparent(sent: str, kept: bool) -> None:
    async with client() as http:
        answer = await http.get("/livez", headers={"traceparent": sent})
    assert answer.headers.get("traceparent") == (sent if kept else None)


async def test_what_an_exchange_notes_is_shown() -> None:
    app = make()
    with structlog.testing.capture_logs() as lines:
        async with client(app) as http:
            answer = await http.get("/annotate", headers={"traceparent": TRACE, "crosswalk-request-id": "r1"})
            exposition = (await http.get("/metrics")).text
    assert answer.headers["crosswalk-target"] == "local"
    gateway, upstream = answer.headers["server-timing"].split(", ")
    assert gateway.startswith("gateway;dur=")
    assert upstream == "upstream;dur=12.50"
    assert 'crosswalk_requests_total{method="GET",route="/dialect/{id}",status="200"} 1.0' in exposition
    line = lines[0]
    assert (line["route"], line["target"], line["request_id"], line["status"]) == ("/dialect/{id}", "local", "r1", 200)
    assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert isinstance(line["ms"], float)


async def test_metrics_are_labelled_by_template_and_closed_methods() -> None:
    app = make()
    async with client(app) as http:
        for number in range(3):
            await http.get(f"/nowhere/{number}")
            await http.get(f"/mounted/things/{number}")
        await http.request("BREW", "/livez")
        exposition = (await http.get("/metrics")).text
    assert 'crosswalk_requests_total{method="GET",route="unmatched",status="404"} 3.0' in exposition
    assert 'crosswalk_requests_total{method="GET",route="/things/{id}",status="200"} 3.0' in exposition
    assert 'method="OTHER"' in exposition
    assert "crosswalk_requests_in_flight 1.0" in exposition
    assert "BREW" not in exposition


async def test_metrics_follow_auth_and_health_does_not() -> None:
    app = make(KEYS)
    async with client(app) as http:
        assert (await http.get("/livez")).status_code == 200
        refused = await http.get("/metrics")
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert (await http.get("/metrics", headers={"authorization": "Bearer k"})).status_code == 200


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 256):
        yield b"x" * 256


async def test_a_body_within_the_limit() -> None:
    async with client() as http:
        assert (await http.post("/echo", content=b"x" * 1024)).json() == {"bytes": 1024}
        assert (await http.post("/echo", content=chunks(1024))).json() == {"bytes": 1024}


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit(chunked: bool) -> None:
    async with client() as http:
        answer = await http.post("/echo", content=chunks(1280) if chunked else b"x" * 1025)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert answer.headers["crosswalk-request-id"]


async def test_the_announced_length_is_judged_before_reading() -> None:
    read: list[int] = []

    async def content() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    async with client() as http:
        answer = await http.post("/echo", content=content(), headers={"content-length": "9999999"})
    assert answer.status_code == 413
    assert read == []


async def test_a_body_that_streams_on_has_no_limit() -> None:
    async with client() as http:
        assert (await http.post("/stream", content=chunks(4096))).json() == {"bytes": 4096}
        assert (await http.post("/stream", content=b"x" * 4096)).json() == {"bytes": 4096}
        assert (await http.post("/ignore", content=b"x" * 4096)).status_code == 200


HOSTS = {
    "127.0.0.1:8080": 200,
    "localhost": 200,
    "crosswalk.localhost:1": 200,
    "[::1]:8080": 200,
    "gw.test:9": 200,
    "evil.test": 403,
    "127.0.0.1.evil.test": 403,
    "localhost.evil.test": 403,
    "[::1": 403,
}


@pytest.mark.parametrize("host", HOSTS)
async def test_host_is_guarded(host: str) -> None:
    async with client(make(allowed_hosts=("gw.test",))) as http:
        assert (await http.get("/livez", headers={"host": host})).status_code == HOSTS[host]


@pytest.mark.parametrize(
    ("origin", "status"), [("http://127.0.0.1:8080", 200), ("http://localhost:3000", 200), ("https://evil.test", 403), ("null", 403)]
)
async def test_origin_is_guarded(origin: str, status: int) -> None:
    async with client() as http:
        assert (await http.get("/livez", headers={"origin": origin})).status_code == status


async def test_with_keys_any_host_may_be_named() -> None:
    async with client(make(KEYS), "http://gateway.example") as http:
        assert (await http.get("/livez")).status_code == 200


async def test_an_unhandled_exception_is_worded_and_logged_but_not_shown() -> None:
    with structlog.testing.capture_logs() as lines:
        async with client() as http:
            answer = await http.get("/fail", headers={"crosswalk-request-id": "r2"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "internal", "r2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "inner detail" not in answer.text
    assert [line["event"] for line in lines] == ["unhandled", "request"]
    assert lines[0]["request_id"] == "r2"


async def test_a_refusal_keeps_its_code() -> None:
    async with client() as http:
        answer = await http.get("/refuse")
    assert (answer.status_code, answer.json()["detail"], answer.json()["retryable"]) == (409, "Exists already.", False)


async def test_an_answer_that_breaks_off_stays_broken() -> None:
    transport = httpx.ASGITransport(make(), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        with pytest.raises(RuntimeError, match="inner detail"):
            await http.get("/break")


async def test_no_route_and_wrong_method_are_problems_too() -> None:
    async with client() as http:
        lost = await http.get("/nope")
        wrong = await http.delete("/livez")
        slash = await http.get("/livez/")
    assert (lost.status_code, lost.json()["code"]) == (404, "no_route")
    assert (wrong.status_code, wrong.json()["code"], set(wrong.headers["allow"].split(", "))) == (
        405,
        "method_not_allowed",
        {"GET", "HEAD"},
    )
    assert slash.status_code == 404


async def test_errors_are_worded_by_the_given_renderer() -> None:
    def shout(scope: Any, code: Code, message: str) -> Rendered:
        return Rendered(418, [(b"x-path", scope["path"].encode())], code.encode())

    app = create_app(Settings(), routes=ROUTES, render=shout)
    async with client(app) as http:
        answers = [await http.get("/nope"), await http.get("/fail"), await http.get("/livez", headers={"host": "evil.test"})]
    assert [answer.text for answer in answers] == ["no_route", "internal", "forbidden"]
    assert {answer.status_code for answer in answers} == {418}
