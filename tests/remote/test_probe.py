"""`crosswalk config check --live`: what is wrong with a target is said in terms of its settings."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from adapters.registry import discover
from gateway.bench.vendor import free_port
from gateway.remote.probe import Finding, probe
from gateway.settings import Target
from gateway.upstream.pool import PooledClient

pytestmark = pytest.mark.anyio

EMPTY = {"data": [], "next_cursor": None}


@contextmanager
def vendor(answer: Callable[[str, str], tuple[int, str, bytes]]) -> Iterator[str]:
    """A server on loopback: `answer(path, authorization)` gives status, content type and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, media_type, body = answer(self.path, self.headers.get("authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def like_phoenix(path: str, authorization: str) -> tuple[int, str, bytes]:
    if not path.startswith("/v1/datasets"):
        return 200, "text/html; charset=utf-8", b"<!doctype html><title>a page</title>"
    if authorization != "Bearer right":
        return 401, "text/plain; charset=utf-8", b"Invalid token"
    return 200, "application/json", orjson.dumps(EMPTY)


async def ask(base_url: str, key: str | None = "right") -> Finding:
    client = PooledClient()
    try:
        settings = Target.model_validate({"adapter": "phoenix", "base_url": base_url, "api_key": key, "timeout": 5})
        return await probe("px", settings, discover()["phoenix"], client)
    finally:
        await client.close()


async def test_a_vendor_that_answers_is_fine() -> None:
    with vendor(like_phoenix) as url:
        assert (await ask(url)).ok


async def test_a_wrong_key_is_named() -> None:
    with vendor(like_phoenix) as url:
        found = await ask(url, "a-wrong-secret")
    assert (found.ok, found.key) == (False, "targets.px.api_key")
    assert "401" in found.detail
    assert "a-wrong-secret" not in repr(found)


async def test_a_wrong_path_is_named() -> None:
    with vendor(like_phoenix) as url:
        found = await ask(f"{url}/elsewhere")
    assert (found.ok, found.key) == (False, "targets.px.base_url")
    assert "dialect" in found.message or "path" in found.message


async def test_nobody_there_is_named() -> None:
    found = await ask(f"http://127.0.0.1:{free_port()}")
    assert (found.ok, found.key) == (False, "targets.px.base_url")
    assert "nothing answers" in found.message
