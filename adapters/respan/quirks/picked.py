"""A list item is a record with fewer fields."""

from dataclasses import dataclass, replace

from adapters.mapping import Shape
from adapters.notes import Notes
from adapters.scope import Scope
from schemas.json import Json, JsonObject


@dataclass(frozen=True)
class Picked:
    """The `names` among a shape's fields. What is left out can be read from the record itself, so the notes do not call it lost."""

    shape: Shape
    names: tuple[str, ...]
    partial = True

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return self.shape.decode(value, scope)

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        shown = self.shape.encode(value, _silent(scope))
        return {name: shown[name] for name in self.names if name in shown}


def _silent(scope: Scope) -> Scope:
    return replace(scope, notes=Notes())
