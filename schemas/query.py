"""How lists are asked for: conditions, order, place and size."""

from __future__ import annotations

from pydantic import Field

from schemas.base import Model, Moment
from schemas.json import Json

MAX_COUNT = 1 << 62
"""The largest place or size a list may be asked for: databases count with 64 bits."""


class Condition(Model):
    """A test of one field, or a bundle of tests.

    A leaf has `field` (a canonical field of the listed record; `metadata.<key>` and `scores.<evaluator>` reach inside,
    a run's `input_key` is equal for equal inputs), `operator` (a word of
    `schemas.filters.OPERATORS`) and `value`. A bundle has `all` or `any`.
    """

    field: str | None = None
    operator: str = ""
    value: Json = None
    all: list[Condition] | None = Field(default=None, max_length=100)
    any: list[Condition] | None = Field(default=None, max_length=100)


class Args(Model):
    """What an operation is told besides its body."""


class ListArgs(Args):
    """A list's place and size.

    `cursor` is the `next_cursor` of the page before; `offset` counts records to skip instead (never both). `limit` None means everything.
    `sort` names canonical fields, `-` in front for descending; empty means newest first (examples: oldest first). `total` asks for the count.
    """

    cursor: str | None = None
    offset: int | None = Field(default=None, ge=0, le=MAX_COUNT)
    limit: int | None = Field(default=None, ge=0, le=MAX_COUNT)
    sort: list[str] = Field(default_factory=list, max_length=10)
    where: Condition | None = None
    total: bool = False


class Window(Args):
    """A span of time; both ends inclusive."""

    start_time: Moment | None = None
    end_time: Moment | None = None
