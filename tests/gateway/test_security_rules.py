"""The rules of security, one test each at least, named by the rule."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import httpx
import orjson
import pytest
from starlette.types import Send

from adapters.registry import discover
from gateway.routing import prefix_of
from gateway.settings import Settings
from gateway.settings.checks import Vocabulary, problems
from tests.conftest import Serve
from tests.gateway.upstream.stub import RawHeaders, Reply, Seen, Vendor, fixed, gateway, in_turn, raw, serving
from tests.remote.faulty import answered, faulty, root

pytestmark = pytest.mark.anyio

KEY = "the-targets-own-key"
JSON: RawHeaders = [(b"content-type", b"application/json")]
EMPTY = orjson.dumps({"data": [], "next_cursor": None})
VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]


def keys(*names: str, **more: Any) -> dict[str, Any]:
    known = [{"name": name, "sha256": sha256(name.encode()).hexdigest(), "role": "editor", "scope": name, **more} for name in names]
    return {"mode": "keys", "keys": known}


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


@asynccontextmanager
async def before(folder: Path, reply: Reply, dialect: str = "phoenix", **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Vendor]]:
    """A gateway before one vendor that answers as told, on real sockets."""
    vendor = Vendor(reply)
    known = {"version": "20.26.1"} if discover()[dialect].release else {}
    async with (
        serving(vendor) as base,
        gateway(folder, base + "/below", dialect=dialect, api_key=KEY, retries=0, settings=settings, **known) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client, vendor


BOTH = pytest.mark.parametrize("path", ["/phoenix/v1/datasets", "/v1@vendor/datasets"], ids=["forwarded", "translated"])


@pytest.mark.parametrize(
    "path",
    [
        b"/phoenix/../x",
        b"/phoenix/v1/..%2f..%2fx",
        b"/phoenix/v1/%2e%2e/x",
        b"/phoenix/v1/%252e%252e/x",
        b"/phoenix//elsewhere.example/x",
        b"/phoenix/v1/..;/x",
        b"/phoenix/v1/a\\..\\x",
    ],
)
async def test_base_url_is_joined_strictly_no_dot_segments_no_double_slash(tmp_path: Path, path: bytes) -> None:
    async with before(tmp_path, fixed(200, EMPTY, JSON)) as (client, vendor):
        response = await client.get(client.base_url.copy_with(raw_path=path))
        assert response.status_code in (400, 404, 422)
        assert vendor.seen == []


async def test_base_url_is_joined_strictly_no_at_sign_or_scheme_from_the_path(tmp_path: Path) -> None:
    async with before(tmp_path, fixed(200, EMPTY, JSON)) as (client, vendor):
        for path in (b"/phoenix/@elsewhere.example/x", b"/phoenix/http:elsewhere.example", b"/phoenix@elsewhere.example/x"):
            await client.get(client.base_url.copy_with(raw_path=path))
        assert all(seen.path.startswith(b"/below/") and b"@" not in seen.path for seen in vendor.seen)
        assert all(seen.all(b"host")[0].startswith(b"127.0.0.1") for seen in vendor.seen)


async def test_an_id_of_a_translated_request_cannot_leave_its_segment(tmp_path: Path) -> None:
    async with before(tmp_path, fixed(200, EMPTY, JSON)) as (client, vendor):
        for name in ("..%2F..%2Fadmin", "%2e%2e", "a%2Fb", "a%3Fb%23c"):
            response = await client.get(client.base_url.copy_with(raw_path=f"/v1@vendor/datasets/{name}".encode()))
            assert response.status_code in (400, 404, 422, 502)
        assert not [seen for seen in vendor.seen if b"admin" in seen.path or b".." in seen.path or not seen.path.startswith(b"/below/")]


@BOTH
async def test_redirects_are_followed_to_the_same_origin_only(tmp_path: Path, path: str) -> None:
    other = Vendor(fixed(200, EMPTY, JSON))
    async with serving(other) as elsewhere:
        away = fixed(307, b"", [(b"location", f"{elsewhere}/v1/datasets".encode())])
        async with before(tmp_path, away) as (client, _):
            response = await client.get(path)
            assert response.status_code in (307, 502)
        for sideways in (b"//127.0.0.1:1/x", b"/outside", b"/below@127.0.0.1/x"):
            (tmp_path / sideways.hex()).mkdir()
            async with before(tmp_path / sideways.hex(), fixed(307, b"", [(b"location", sideways)])) as (client, vendor):
                await client.get(path)
                assert len(vendor.seen) == 1
    assert other.seen == []


async def test_next_links_are_followed_to_the_same_origin_only(tmp_path: Path) -> None:
    """A vendor's page names its next one by an address elsewhere: nothing is asked there, and the key goes nowhere."""
    other = Vendor(fixed(200, b"{}", JSON))
    async with serving(other) as elsewhere:
        page = {"count": 1, "next": f"{elsewhere}/api/datasets/list/?page=2", "previous": None, "results": []}
        async with before(tmp_path, fixed(200, orjson.dumps(page), JSON), "respan") as (client, _):
            assert (await client.get("/v1@vendor/datasets")).status_code == 200
    assert other.seen == []


async def test_passthrough_only_where_the_dialect_is_the_targets_own(tmp_path: Path) -> None:
    async with before(tmp_path, fixed(200, EMPTY, JSON), auth={"mode": "passthrough"}) as (client, vendor):
        own = await client.get("/phoenix/v1/datasets", headers=bearer("callers"))
        assert own.status_code == 200
        assert vendor.seen[0].all(b"authorization") == [b"Bearer callers"]
        for adapter in discover().values():
            if adapter.name != "phoenix":
                path = (
                    f"/{prefix_of(adapter)}@vendor"
                    + {"canonical": "", "respan": "/api", "evalguard": "/api/v1"}[adapter.name]
                    + "/datasets"
                )
                response = await client.get(path + ("/list/" if adapter.name == "respan" else ""), headers=bearer("callers"))
                assert response.status_code == 403, path
        assert len(vendor.seen) == 1


async def test_without_keys_host_and_origin_are_checked(serve: Serve) -> None:
    async with serve() as client:
        assert (await client.get("/v1/datasets", headers={"host": "evil.example"})).status_code == 403
        assert (await client.get("/v1/datasets", headers={"origin": "https://evil.example"})).status_code == 403
        assert (await client.get("/v1/datasets", headers={"origin": "http://localhost:3000"})).status_code == 200


def test_without_keys_the_gateway_listens_on_loopback_only() -> None:
    open_wide = Settings.model_validate({"server": {"host": "0.0.0.0"}})
    assert [problem.key for problem in problems(open_wide, Vocabulary(discover(), ()))] == ["server.host"]


@BOTH
async def test_what_stays_behind_towards_the_vendor(tmp_path: Path, path: str) -> None:
    sent = {
        **bearer("ann"),
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "te": "trailers",
        "proxy-authorization": "Basic eA==",
        "cookie": "session=1",
        "crosswalk-target": "vendor",
        "crosswalk-anything": "1",
    }
    async with before(tmp_path, fixed(200, EMPTY, JSON), auth=keys("ann")) as (client, vendor):
        assert (await client.get(path, headers=sent)).status_code == 200
        names = vendor.seen[0].names
        assert not names & {b"x-hop", b"te", b"proxy-authorization", b"cookie"}
        assert not [name for name in names if name.startswith(b"crosswalk-")]
        assert vendor.seen[0].all(b"authorization") == [f"Bearer {KEY}".encode()]
        assert b"ann" not in b"".join(value for _, value in vendor.seen[0].headers)


@BOTH
async def test_what_stays_behind_from_the_vendor(tmp_path: Path, path: str) -> None:
    """Written by hand: a server would not send some of these."""
    said = b"connection: close, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\nset-cookie: a=b\r\ncrosswalk-origin: a lie\r\nproxy-authenticate: x"

    async def reply(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % len(EMPTY)
        writer.write(head + said + b"\r\n\r\n" + EMPTY)
        await writer.drain()

    async with (
        raw(reply) as base,
        gateway(tmp_path, base, dialect="phoenix", retries=0, version="20.26.1") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        response = await client.get(path)
    assert response.status_code == 200
    assert not {"x-hop", "keep-alive", "set-cookie", "proxy-authenticate"} & set(response.headers)
    assert "lie" not in response.headers["crosswalk-origin"]


async def test_header_values_we_make_are_percent_encoded_and_bounded(serve: Serve, tmp_path: Path) -> None:
    async with faulty(tmp_path) as (url, _):
        target = {"adapter": "phoenix", "base_url": url + root("phoenix")}
        async with serve(targets={"t": target}, loss={"phoenix": {"create_experiment": "report"}}) as client:
            dataset = (await client.post("/v1@t/datasets", json={"name": "d", "examples": [{"input": "x"}]})).json()
            odd = {f"k\r\nx-injected: {number} é" + "\N{SNOWMAN}" * 300: 1 for number in range(30)}
            steps = [{"kind": "wait", "config": odd}]
            body = {"name": "n", "dataset_id": dataset["id"], "variants": [{"steps": steps}], "evaluators": [{"evaluator": "nobody"}]}
            response = await client.post("/v1@t/experiments", json=body)
            lost = response.headers.get("crosswalk-lost", "")
            assert response.status_code == 201
            assert lost
            assert "x-injected" not in response.headers
            assert len(lost) < 2_000
            assert lost.isascii()
            assert unquote(lost, errors="strict")


async def test_records_receipts_aliases_cached_answers_and_idempotency_results_belong_to_a_scope(tmp_path: Path) -> None:
    dataset = {"id": "RGF0YXNldDox", "name": "d", "description": None, "metadata": {}, "example_count": 0}
    times = {"created_at": "2026-01-01T00:00:00+00:00", "updated_at": "2026-01-01T00:00:00+00:00"}
    page = orjson.dumps({"data": [{**dataset, **times}], "next_cursor": None})
    async with serving(Vendor(fixed(200, page, JSON))) as base:
        kept = {"cache_ttl": 60, "version": "20.26.1", "settings": {"auth": keys("ann", "bob")}}
        async with gateway(tmp_path, base, dialect="phoenix", **kept) as url, httpx.AsyncClient(base_url=url) as client:
            for path in ("/phoenix/v1/datasets", "/v1@vendor/datasets"):
                await client.get(path, headers=bearer("ann"))
                assert (await client.get(path, headers=bearer("ann"))).headers["crosswalk-origin"] == "cached"
                assert (await client.get(path, headers=bearer("bob"))).headers["crosswalk-origin"] != "cached"
            body = {"name": "d", "examples": [], "alias": "mine"}
            once = {"idempotency-key": "k"}
            made = [await client.post("/v1@local/datasets", json=body, headers={**bearer(who), **once}) for who in ("ann", "bob")]
            assert [answer.headers["crosswalk-origin"] for answer in made] == ["emulated", "emulated"]
            assert made[0].json()["id"] != made[1].json()["id"]
            for who, other in (("ann", made[1]), ("bob", made[0])):
                assert (await client.get(f"/v1@local/datasets/{other.json()['id']}", headers=bearer(who))).status_code == 404


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [401, 403, 404])
async def test_what_is_kept_aside_is_shown_only_after_the_target_has_accepted_the_read(
    serve: Serve, tmp_path: Path, vendor: str, status: int
) -> None:
    async with faulty(tmp_path) as (url, played):
        target = {"adapter": vendor, "base_url": url + root(vendor), "requests_per_minute": 60_000, "retries": 0}
        async with serve(targets={"t": target}) as client:
            dataset = (await client.post("/v1@t/datasets", json={"name": "d", "tags": ["aside"], "examples": [{"input": "x"}]})).json()
            waits = [{"steps": [{"kind": "wait"}]}]
            body = {"name": "n", "dataset_id": dataset["id"], "variants": waits, "tags": ["aside"], "metadata": {"note": "aside"}}
            made = (await client.post("/v1@t/experiments", json=body)).json()
            path = f"/v1@t/experiments/{made['id']}"
            assert "aside" in (await client.get(path)).text
            played.always, played.before = True, {"": answered(status, b"No", b"text/plain")}
            for asked in (path, f"{path}/runs", f"{path}/summary", f"{path}/export", f"/v1@t/datasets/{dataset['id']}"):
                refused = await client.get(asked)
                assert refused.status_code >= 400, asked
                assert "aside" not in refused.text


async def test_decompression_is_bounded(serve: Serve) -> None:
    """A bomb: 200 MB of zeros in 200 kB."""
    packed = gzip.compress(b"\0" * 200_000_000, 9)
    headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
    async with serve() as client:
        tracemalloc.start()
        try:
            response = await client.post("/phoenix/v1/traces", content=packed, headers=headers)
            assert tracemalloc.get_traced_memory()[1] < 150_000_000
        finally:
            tracemalloc.stop()
        assert response.status_code in (400, 413, 415, 422)
        for path in ("/v1/datasets", "/respan/api/datasets/", "/evalguard/api/v1/datasets", "/phoenix/v1/datasets/upload"):
            headers = {"content-type": "application/json", "content-encoding": "gzip"}
            assert 400 <= (await client.post(path, content=packed, headers=headers)).status_code < 500


async def test_a_vendors_answer_is_not_unpacked_beyond_a_bound(tmp_path: Path) -> None:
    """The gateway asks for plain answers; one that comes packed all the same is not data."""
    bomb = gzip.compress(b" " * 50_000_000, 9)
    async with before(tmp_path, fixed(200, bomb, [*JSON, (b"content-encoding", b"gzip")])) as (client, vendor):
        assert (await client.get("/v1@vendor/datasets")).status_code == 502
        assert not [seen for seen in vendor.seen if any(b"gzip" in value for value in seen.all(b"accept-encoding"))]


BODIES = ("/v1/datasets", "/respan/api/datasets/", "/evalguard/api/v1/datasets", "/phoenix/v1/datasets/upload")


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
async def test_json_depth_is_bounded(serve: Serve, path: str, deep: bytes) -> None:
    async with serve() as client:
        response = await client.post(path, content=deep, headers={"content-type": "application/json"})
        assert response.status_code in (400, 422)


async def test_json_depth_of_a_vendors_answer_is_bounded(tmp_path: Path) -> None:
    replies = in_turn(fixed(200, b"[" * 100_000, JSON), fixed(400, b"[" * 100_000, JSON))
    async with before(tmp_path, replies) as (client, _):
        assert (await client.get("/v1@vendor/datasets")).json()["code"] == "upstream_invalid"
        assert (await client.get("/v1@vendor/datasets")).status_code == 400


async def test_regular_expressions_take_linear_time(serve: Serve) -> None:
    async with serve() as client:
        body = {"evaluator": "regex-match", "parameters": {"pattern": "(a+)+$"}}
        definition = {
            "name": "slow?",
            "examples": [{"input": "a" * 50_000 + "b"}],
            "evaluators": [body],
            "variants": [{"steps": [{"kind": "completion", "config": {"template": "{{input}}", "model": "echo"}}]}],
        }
        started = perf_counter()
        made = (await client.post("/v1/experiments", json=definition)).json()
        while (found := (await client.get(f"/v1/experiments/{made['id']}")).json())["status"] in ("pending", "running"):
            assert perf_counter() - started < 10
        assert found["status"].startswith("completed"), found


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/experiments", "/v1/evaluators"])
async def test_page_sizes_are_bounded(serve: Serve, path: str) -> None:
    async with serve() as client:
        assert (await client.get(path, params={"limit": 1000})).status_code == 200
        for limit in (1001, 10**30, -1):
            assert (await client.get(path, params={"limit": limit})).status_code in (400, 422)


async def test_page_sizes_are_bounded_in_a_vendors_dialect(serve: Serve) -> None:
    async with serve() as client:
        assert (await client.get("/respan/api/v2/experiments/list/", params={"page_size": 101})).status_code == 400


async def test_filters_are_bounded(serve: Serve) -> None:
    """Wide, and hostile to a backtracking matcher."""
    async with serve() as client:
        started = perf_counter()
        filters = {"name": {"operator": "regex", "value": "(a+)+$"}, "other": {"operator": "icontains", "value": "%_" * 20_000}}
        response = await client.post("/respan/api/v2/experiments/list/", json={"filters": filters})
        assert 200 <= response.status_code < 500
        wide = {f"metadata__{number}": {"operator": "", "value": "x"} for number in range(5_000)}
        assert 200 <= (await client.post("/respan/api/v2/experiments/list/", json={"filters": wide})).status_code < 500
        assert perf_counter() - started < 10


async def test_queues_are_bounded(tmp_path: Path) -> None:
    """One call under way, ten waiting, the rest refused at once (see also tests/gateway/upstream/test_fairness.py)."""

    async def stuck(seen: Seen, send: Send) -> None:
        await asyncio.sleep(5)

    async with (
        serving(Vendor(stuck)) as base,
        gateway(tmp_path, base, dialect="phoenix", concurrency=1, retries=0) as url,
        httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=None)) as client,
    ):
        calls = [asyncio.create_task(client.post("/phoenix/x", content=b"{}")) for _ in range(30)]
        done, waiting = await asyncio.wait(calls, timeout=1)
        assert ({call.result().status_code for call in done}, len(done)) == ({429}, 19)
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("kind", ["code", "webhook", "http", "python"])
async def test_scorers_that_would_call_out_or_run_code_are_refused(serve: Serve, kind: str) -> None:
    called = Vendor(fixed(200, b"{}", JSON))
    async with serving(called) as outside, serve() as client:
        definition = {"url": outside, "code": f"import urllib.request; urllib.request.urlopen('{outside}')", "source": "def f(): return 1"}
        made = await client.post("/v1/evaluators", json={"name": "out", "slug": "out", "kind": kind, "definition": definition})
        if made.status_code == 201:
            variants = [{"steps": [{"kind": "completion", "config": {"template": "x", "model": "echo"}}]}]
            body = {"name": "e", "examples": [{"input": "x"}], "evaluators": [{"evaluator": "out"}], "variants": variants}
            answer = await client.post("/v1/experiments", json=body)
            if answer.status_code == 201:
                while (found := (await client.get(f"/v1/experiments/{answer.json()['id']}")).json())["status"] in ("pending", "running"):
                    pass
                scores = (await client.get(f"/v1/experiments/{found['id']}/runs")).json()["items"][0]["scores"]
                assert all(score["error"] and score["value"] is None for score in scores)
                assert scores
        assert called.seen == []


async def test_livez_and_readyz_are_open_and_the_rest_follows_auth(serve: Serve) -> None:
    async with serve(auth=keys("ann")) as client:
        for path in ("/livez", "/readyz"):
            assert (await client.get(path)).status_code == 200
        closed = ("/metrics", "/v1/targets", "/v1/capabilities", "/v1/coverage", "/v1/receipts/x", "/v1/datasets", "/v1/nothing")
        for path in closed:
            assert (await client.get(path)).status_code == 401, path
            assert (await client.get(path, headers=bearer("mallory"))).status_code == 401, path
        assert (await client.get("/metrics", headers=bearer("ann"))).status_code == 200
        assert (await client.post("/v1/translate", json={})).status_code == 401


async def test_a_key_sees_only_the_targets_it_may_reach(serve: Serve) -> None:
    targets = {"mine": {"adapter": "local"}, "theirs": {"adapter": "local"}}
    async with serve(auth=keys("ann", targets=["mine"]), targets=targets) as client:
        listed = (await client.get("/v1/targets", headers=bearer("ann"))).text
        assert "mine" in listed
        assert "theirs" not in listed
        assert (await client.get("/v1@theirs/datasets", headers=bearer("ann"))).status_code == 403


def test_a_secret_in_a_base_url_is_refused() -> None:
    target = {"adapter": "phoenix", "base_url": "https://user:secret@phoenix.example"}
    with pytest.raises(ValueError, match="credentials do not belong in a URL"):
        Settings.model_validate({"targets": {"t": target}})
