"""What stands around datasets and experiments: projects."""

from adapters.mapping import Row, Shape
from adapters.phoenix.quirks.ids import IdsInText, NodeOrName
from adapters.phoenix.tables.common import NO_FIELD, PROJECT_ID
from schemas.ids import Kind

PROJECT = Shape(
    (Row("name", "name"), Row("description", "description", IdsInText(), default=None), Row("id", "id", PROJECT_ID)),
    hidden=dict.fromkeys(("alias", "created_at", "updated_at", "slug", "organization_id"), NO_FIELD),
)
PROJECT_ARGS = Shape((Row("project_identifier", "project_id", NodeOrName(Kind.PROJECT)),), keep=False)
