"""A trace project and an account's project may have one name."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_projects_scope_name"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_projects_scope_kind_name"), ["scope", "kind", "name"])
