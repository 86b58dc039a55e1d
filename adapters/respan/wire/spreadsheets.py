"""Experiments of the first version on the wire: a spreadsheet of rows (inputs) and columns (model settings)."""

from typing import Annotated, Any

from pydantic import Field

from adapters.base import WireModel
from adapters.respan.wire.common import Query

_Id = Annotated[str, Field(min_length=1, max_length=200)]


class Column(WireModel):
    """One way to ask a model. What is left out is what the vendor documents for its completions; the published client always says it."""

    id: str | None = None
    model: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    temperature: float | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    tools: list[dict[str, Any]] | None = None
    prompt_messages: list[dict[str, Any]] | None = None
    reasoning_effort: str | None = None
    stream: bool | None = None
    tool_choice: Any = None
    response_format: Any = None


class SheetRow(WireModel):
    """One input: values by variable. `status` and `results` are the server's, and passed over when sent."""

    id: str | None = None
    input: dict[str, Any] | None = None
    ideal_output: str | None = None
    status: str | None = None
    results: list[Any] | None = None


class SheetBody(WireModel):
    """A spreadsheet to make."""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    columns: Annotated[list[Column], Field(max_length=100)]
    rows: Annotated[list[SheetRow], Field(max_length=10_000)] | None = None


class SheetPatchBody(WireModel):
    """What to change of a spreadsheet besides its rows and columns."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None


class RowsBody(WireModel):
    """Rows to add."""

    rows: Annotated[list[SheetRow], Field(min_length=1, max_length=10_000)]


class NamedRow(SheetRow):
    """What to change of a row."""

    id: _Id


class ChangedRowsBody(WireModel):
    """Rows to change, by id."""

    rows: Annotated[list[NamedRow], Field(min_length=1, max_length=10_000)]


class RowIdsBody(WireModel):
    """Rows to remove."""

    rows: Annotated[list[_Id], Field(min_length=1, max_length=10_000)]


class ColumnsBody(WireModel):
    """Columns to add, or to put in the place of those with their ids."""

    columns: Annotated[list[Column], Field(min_length=1, max_length=100)]


class ColumnIdsBody(WireModel):
    """Columns to remove."""

    columns: Annotated[list[_Id], Field(min_length=1, max_length=100)]


class ColumnName(WireModel):
    """A column by its id; whatever stands beside it is passed over."""

    id: _Id


class RunBody(WireModel):
    """Which columns to run; none means all."""

    columns: Annotated[list[ColumnName], Field(min_length=1, max_length=100)] | None = None


class RunEvalsBody(WireModel):
    """Who is to judge what was run."""

    evaluator_slugs: Annotated[list[_Id], Field(min_length=1, max_length=100)]


class SheetsQuery(Query):
    """A page of spreadsheets; `name` is looked for inside names."""

    page: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    name: str | None = None


class SheetReply(WireModel):
    """A spreadsheet with its results."""

    id: str
    name: str
    description: str
    status: str
    column_count: int
    columns: list[dict[str, Any]]
    row_count: int
    rows: list[dict[str, Any]]
    variables: list[str]
    created_at: str
    updated_at: str


class Changed(WireModel):
    """How much a change of rows or columns concerned, in a field that the change names (`added_rows`, …)."""

    message: str


class StartedReply(WireModel):
    """What was started."""

    message: str
    experiment_id: str
    status: str
