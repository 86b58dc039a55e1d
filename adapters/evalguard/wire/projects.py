"""Projects on the wire (seen in the Terraform provider, reference section 10)."""

from typing import Annotated, Any

from pydantic import Field

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, Uuid

Name = Annotated[str, Field(min_length=2, max_length=50)]
Slug = Annotated[str, Field(min_length=2, max_length=50, pattern=r"^[a-z0-9-]+$")]


class NewProject(Body):
    """`POST /projects`."""

    orgId: Uuid
    name: Name
    slug: Slug


class ProjectPatch(Body):
    """`PATCH /projects/{projectId}`."""

    name: Name | None = None
    slug: Slug | None = None
    settings: dict[str, Any] | None = None


class ProjectRow(WireModel):
    """A project."""

    id: str
    org_id: str | None
    name: str
    slug: str | None
    settings: dict[str, Any] | None
    created_at: str | None
    updated_at: str | None


class ProjectAnswer(Answer):
    """One project."""

    data: ProjectRow


class CurrentProject(WireModel):
    """`GET /project/current`, without the envelope."""

    projectId: str
    orgId: str | None
