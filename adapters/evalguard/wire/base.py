"""What every body and query here shares: exact types, UUIDs, clamped limits."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapters.base import Options, WireModel

UUID_PATTERN = (
    r"^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
    r"|00000000-0000-0000-0000-000000000000|[fF]{8}-[fF]{4}-[fF]{4}-[fF]{4}-[fF]{12})$"
)
"""RFC 4122 versions 1 to 8, the nil UUID or the max UUID (reference section 1, documented)."""

Uuid = Annotated[str, Field(pattern=UUID_PATTERN)]
MAX_LIMIT = 200


class EvalGuardOptions(Options):
    """`[surfaces.evalguard]`: what no source settles (reference sections 4.2, 9 and 16).

    `bare_create` answers the creation of prompt and A/B experiments with `{"success": true}` alone, as the documentation page shows it.
    `strict_scorers` refuses an unknown scorer; otherwise it becomes a failing score with a reason. `threshold` is the score a run passes from.
    """

    bare_create: bool = False
    strict_scorers: bool = True
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.8


class Body(WireModel):
    """A request's body: numbers are numbers and texts are texts; unknown fields are kept."""

    model_config = ConfigDict(extra="allow", strict=True)


class Query(BaseModel):
    """A query; parameters without a meaning are passed over, as the vendor does."""

    model_config = ConfigDict(extra="ignore")


class ProjectQuery(Query):
    """A list of one project's records."""

    projectId: Uuid


class PagedQuery(Query):
    """A bounded list: `limit` is clamped to 1 … 200, not refused (reference section 13, seen in client)."""

    limit: Annotated[int, AfterValidator(lambda number: max(1, min(MAX_LIMIT, number)))] = 50
    offset: Annotated[int, Field(ge=0)] | None = None


class Answer(BaseModel):
    """The envelope of every answer."""

    success: bool
    data: Any
