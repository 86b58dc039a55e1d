"""What a codec may know besides the value in its hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.notes import Fate, Notes
from schemas.ids import Ids


@dataclass(slots=True)
class Scope:
    """The surroundings of one translation.

    `ids` makes and reads canonical ids, `options` are the dialect's `[surfaces.NAME]` settings (an instance of the adapter's options model).
    `request_id` names the exchange, `base_url` is the absolute address the dialect is served at (no trailing slash), for links.
    `wire` and `canonical` are where we are, as JSON Pointers. `defaults` holds configured defaults by name (`model`).
    `showing` is true while a reply is written: what the dialect cannot say then is not lost but merely not shown, since the record keeps it.
    """

    ids: Ids = field(default_factory=Ids)
    dialect: str = ""
    options: Any = None
    base_url: str = ""
    request_id: str = ""
    notes: Notes = field(default_factory=Notes)
    wire: str = ""
    canonical: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    showing: bool = False

    def at(self, wire: str, canonical: str) -> "Scope":
        """The same surroundings one step further in."""
        here, there = f"{self.wire}/{wire}" if wire else self.wire, f"{self.canonical}/{canonical}" if canonical else self.canonical
        return self._moved(here, there, self.showing)

    def for_reply(self) -> "Scope":
        """The same surroundings while a reply is written."""
        return self._moved(self.wire, self.canonical, True)

    def _moved(self, wire: str, canonical: str, showing: bool) -> "Scope":
        # Built directly: this runs for every field of every row, and `replace` would cost more than most codecs.
        return Scope(
            self.ids, self.dialect, self.options, self.base_url, self.request_id, self.notes, wire, canonical, self.defaults, showing
        )

    def note(self, fate: Fate, wire: str = "", canonical: str = "", reason: str = "") -> None:
        """Record the fate of a field, named relative to where we are."""
        if self.showing and fate is Fate.LOST:
            fate = Fate.HIDDEN
        self.notes.add(
            fate, f"{self.wire}/{wire}" if wire else self.wire, f"{self.canonical}/{canonical}" if canonical else self.canonical, reason
        )
