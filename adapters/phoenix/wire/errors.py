"""The body of a validation error; every other error is bare text (reference section 10.1, tested)."""

from typing import Any

from pydantic import BaseModel


class Detail(BaseModel):
    """One wrong field."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any
    ctx: dict[str, Any] = {}


class ValidationErrors(BaseModel):
    """Every wrong field of a request."""

    detail: list[Detail]
