"""Which headers travel on, towards a vendor and back from it."""

from collections.abc import Iterable

from gateway.upstream.client import RawHeaders
from schemas.errors import Code, CrosswalkError

# RFC 9110 section 7.6.1, with the older Keep-Alive and Proxy-* ones.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_COOKIES = frozenset({b"cookie", b"cookie2", b"set-cookie", b"set-cookie2"})
_OURS = b"crosswalk-"

# `Expect` has been answered by our own server; `Host` names us.
_KEPT_FROM_VENDORS = HOP_BY_HOP | _COOKIES | {b"authorization", b"expect", b"host"}

# Our server writes its own `Date`, and every answer says these about this gateway, not about one behind it.
_KEPT_FROM_CLIENTS = (
    HOP_BY_HOP | _COOKIES | {b"date", b"crosswalk-attempts", b"crosswalk-origin", b"crosswalk-request-id", b"crosswalk-target"}
)

_WITHOUT_BODY = frozenset({204, 304})


def towards(
    headers: Iterable[tuple[bytes, bytes]], key: tuple[str, str] | None, also: frozenset[bytes] = frozenset()
) -> list[tuple[str, str]]:
    """A client's headers (lower-case names) for a vendor, in order and repeated as they were, with the target's key as the last one.

    `also` names further headers to leave out. Raises CrosswalkError (invalid_request) for a value that is not UTF-8, since it could not arrive as it is.
    """
    headers = list(headers)
    barred = _KEPT_FROM_VENDORS | also | _named(headers)
    kept = [(name.decode("latin-1"), _value(name, value)) for name, value in headers if name not in barred and not name.startswith(_OURS)]
    if key is not None:
        kept.append(key)
    return kept


def back(headers: RawHeaders, status: int) -> RawHeaders:
    """A vendor's headers for the client, names in lower case."""
    lower = [(name.lower(), value) for name, value in headers]
    barred = _KEPT_FROM_CLIENTS | _named(lower)
    if status in _WITHOUT_BODY:
        barred |= {b"content-length"}
    return [pair for pair in lower if pair[0] not in barred]


def first(headers: RawHeaders, wanted: bytes) -> str | None:
    """The first value of a header, its name in lower case."""
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), None)


def _named(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """The headers that `Connection` names: they end here, too."""
    values = [value for name, value in headers if name == b"connection"]
    return frozenset(token.strip().lower() for value in values for token in value.split(b","))


def _value(name: bytes, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CrosswalkError(
            Code.INVALID_REQUEST, f"The value of the header {name.decode('latin-1')} is not UTF-8 and cannot be sent on."
        ) from None
