"""What one exchange with a remote target amounted to, for headers, receipt and log."""

from dataclasses import dataclass, field
from datetime import datetime

from adapters.notes import Notes


@dataclass
class Account:
    """`notes` are those of the target's dialect; `emulated` says that a recipe supplied something, `accepted` that the outbox took it.

    `upstream` counts the milliseconds spent waiting. `who` is the key whose turn it is when others wait. Calls of an exchange that only reads may share
    answers with others of the same `scope`; what the gateway does on its own account shares none. `asked` counts the vendor's answers, `cached` those of them
    that had been given to an earlier exchange. `index_age` are the seconds since
    what answered a list was read, None when nothing but the target did. `since` is when the same create was begun before, with an outcome that nobody
    knows; `doubt` says the same of this one. `made` are the records that it made and that are still there.
    """

    who: str = ""
    scope: str | None = None
    asked: int = 0
    cached: int = 0
    since: datetime | None = None
    doubt: bool = False
    made: set[str] = field(default_factory=set)
    notes: Notes = field(default_factory=Notes)
    attempts: int = 0
    emulated: bool = False
    accepted: bool = False
    upstream: float = 0.0
    reason: str | None = None
    index_age: float | None = None

    def aged(self, seconds: float) -> None:
        """The index answered, as it was so many seconds ago."""
        self.index_age = max(seconds, self.index_age or 0.0)

    @property
    def origin(self) -> str:
        """The value of `Crosswalk-Origin`."""
        if self.accepted:
            return "accepted"
        if self.asked and self.cached == self.asked:
            return "cached"
        return "emulated" if self.emulated else "translated"
