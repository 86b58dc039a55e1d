"""Everything that can go wrong, as one closed set of codes; each dialect has a column for how it says them."""

from dataclasses import dataclass, field
from enum import StrEnum

from schemas.ids import Kind
from schemas.json import Json


class Code(StrEnum):
    """What went wrong, for programs. Whether it may be repeated is `RETRYABLE`."""

    INVALID_REQUEST = "invalid_request"
    UNREADABLE_BODY = "unreadable_body"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NO_ROUTE = "no_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    UNSUPPORTED = "unsupported"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    LOSS_REFUSED = "loss_refused"
    RATE_LIMITED = "rate_limited"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UPSTREAM_INVALID = "upstream_invalid"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    TIMEOUT = "timeout"
    OUTCOME_UNKNOWN = "outcome_unknown"
    INTERNAL = "internal"


RETRYABLE = frozenset({Code.RATE_LIMITED, Code.UPSTREAM_UNAVAILABLE, Code.TIMEOUT})


class Reason(StrEnum):
    """The finer cause where dialects have a text of their own for it."""

    MALFORMED_ID = "malformed_id"
    WRONG_KIND = "wrong_kind"
    UNKNOWN_RECORD = "unknown_record"
    BAD_CURSOR = "bad_cursor"
    DUPLICATE = "duplicate"
    EMPTY = "empty"
    NOTHING_TO_CHANGE = "nothing_to_change"
    BUSY = "busy"
    RESERVED = "reserved"
    TERMINAL = "terminal"
    VALIDATION = "validation"


_PARTS = (("body",), ("query",))


@dataclass(frozen=True)
class Issue:
    """One thing wrong with one field: a path into the body or query, a message, the validator's word for it, and what was sent."""

    path: tuple[str | int, ...]
    message: str
    type: str = "value_error"
    input: Json = None
    context: dict[str, Json] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The path for people: dots between, without the part of the request it starts in (`body`, `query`); "" for the whole."""
        return ".".join(map(str, self.path[1:] if self.path[:1] in _PARTS else self.path))

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer (RFC 6901)."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


@dataclass
class CrosswalkError(Exception):
    """An error on its way to the client, who gets it in the client's own dialect.

    `code` is for programs, `message` for people. `reason`, `kind` and `reference` (the id in question) choose a dialect's own text.
    `issues` name the fields of an invalid request. `retry_after` is in seconds. `vendor_*` hold what a vendor said, secrets masked.
    """

    code: Code
    message: str
    reason: Reason | None = None
    kind: Kind | None = None
    reference: str | None = None
    issues: tuple[Issue, ...] = ()
    retry_after: float | None = None
    allow: tuple[str, ...] = ()
    vendor: str | None = None
    vendor_status: int | None = None
    vendor_code: str | None = None
    vendor_body: Json = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def retryable(self) -> bool:
        """True when the same request may succeed later and may safely be sent again."""
        return self.code in RETRYABLE


def unknown(kind: Kind, reference: str) -> CrosswalkError:
    """The error for a well-formed id that names nothing (or nothing this caller may see)."""
    return CrosswalkError(Code.NOT_FOUND, f"No {kind.title} has the id {reference!r}.", Reason.UNKNOWN_RECORD, kind, reference)


def malformed(kind: Kind, reference: str) -> CrosswalkError:
    """The error for a text that is no id at all in the client's dialect."""
    return CrosswalkError(Code.INVALID_REQUEST, f"{reference!r} is no {kind.title} id.", Reason.MALFORMED_ID, kind, reference)


def wrong_kind(kind: Kind, reference: str) -> CrosswalkError:
    """The error for an id of another kind of record."""
    return CrosswalkError(Code.NOT_FOUND, f"{reference!r} is not the id of a {kind.title}.", Reason.WRONG_KIND, kind, reference)


def invalid(message: str, *path: str | int, type: str = "value_error", input: Json = None) -> CrosswalkError:
    """The error for one wrong field of an otherwise readable request."""
    return CrosswalkError(Code.INVALID_REQUEST, message, Reason.VALIDATION, issues=(Issue(path, message, type, input),))
