"""Which headers cross the gateway, and what it says about itself."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Send

from gateway.upstream.headers import back, towards
from schemas.errors import CrosswalkError
from tests.gateway.upstream.stub import DIALECT, TARGET, RawHeaders, Seen, Vendor, fixed, gateway, serving

pytestmark = pytest.mark.anyio

READ_BY_POST = "/api/scores/list/"  # a route of the dialect that lists
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

CLIENT: RawHeaders = [
    (b"accept", b"text/csv"),
    (b"x-tag", b"1"),
    (b"x-tag", b"2"),
    (b"x-name", "Zoë".encode()),
    (b"traceparent", TRACE.encode()),
    (b"idempotency-key", b"abc"),
]
STAYING: RawHeaders = [
    (b"cookie", b"session=1"),
    (b"authorization", b"Bearer our-own-key"),
    (b"crosswalk-target", TARGET.encode()),
    (b"crosswalk-anything", b"x"),
    (b"connection", b"x-private, close"),
    (b"x-private", b"1"),
    (b"keep-alive", b"timeout=5"),
    (b"te", b"trailers"),
    (b"trailer", b"x"),
    (b"upgrade", b"h2c"),
    (b"proxy-authorization", b"Basic eA=="),
    (b"proxy-connection", b"keep-alive"),
    (b"expect", b"100-continue"),
]


def keys(role: str = "editor", **more: Any) -> dict[str, Any]:
    return {"auth": {"mode": "keys", "keys": [{"name": "ci", "sha256": sha256(b"our-own-key").hexdigest(), "role": role, **more}]}}


async def test_towards_the_vendor(tmp_path: Path) -> None:
    vendor = Vendor()
    async with (
        serving(vendor) as base,
        gateway(tmp_path, base, settings=keys(), api_key="vendor-key") as url,
        httpx.AsyncClient() as client,
    ):
        del client.headers["user-agent"], client.headers["accept-encoding"], client.headers["accept"]
        response = await client.post(f"{url}/{DIALECT}/x", content=b"{}", headers=[*CLIENT, *STAYING])
    assert response.status_code == 200
    (seen,) = vendor.seen
    own = [(b"authorization", b"Bearer vendor-key"), (b"content-length", b"2"), (b"host", base.removeprefix("http://").encode())]
    assert sorted(seen.headers) == sorted([*CLIENT, *own])
    assert seen.all(b"x-tag") == [b"1", b"2"]


@pytest.mark.parametrize("settings", [{}, keys()], ids=["none", "keys"])
async def test_a_callers_key_stays_here_when_the_target_has_none(tmp_path: Path, settings: dict[str, Any]) -> None:
    vendor = Vendor()
    async with serving(vendor) as base, gateway(tmp_path, base, settings=settings) as url, httpx.AsyncClient() as client:
        response = await client.get(f"{url}/{DIALECT}/x", headers={"authorization": "Bearer our-own-key"})
    assert (response.status_code, vendor.seen[0].all(b"authorization")) == (200, [])


async def test_a_credential_is_passed_through_where_that_is_configured(tmp_path: Path) -> None:
    vendor = Vendor()
    settings = {"auth": {"mode": "passthrough"}}
    async with (
        serving(vendor) as base,
        gateway(tmp_path, base, settings=settings, api_key="configured") as url,
        httpx.AsyncClient() as client,
    ):
        response = await client.get(f"{url}/{DIALECT}/x", headers={"authorization": "bearer the-callers"})
        assert (response.status_code, vendor.seen[0].all(b"authorization")) == (200, [b"Bearer the-callers"])
        assert (await client.get(f"{url}/{DIALECT}/x")).status_code == 401
        other = await client.get(f"{url}/v1@{TARGET}/experiments", headers={"authorization": "Bearer the-callers"})
        assert other.status_code == 403  # another dialect: the key must not reach this vendor through translation
    assert len(vendor.seen) == 1


async def test_back_from_the_vendor(tmp_path: Path) -> None:
    passing: RawHeaders = [
        (b"content-type", b"application/x-unheard-of"),
        (b"x-ratelimit-remaining", b"3"),
        (b"retry-after", b"7"),
        (b"x-request-id", b"vendor-1"),
        (b"x-version", b"20.1"),
        (b"content-disposition", 'attachment; filename="Zoë.csv"'.encode()),
        (b"x-latin", b"caf\xe9"),
        (b"vary", b"a"),
        (b"vary", b"b"),
        (b"crosswalk-lost", b"/x"),
    ]
    staying: RawHeaders = [
        (b"set-cookie", b"a=b"),
        (b"connection", b"x-private"),
        (b"x-private", b"1"),
        (b"keep-alive", b"timeout=5"),
        (b"proxy-authenticate", b"Basic"),
        (b"crosswalk-target", b"other"),
        (b"crosswalk-request-id", b"other"),
    ]
    vendor = Vendor(fixed(429, b"slow down", [*passing, *staying]))
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        response = await client.post(f"{url}/{DIALECT}/x", headers={"traceparent": TRACE, "crosswalk-request-id": "r1"})
    assert (response.status_code, response.content) == (429, b"slow down")
    received = [(name.lower(), value) for name, value in response.headers.raw]
    assert [pair for pair in received if pair in passing] == passing
    assert not [pair for pair in received if pair in staying]
    assert [name for name, _ in received].count(b"date") == 1
    assert response.headers["crosswalk-target"] == TARGET
    assert response.headers["crosswalk-origin"] == "forwarded"
    assert response.headers["crosswalk-attempts"] == "1"
    assert response.headers["crosswalk-request-id"] == "r1"
    assert response.headers["traceparent"] == TRACE
    timing = response.headers["server-timing"]
    assert "upstream;dur=" in timing
    assert "gateway;dur=" in timing


async def test_redirects_within_the_target_lead_back_through_the_gateway(tmp_path: Path) -> None:
    async def moved(seen: Seen, send: Send) -> None:
        host = seen.all(b"host")[0].decode()
        location = {
            b"/pre/absolute": f"http://{host}/pre/next/?page=2",
            b"/pre/rooted": "/pre/next/",
            b"/pre/near": "next/",
            b"/pre/foreign": "https://elsewhere.test/pre/next",
            b"/pre/outside": f"http://{host}/login",
        }[seen.path]
        await fixed(308, b"", [(b"location", location.encode())])(seen, send)

    async with serving(Vendor(moved)) as base, gateway(tmp_path, base + "/pre") as url, httpx.AsyncClient() as client:

        async def location(path: str, prefix: str = f"/{DIALECT}") -> str:
            response = await client.post(f"{url}{prefix}{path}", content=b"x")
            assert response.status_code == 308
            return response.headers["location"]

        assert await location("/absolute") == f"/{DIALECT}/next/?page=2"
        assert await location("/absolute", f"/{DIALECT}@{TARGET}") == f"/{DIALECT}@{TARGET}/next/?page=2"
        assert await location("/rooted") == f"/{DIALECT}/next/"
        assert await location("/near") == "next/"
        assert await location("/foreign") == "https://elsewhere.test/pre/next"
        assert await location("/outside") == f"{base}/login"


async def test_the_target_is_chosen_by_path_header_or_route(tmp_path: Path) -> None:
    one, two = Vendor(fixed(200, b"one")), Vendor(fixed(200, b"two"))
    async with serving(one) as first, serving(two) as second:
        targets = {"one": {"adapter": DIALECT, "base_url": first}, "two": {"adapter": DIALECT, "base_url": second}}
        settings = {"targets": targets, "routes": {DIALECT: "one"}}
        async with gateway(tmp_path, first, settings=settings) as url, httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/{DIALECT}/x")).text == "one"
            assert (await client.get(f"{url}/{DIALECT}@two/x")).text == "two"
            assert (await client.get(f"{url}/{DIALECT}/x", headers={"crosswalk-target": "two"})).text == "two"
            assert (await client.get(f"{url}/{DIALECT}@one/x", headers={"crosswalk-target": "two"})).status_code == 400
            assert (await client.get(f"{url}/v1@three/experiments")).status_code == 400
            local = await client.get(f"{url}/{DIALECT}@local/nothing-modelled")
            assert (local.status_code, local.headers.get("crosswalk-origin")) == (404, None)
            other = await client.get(f"{url}/v1@one/experiments")
            assert (other.status_code, other.json()["code"]) == (502, "upstream_invalid")


async def test_roles_and_targets_of_keys_hold(tmp_path: Path) -> None:
    vendor = Vendor()
    auth = {"authorization": "Bearer our-own-key"}
    async with serving(vendor) as base, httpx.AsyncClient() as client:
        async with gateway(tmp_path, base, settings=keys("viewer")) as url:
            assert (await client.get(f"{url}/{DIALECT}/x")).status_code == 401
            assert (await client.get(f"{url}/{DIALECT}/x", headers=auth)).status_code == 200
            assert (await client.post(f"{url}/{DIALECT}/x", headers=auth)).status_code == 403
            reading = httpx.URL(f"{url}/{DIALECT}{READ_BY_POST}")
            assert (await client.post(reading, headers=auth)).status_code == 200
            escaped = reading.copy_with(raw_path=reading.raw_path.replace(b"list", b"%6Cist"))
            assert (await client.post(escaped, headers=auth)).status_code == 403
        async with gateway(tmp_path, base, settings=keys(targets=["local"])) as url:
            assert (await client.get(f"{url}/{DIALECT}/x", headers=auth)).status_code == 403
    assert [(seen.method, seen.path) for seen in vendor.seen] == [("GET", b"/x"), ("POST", READ_BY_POST.encode())]


def test_a_value_that_could_not_arrive_as_it_is_is_refused() -> None:
    with pytest.raises(CrosswalkError, match="x-name is not UTF-8"):
        towards([(b"x-name", b"caf\xe9")], None)


def test_an_answer_without_a_body_announces_no_length() -> None:
    assert back([(b"Content-Length", b"5"), (b"ETag", b"x")], 304) == [(b"etag", b"x")]
    assert back([(b"Content-Length", b"5")], 200) == [(b"content-length", b"5")]
