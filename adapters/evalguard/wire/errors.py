"""The body of an error (reference section 2.2)."""

from typing import Literal

from pydantic import BaseModel


class ErrorContent(BaseModel):
    """A code for programs, a message for people, and the request it is about."""

    code: str
    message: str
    requestId: str


class ErrorBody(BaseModel):
    """The envelope of an error."""

    success: Literal[False]
    error: ErrorContent
