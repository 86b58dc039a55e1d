"""The queries of lists."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Query(BaseModel):
    """A query that must be spelled right: an unknown parameter is an error, because ignoring it would answer another question."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """Where a page begins and how large it is: `limit` 1 … 1000."""

    cursor: str | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    sort: list[str] = []
    total: bool = False


class RunsQuery(ListQuery):
    """Runs: with their scores unless told otherwise, with their steps when asked."""

    scores: bool = True
    steps: bool = False
    waiting: bool = True


class CreateExperimentQuery(Query):
    """`draft` keeps the definition without starting it."""

    draft: bool = False


Body = dict[str, Any]
