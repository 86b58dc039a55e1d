"""Where a target is: joining a caller's path to its base URL so that nothing outside it can be reached."""

import re
from urllib.parse import unquote_to_bytes, urlsplit

from schemas.errors import Code, CrosswalkError

_PORTS = {"http": 80, "https": 443}

# Segments of harmless characters that do not begin with a dot: nearly every path, at the price of one match.
_PLAIN = re.compile(rb"(?=/)(?:/[A-Za-z0-9_~!$&'()*+,=:-][A-Za-z0-9._~!$&'()*+,=:-]*)*/?")
_VISIBLE = re.compile(rb"[!-~]*")
_BARRED = (b"//", b"\\", b"#", b"?")
_DECODINGS = 4


class Base:
    """A target's base URL: an origin and perhaps a path prefix."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._origin = _origin(url)
        self._prefix = parts.path.rstrip("/")
        self._root = f"{parts.scheme}://{parts.netloc}{self._prefix}"

    def join(self, path: bytes, query: bytes = b"") -> str:
        """The URL of a raw path below the base, escapes and query octet by octet as given; a raw `@` is written `%40`.

        Raises CrosswalkError (invalid_request) for dot segments however encoded, empty segments, backslashes, and what is not visible ASCII.
        """
        if not _PLAIN.fullmatch(path):
            path = _judged(path)
        if not _VISIBLE.fullmatch(query) or b"#" in query:
            raise _refused("its query holds characters that have to be percent-encoded")
        url = self._root + path.decode("ascii")
        return f"{url}?{query.decode('ascii')}" if query else url

    def inside(self, url: str) -> str | None:
        """The path and query below the base that a link of this target means; None when it leads elsewhere.

        `url` is absolute, or a path from the root of the origin.
        """
        try:
            parts = urlsplit(url)
            same = _origin(url) == self._origin if parts.scheme or parts.netloc else url.startswith("/")
        except ValueError:
            return None
        below = parts.path.removeprefix(self._prefix) if parts.path.startswith(self._prefix) else None
        if not same or "@" in parts.netloc or "\\" in url or below is None or not below.startswith("/"):
            return None
        return f"{below}?{parts.query}" if parts.query else below


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _judged(path: bytes) -> bytes:
    if not path.startswith(b"/") or not _VISIBLE.fullmatch(path):
        raise _refused("it holds characters that have to be percent-encoded")
    if any(barred in path for barred in _BARRED):
        raise _refused("it holds an empty segment, a backslash or a fragment")
    for decoded in _decodings(path):
        if b"\\" in decoded:
            raise _refused("it holds a backslash")
        if any(segment.partition(b";")[0] in (b".", b"..") for segment in decoded.split(b"/")):
            raise _refused("it holds a dot segment")
    return path.replace(b"@", b"%40")


def _decodings(path: bytes) -> list[bytes]:
    """The path as servers may read it: as it is, decoded, decoded again, …"""
    seen = [path]
    while len(seen) <= _DECODINGS and (decoded := unquote_to_bytes(seen[-1])) != seen[-1]:
        seen.append(decoded)
    if len(seen) > _DECODINGS:
        raise _refused("it is encoded too many times")
    return seen


def _refused(reason: str) -> CrosswalkError:
    return CrosswalkError(Code.INVALID_REQUEST, f"The path cannot be sent on: {reason}.")
