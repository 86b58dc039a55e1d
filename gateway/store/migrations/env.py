"""What Alembic runs: the connection comes from `gateway.store.migrate`, its transaction is the caller's."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeEngine

from gateway.store.tables import metadata
from gateway.store.types import JsonText, Moment


def plain(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Own column types are written into a revision as what the database stores, so that an old revision needs no present code."""
    if kind == "type" and isinstance(item, JsonText | Moment):
        stored: TypeEngine[Any] = item.impl_instance
        return f"sa.{type(stored).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=plain,
    compare_type=False,
    transactional_ddl=False,  # the caller's transaction holds the whole upgrade
)
context.run_migrations()
