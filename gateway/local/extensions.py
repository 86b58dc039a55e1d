"""What dialects say and no canonical field claims, kept by dialect."""

from collections.abc import Mapping

from schemas.json import JsonObject


def joined(kept: Mapping[str, JsonObject], given: Mapping[str, JsonObject] | None) -> dict[str, JsonObject]:
    """What is kept, with what was given since in its place: each dialect speaks of its own fields, and only of those it names."""
    return {**kept, **{dialect: {**kept.get(dialect, {}), **said} for dialect, said in (given or {}).items()}}
