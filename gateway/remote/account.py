"""What one exchange with a remote target amounted to, for headers, receipt and log."""

from dataclasses import dataclass, field

from adapters.notes import Notes


@dataclass
class Account:
    """`notes` are those of the target's dialect; `emulated` says that a recipe supplied something, `accepted` that the outbox took it.

    `upstream` counts the milliseconds spent waiting.
    """

    notes: Notes = field(default_factory=Notes)
    attempts: int = 0
    emulated: bool = False
    accepted: bool = False
    upstream: float = 0.0
    reason: str | None = None

    @property
    def origin(self) -> str:
        """The value of `Crosswalk-Origin`."""
        if self.accepted:
            return "accepted"
        return "emulated" if self.emulated else "translated"
