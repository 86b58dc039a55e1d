"""No path of a caller leads out of a target's base URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.upstream.address import Base
from schemas.errors import Code, CrosswalkError
from tests.gateway.upstream.stub import DIALECT, Vendor, gateway, serving

BASE = Base("https://vendor.test/deep/root")

HOSTILE = [
    b"/../x",
    b"/a/..",
    b"/./x",
    b"/%2e%2e/x",
    b"/%2E./x",
    b"/a/.%2e/b",
    b"/..%2fx",
    b"/a%2f..%2fb",
    b"/%252e%252e/x",
    b"/%25252e%25252e/x",
    b"/%2525252525252e/x",
    b"/..;/x",
    b"/..%3bv=1/x",
    b"/a\\..\\b",
    b"/a%5cb",
    b"/a%255cb",
    b"//evil.test/x",
    b"/a//b",
    b"//",
    b"/http://evil.test/",
    b"/x#y",
    b"/a b",
    b"/a\r\nhost: evil",
    b"/\xc3\xa9",
    b"/a\x00",
    b"@evil.test/",
    b".evil.test/",
    b":8080/",
    b"x",
    b"",
]

HARMLESS = [
    b"/",
    b"/v1/experiments",
    b"/v1/a..b/...c/.hidden/x.",
    b"/a%2Fb/%C3%A9%20/~x;v=1/",
    b"/a:b/$&'()*+,=!|^`{}\"<>",
    b"/%zz/%",
    b"/http:/x",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths_are_refused(path: bytes) -> None:
    with pytest.raises(CrosswalkError) as caught:
        BASE.join(path)
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("path", HARMLESS)
def test_harmless_paths_are_joined_as_they_are(path: bytes) -> None:
    assert BASE.join(path, b"a=%2e%2e&b=//x@y") == f"https://vendor.test/deep/root{path.decode()}?a=%2e%2e&b=//x@y"


@pytest.mark.parametrize("path", [b"/@evil.test/x", b"/users/a@b.test", b"/user:pw@evil.test/"])
def test_an_at_sign_is_escaped(path: bytes) -> None:
    assert BASE.join(path) == "https://vendor.test/deep/root" + path.decode().replace("@", "%40")


@pytest.mark.parametrize("query", [b"a=b c", b"a#b", b"\xff", b"a\r\nb"])
def test_queries_that_no_url_can_hold_are_refused(query: bytes) -> None:
    with pytest.raises(CrosswalkError):
        BASE.join(b"/x", query)


@given(
    st.lists(
        st.sampled_from(["/", ".", "%2e", "%2f", "%5c", "\\", "@", ":", ";", "a", "%25", "2e", "//", "..", "é", "?", "#"]), max_size=12
    ).map("".join)
)
@example("/a/%2e%2e%2f%2e%2e/b")
def test_whatever_is_joined_stays_below_the_base(path: str) -> None:
    try:
        url = BASE.join(path.encode())
    except CrosswalkError:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "vendor.test")
    decoded = unquote_to_bytes(unquote_to_bytes(parts.path))
    assert parts.path.startswith("/deep/root/")
    assert not {b".", b".."} & set(decoded.replace(b"\\", b"/").split(b"/"))


INSIDE = {
    "https://vendor.test/deep/root/v1/x?page=2": "/v1/x?page=2",
    "https://vendor.test:443/deep/root/x": "/x",
    "/deep/root/x/": "/x/",
    "https://vendor.test/deep/rootless/x": None,
    "https://vendor.test/other/x": None,
    "http://vendor.test/deep/root/x": None,
    "https://vendor.test:8443/deep/root/x": None,
    "https://evil.test/deep/root/x": None,
    "https://vendor.test@evil.test/deep/root/x": None,
    "https://user@vendor.test/deep/root/x": None,
    "//evil.test/deep/root/x": None,
    "/\\evil.test/deep/root/x": None,
    "x/y": None,
    "https://[": None,
}


@pytest.mark.parametrize(("link", "below"), INSIDE.items())
def test_links_are_followed_only_within_the_target(link: str, below: str | None) -> None:
    assert BASE.inside(link) == below


@pytest.mark.anyio
async def test_an_attack_gets_the_dialects_error_and_the_vendor_sees_nothing(tmp_path: Path) -> None:
    vendor = Vendor()
    async with serving(vendor) as base, gateway(tmp_path, base) as url, httpx.AsyncClient() as client:
        for path in (b"/%2e%2e/x", b"//evil.test/x", b"/a%5cb", b"/a/..;/b"):
            raw = httpx.URL(url).copy_with(raw_path=f"/{DIALECT}".encode() + path)
            response = await client.get(raw)
            assert response.status_code == 400, path
        escaped = httpx.URL(url).copy_with(raw_path=b"/%72espan/x")
        assert (await client.get(escaped)).status_code == 400
        assert (await client.get(f"{url}/{DIALECT}/x")).status_code == 200
    assert [seen.path for seen in vendor.seen] == [b"/x"]
