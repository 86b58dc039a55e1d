"""What is wanted of the runner of one experiment; it may be added to while the runner works."""

from collections import deque
from dataclasses import dataclass, field

MAX_COMPLETED = 1000
"""Completed runs remembered one by one; beyond that all runs are looked through."""


@dataclass(slots=True)
class Orders:
    """`rows`: run what is missing. `scores`: look through all runs for missing scores. `completed`: runs (their ids) to score, whose callers have
    completed them. `stopping`: begin nothing more.

    `own` is true while the runner itself records runs, `recorded` once it has been told of any in that time: it cannot tell its own from others'.
    """

    rows: bool = False
    scores: bool = False
    completed: deque[str] = field(default_factory=deque)
    stopping: bool = False
    own: bool = False
    recorded: bool = False

    @property
    def open(self) -> bool:
        """Whether anything is to be done."""
        return not self.stopping and (self.rows or self.scores or bool(self.completed))

    def complete(self, run_id: str) -> None:
        """Wants a run scored, unless it may be the runner's own."""
        if self.own:
            self.recorded = True
        elif len(self.completed) < MAX_COMPLETED:
            self.completed.append(run_id)
        else:
            self.scores = True

    def clear(self) -> None:
        """Wants nothing."""
        self.rows = self.scores = False
        self.completed.clear()
