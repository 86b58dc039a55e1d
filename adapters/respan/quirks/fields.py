"""Fields that are computed when nobody said them, and statuses that keep the word they came with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.codecs import Vocabulary
from adapters.mapping import ABSENT, Path, pick, put
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import invalid
from schemas.json import Json, JsonObject

Compute = Callable[[JsonObject, Scope], Json]


@dataclass(frozen=True)
class Computed:
    """A wire field without a canonical one: what the vendor said is kept and comes back, otherwise `compute` makes it from the document."""

    wire: str
    compute: Compute

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return ((self.wire,),)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return ()

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        if self.wire in wire:
            put(doc, ("extensions", scope.dialect, self.wire), wire[self.wire])

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        said = extension(doc, scope, self.wire)
        value = self.compute(doc, scope) if said is ABSENT else said
        if value is not ABSENT:
            wire[self.wire] = value


_RESERVED = frozenset({"list", "summary"})


class ChosenId:
    """An experiment's id as its creator chose it. One that its own path could not say is refused, or nobody could read the experiment again."""

    def decode(self, value: Json, scope: Scope) -> Json:
        if value in _RESERVED or "/" in str(value) or not str(value).isprintable():
            raise invalid("This id cannot stand in a path.", "alias", input=value)
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value


def extension(doc: JsonObject, scope: Scope, name: str) -> Json:
    """What this dialect said about a record and no canonical field holds; ABSENT when it said nothing."""
    return pick(doc, ("extensions", scope.dialect, name))


@dataclass(frozen=True)
class Status:
    """A status that keeps the word it came with, where that word is not the one its meaning is written with."""

    vocabulary: Vocabulary
    wire: str = "status"

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return ((self.wire,),)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return (("status",), ("native_status",))

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        word = wire.get(self.wire)
        if word is None:
            return
        meaning = self.vocabulary.decode(word, scope.at(self.wire, "status"))
        doc["status"] = meaning
        if self._word(meaning) != word:
            doc["native_status"] = word

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        meaning, native = doc.get("status"), doc.get("native_status")
        if meaning is None:
            return
        known = self.vocabulary.words.get(str(native))
        if native and (known == meaning or (known is None and self._word(meaning) is None)):
            wire[self.wire] = native
        else:
            wire[self.wire] = str(self.vocabulary.encode(meaning, scope.at(self.wire, "status")))
            if native:
                scope.note(Fate.LOST, "", "native_status", "the status word of another dialect")

    def _word(self, meaning: Any) -> str | None:
        found = (word for word, member in self.vocabulary.words.items() if member.value == meaning)
        return next(found, (self.vocabulary.otherwise or {}).get(meaning))
