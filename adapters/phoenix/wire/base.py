"""What the models of every noun share: numbers, the query of a list, the envelopes."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field

from adapters.base import WireModel

MAX_INTEGER = 2**63 - 1

T = TypeVar("T")

Positive = Annotated[int, Field(gt=0)]
JsonObject = dict[str, Any]


class Paging(WireModel):
    """The query of a list of experiments or of what is incomplete."""

    cursor: str | None = None
    limit: Positive = 50


class Identifier(BaseModel):
    """The id of what was recorded."""

    id: str


class DataOf(BaseModel, Generic[T]):
    """The envelope of one thing."""

    data: T


class PageOf(BaseModel, Generic[T]):
    """The envelope of a list."""

    data: list[T]
    next_cursor: str | None
