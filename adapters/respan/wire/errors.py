"""The body of an error (reference section 12)."""

from typing import Any

from adapters.base import WireModel


class ErrorBody(WireModel):
    """`detail` in words, or the messages for each wrong field under its name; `errors` by field beside a detail, `retry_after` in seconds."""

    detail: str = ""
    errors: Any = None
    error_code: str = ""
    retry_after: int = 0
