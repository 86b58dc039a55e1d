"""The words for how far an experiment, a run and its delivery are."""

from enum import StrEnum


class ExperimentStatus(StrEnum):
    """How far an experiment is. `unknown` is what a word without a row becomes: never success, never terminal."""

    DRAFT = "draft"
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """True when nothing more will happen without a new request."""
        return self in _TERMINAL


class RunStatus(StrEnum):
    """How one run ended, or that it has not."""

    PENDING = "pending"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """Whether a finished experiment met its thresholds; apart from its status."""

    PASSED = "passed"
    FAILED = "failed"


class Delivery(StrEnum):
    """Whether the target has a record yet."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


_TERMINAL = frozenset(
    {
        ExperimentStatus.COMPLETED,
        ExperimentStatus.COMPLETED_WITH_ERRORS,
        ExperimentStatus.FAILED,
        ExperimentStatus.CANCELLED,
    }
)
