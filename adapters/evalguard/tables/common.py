"""Ids, times, texts, figures and errors."""

from collections.abc import Mapping

from adapters.base import Envelope
from adapters.codecs import Function, Time
from adapters.evalguard.quirks.values import Text, Uuid
from adapters.scope import Scope
from schemas.errors import Code, Reason
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.statuses import STATUSES

DATASET_ID = Uuid(Kind.DATASET)
VERSION_ID = Uuid(Kind.DATASET_VERSION)
EXAMPLE_ID = Uuid(Kind.EXAMPLE)
EXPERIMENT_ID = Uuid(Kind.EXPERIMENT)
RUN_ID = Uuid(Kind.RUN)
EVALUATOR_ID = Uuid(Kind.EVALUATOR)
PROMPT_ID = Uuid(Kind.PROMPT)
PROJECT_ID = Uuid(Kind.PROJECT)
DOCUMENT_ID = Uuid(Kind.DOCUMENT)

TIME = Time("Z", 3)
TEXT = Text()
FIGURE = Function(lambda value: value, lambda value: value)
"""A number that is never null here: with a row's default an unknown one is written as that."""

ENVELOPE = Envelope("data", {"success": True})

STATUS_CODES: Mapping[Code, int] = {
    **STATUSES,
    # The Python client repeats every 5xx whatever the method: what must not be repeated is a 4xx.
    Code.UNSUPPORTED: 400,
    Code.UPSTREAM_INVALID: 424,
    Code.OUTCOME_UNKNOWN: 424,
}

WORDS: Mapping[Code, str] = {
    Code.INVALID_REQUEST: "VALIDATION_ERROR",
    Code.UNREADABLE_BODY: "VALIDATION_ERROR",
    Code.UNAUTHENTICATED: "INVALID_API_KEY",
    Code.FORBIDDEN: "FORBIDDEN",
    Code.NOT_FOUND: "NOT_FOUND",
    Code.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    Code.CONFLICT: "CONFLICT",
    Code.UNSUPPORTED: "UNSUPPORTED",
    Code.UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
    Code.LOSS_REFUSED: "LOSS_REFUSED",
    Code.RATE_LIMITED: "RATE_LIMITED",
    Code.PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE",
    Code.UPSTREAM_INVALID: "UPSTREAM_INVALID",
    Code.OUTCOME_UNKNOWN: "OUTCOME_UNKNOWN",
    Code.UPSTREAM_UNAVAILABLE: "UPSTREAM_UNAVAILABLE",
    Code.TIMEOUT: "TIMEOUT",
    Code.INTERNAL: "INTERNAL_ERROR",
}
"""What stands in `error.code` (reference section 2.2); a route that does not exist has no code."""

FINER_WORDS: Mapping[tuple[Code, Reason], str] = {
    (Code.INVALID_REQUEST, Reason.MALFORMED_ID): "INVALID_ID",
    (Code.CONFLICT, Reason.TERMINAL): "RUN_TERMINAL",
}
FIELD_WORDS: Mapping[tuple[str, str, str], str] = {
    ("query", "projectId", "missing"): "MISSING_PROJECT_ID",
    ("query", "format", "literal_error"): "INVALID_FORMAT",
}
"""Codes of their own for one wrong parameter: where it stands, its name, what is wrong with it."""

DOCUMENT_HIDDEN = {
    "kind": "named by the route",
    "key": "named by the body",
    "version": "not told",
    "updated_at": "not told",
    "alias": "the vendor gives the ids",
}
"""Why the fields every document has are not shown."""


class Whole:
    """A body that is kept as it came."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"body": value}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        body: JsonObject = value["body"]
        return body


WHOLE = Whole()
