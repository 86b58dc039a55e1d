"""What all requests share: pages, filters, and queries that tolerate what they do not know."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from adapters.base import WireModel


def _plus(text: Any) -> Any:
    """A time whose `+` was sent unescaped arrives with a blank instead (`2026-05-20T10:00:00 00:00`)."""
    return text.replace(" ", "+") if isinstance(text, str) and "T" in text else text


def _flag(text: Any) -> Any:
    """`1` and `true` switch a query flag on (documented); any other text leaves it off."""
    return text.lower() in ("1", "true") if isinstance(text, str) else text


QueryTime = Annotated[str, BeforeValidator(_plus)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Query(BaseModel):
    """A query. Unknown parameters are tolerated: the clients send some."""

    model_config = ConfigDict(extra="ignore")


class PageQuery(Query):
    """Where a page is: `page` from 1, `page_size` 1 … 100, and its order."""

    page: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    sort_by: str | None = None


class FilterBody(WireModel):
    """The body of a filtered list: a map of conditions by field (the list of the first form is taken, too)."""

    filters: Any = None
    is_exporting: bool | None = None


class Message(WireModel):
    """A sentence."""

    message: str


class Count(WireModel):
    """How many there are."""

    total_count: int


class PageReply(WireModel):
    """A page of results; `next` and `previous` are absolute links."""

    count: int
    next: str | None
    previous: str | None
    current_filters: dict[str, Any]
    results: list[dict[str, Any]]
