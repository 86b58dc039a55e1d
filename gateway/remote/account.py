"""What one exchange with a remote target amounted to, for headers, receipt and log."""

from dataclasses import dataclass, field

from adapters.notes import Notes


@dataclass
class Account:
    """`notes` are those of the target's dialect; `emulated` that a recipe supplied something; `upstream` the milliseconds spent waiting."""

    notes: Notes = field(default_factory=Notes)
    attempts: int = 0
    emulated: bool = False
    upstream: float = 0.0
    reason: str | None = None

    @property
    def origin(self) -> str:
        """The value of `Crosswalk-Origin`."""
        return "emulated" if self.emulated else "translated"
