"""Single values: UUIDs, and texts where other dialects have any JSON."""

import re
from dataclasses import dataclass, replace

from adapters.codecs import HexId
from adapters.evalguard.wire.base import UUID_PATTERN
from adapters.http import dump_json
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import malformed
from schemas.ids import Kind
from schemas.json import Json, JsonObject

_UUID = re.compile(UUID_PATTERN)


@dataclass(frozen=True)
class Uuid:
    """An id as a dashed UUID. Read from a request (`asked`), nothing but a UUID is an id; a vendor's answer is taken as it is."""

    kind: Kind
    asked: bool = False

    def decode(self, value: Json, scope: Scope) -> str:
        if self.asked and not _UUID.match(str(value)):
            raise malformed(self.kind, str(value)[:100])
        return HexId(self.kind, dashes=True).decode(value, scope)

    def encode(self, value: Json, scope: Scope) -> str:
        return HexId(self.kind, dashes=True).encode(value, scope)


def asked(codec: Uuid) -> Uuid:
    """The same kind of id where a request names it in its path or query."""
    return replace(codec, asked=True)


@dataclass(frozen=True)
class Text:
    """A text. What another dialect put there that is no text is shown as compact JSON."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> str:
        if isinstance(value, str):
            return value
        scope.note(Fate.COERCED, reason="shown as JSON text, because only texts can be said here")
        return compact(value)


def compact(value: Json) -> str:
    """A JSON value as compact text."""
    return dump_json(value).decode()


def given(asked: JsonObject, name: str, otherwise: Json) -> Json:
    """What a body says under a name; null says nothing."""
    said = asked.get(name)
    return otherwise if said is None else said
