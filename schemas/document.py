"""Documents, projects and spans: what dialects keep around experiments."""

from pydantic import Field

from schemas.base import Model, Moment, Record
from schemas.json import JsonObject


class Document(Record):
    """Something a dialect has that no experiment needs (a label, a pipeline, a report, …): a kind, a key within the kind, and a body as it came."""

    kind: str = ""
    key: str = ""
    version: int = 1
    body: JsonObject = Field(default_factory=dict)


class NewDocument(Model):
    """A document to keep."""

    key: str | None = None
    body: JsonObject = Field(default_factory=dict)


class DocumentPatch(Model):
    """A JSON merge patch (RFC 7396) of a document's body: objects are joined, null removes."""

    body: JsonObject = Field(default_factory=dict)


class Project(Record):
    """A place traces are sent to, or an account's scope."""

    name: str = ""
    description: str | None = None
    slug: str | None = None
    organization_id: str | None = None


class NewProject(Model):
    """A project to make. A slug is made of the name where none is given."""

    name: str = Field(min_length=1)
    description: str | None = None
    slug: str | None = None
    organization_id: str | None = None
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


class ProjectPatch(Model):
    """What to change of a project; absent fields stay, null clears (a null name or slug stays)."""

    name: str | None = Field(default=None, min_length=1)
    description: str | None = None
    slug: str | None = None
    extensions: dict[str, JsonObject] | None = None


class Span(Model):
    """The figures of one ingested span; tokens and cost (USD) are the span's own, not its children's."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    name: str = ""
    kind: str | None = None
    project: str = "default"
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    error: str | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None


class Spans(Model):
    """Spans to keep."""

    spans: list[Span] = Field(default_factory=list)
