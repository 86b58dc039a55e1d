"""Large answers are compressed for those who take gzip, and only for them."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http import Response
from gateway.compression import SMALLEST, compressed, takes_gzip

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("value", ["gzip", "deflate, gzip;q=0.5", "gzip, br", "*", "GZIP", "br;q=1.0, gzip;q=0.8, *;q=0.1"])
def test_gzip_is_taken(value: str) -> None:
    assert takes_gzip(value)


@pytest.mark.parametrize("value", ["", "identity", "br", "gzip;q=0", "gzip;q=0.0", "x-gzipped"])
def test_gzip_is_not_taken(value: str) -> None:
    assert not takes_gzip(value)


@given(st.binary(min_size=SMALLEST, max_size=200_000))
async def test_the_body_is_the_same_after_unpacking(body: bytes) -> None:
    answer = await compressed(Response(200, body), "gzip")
    assert gzip.decompress(answer.body) == body
    assert answer.headers["Content-Encoding"] == "gzip"


async def test_a_small_body_stays_as_it_is() -> None:
    answer = Response(200, b"{}")
    assert await compressed(answer, "gzip") is answer
