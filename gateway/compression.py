"""Answers made here, compressed for whoever takes gzip."""

import asyncio
import gzip
import re
from dataclasses import replace

from adapters.http import Response

SMALLEST = 1400
"""Bytes: what fits one packet gains nothing."""

_LEVEL = 5
_IN_LOOP = 64 * 1024
_GZIP = re.compile(r"(?:^|[,\s])(?:gzip|\*)\s*(?:;\s*q=(?P<quality>[0-9.]+))?\s*(?:,|$)", re.IGNORECASE)


async def compressed(response: Response, accept_encoding: str) -> Response:
    """The answer with its body gzipped, when the request's `Accept-Encoding` takes that and the body is worth it; large ones in a thread."""
    if len(response.body) < SMALLEST or not takes_gzip(accept_encoding):
        return response
    body = response.body
    packed = await asyncio.to_thread(_pack, body) if len(body) > _IN_LOOP else _pack(body)
    return replace(response, body=packed, headers={**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an `Accept-Encoding` value (RFC 9110 section 12.5.3) takes gzip."""
    found = _GZIP.search(accept_encoding[:1000])
    return found is not None and (found["quality"] or "1").strip("0.") != ""


def _pack(body: bytes) -> bytes:
    # No time stamp: equal bodies give equal bytes.
    return gzip.compress(body, _LEVEL, mtime=0)
