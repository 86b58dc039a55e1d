"""What happened to fields on the way: the material of a receipt. Pointers and reasons, never values."""

from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What became of a field that did not simply pass."""

    COERCED = "coerced"
    DEFAULTED = "defaulted"
    KEPT_ASIDE = "kept_aside"
    IGNORED = "ignored"
    EMULATED = "emulated"
    HIDDEN = "hidden"
    LOST = "lost"


@dataclass(frozen=True)
class Note:
    """One field's fate. Pointers are JSON Pointers (RFC 6901) with `*` for any list index; either may be empty when that side has no such field."""

    fate: Fate
    wire: str
    canonical: str
    reason: str


@dataclass
class Notes:
    """The notes of one exchange, each said once however many list items it concerns."""

    _seen: dict[Note, None] = field(default_factory=dict)

    def add(self, fate: Fate, wire: str = "", canonical: str = "", reason: str = "") -> None:
        """Record one field's fate."""
        self._seen.setdefault(Note(fate, wire, canonical, reason))

    def of(self, fate: Fate) -> list[Note]:
        """The notes of one fate, in the order they came."""
        return [note for note in self._seen if note.fate is fate]

    def all(self) -> list[Note]:
        """Every note, in the order they came."""
        return list(self._seen)
