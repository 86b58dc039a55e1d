"""Projects."""

from adapters.evalguard.tables.common import PROJECT_ID, TIME
from adapters.mapping import Const, Row, Shape

_SETTINGS = "extensions/evalguard/settings"

NEW_PROJECT = Shape(
    (Row("orgId", "organization_id"), Row("name", "name"), Row("slug", "slug")),
    hidden={"description": "projects have no description"},
)
"""`POST /projects` (seen in the Terraform provider)."""

PROJECT_PATCH = Shape(
    (Row("name", "name"), Row("slug", "slug"), Row("settings", _SETTINGS)),
    hidden={"description": "projects have no description"},
)

PROJECT = Shape(
    (
        Row("id", "id", PROJECT_ID),
        Row("org_id", "organization_id", default=None),
        Row("name", "name"),
        Row("slug", "slug", default=None),
        Row("settings", _SETTINGS, default=dict),
        Row("created_at", "created_at", TIME, default=None),
        Row("updated_at", "updated_at", TIME, default=None),
    ),
    hidden={"description": "projects have no description", "alias": "the vendor gives the ids"},
)
"""A project's row (seen in the Terraform provider)."""

PROJECT_DELETED = Shape((Row("id", "id", PROJECT_ID), Const("deleted", True)), hidden={"count": "one call deletes one record"})

CURRENT_PROJECT = Shape(
    (Row("projectId", "id", PROJECT_ID), Row("orgId", "organization_id", default=None)),
    hidden=dict.fromkeys(("name", "description", "slug", "alias", "created_at", "updated_at"), "not told"),
)
"""`GET /project/current`, raw (seen in clients, verified)."""
