"""The HTTP status of each error code where a dialect has no reason for another one; dialects state only their differences."""

from collections.abc import Mapping

from schemas.errors import Code

STATUSES: Mapping[Code, int] = {
    Code.INVALID_REQUEST: 400,
    Code.UNREADABLE_BODY: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.NO_ROUTE: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.CONFLICT: 409,
    Code.UNSUPPORTED: 501,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.LOSS_REFUSED: 422,
    Code.RATE_LIMITED: 429,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.UPSTREAM_INVALID: 502,
    Code.UPSTREAM_UNAVAILABLE: 503,
    Code.TIMEOUT: 504,
    Code.OUTCOME_UNKNOWN: 504,
    Code.INTERNAL: 500,
}
