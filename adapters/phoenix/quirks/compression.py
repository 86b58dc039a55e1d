"""Decompression of request bodies, bounded: a small body may not become a large one."""

import zlib

MAX_SIZE = 64 * 1024 * 1024
# zlib reads gzip with 16 + 15 window bits, and either form of its own with 32 + 15.
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": 32 + zlib.MAX_WBITS}


class Inflated(ValueError):
    """A body that cannot be decompressed, or is too large once it is."""


def inflate(body: bytes, encoding: str, limit: int = MAX_SIZE) -> bytes:
    """The decompressed body; `encoding` is gzip or deflate. Raises `Inflated`."""
    try:
        return _inflate(body, _WINDOW[encoding], limit)
    except zlib.error as error:
        if encoding == "deflate":
            return _raw(body, limit)
        raise Inflated(str(error)) from None


def _raw(body: bytes, limit: int) -> bytes:
    """Deflate without zlib's frame, as some clients send it."""
    try:
        return _inflate(body, -zlib.MAX_WBITS, limit)
    except zlib.error as error:
        raise Inflated(str(error)) from None


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    machine = zlib.decompressobj(window)
    content = machine.decompress(body, limit + 1)
    if len(content) > limit:
        raise Inflated(f"larger than {limit} bytes")
    if not machine.eof:
        raise Inflated("incomplete")
    return content
