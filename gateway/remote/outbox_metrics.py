"""What waits in the outboxes, for Prometheus."""

from datetime import UTC, datetime
from typing import ClassVar
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.remote.outbox_rows import Backlog


class OutboxMetrics:
    """Waiting, failed and kept records, the age of the oldest that waits, and what was delivered; by target."""

    _known: ClassVar["WeakKeyDictionary[CollectorRegistry, OutboxMetrics]"] = WeakKeyDictionary()

    def __init__(self, registry: CollectorRegistry) -> None:
        self._records = Gauge("crosswalk_outbox_records", "Accepted and not delivered", ["target", "state"], registry=registry)
        self._age = Gauge("crosswalk_outbox_oldest_seconds", "Age of the oldest record that waits", ["target"], registry=registry)
        self._delivered = Counter("crosswalk_outbox_delivered", "Delivered records", ["target"], registry=registry)
        self._failed = Counter("crosswalk_outbox_failed", "Records the target would not take", ["target"], registry=registry)

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "OutboxMetrics":
        """Those of a registry, which takes each metric once."""
        if registry not in cls._known:
            cls._known[registry] = cls(registry)
        return cls._known[registry]

    def waiting(self, target: str, backlog: Backlog) -> None:
        """How things stand."""
        for state in ("pending", "failed", "kept"):
            self._records.labels(target, state).set(getattr(backlog, state))
        age = (datetime.now(UTC) - backlog.oldest).total_seconds() if backlog.oldest else 0.0
        self._age.labels(target).set(max(0.0, age))

    def delivered(self, target: str) -> None:
        """The target has taken one."""
        self._delivered.labels(target).inc()

    def failed(self, target: str) -> None:
        """One was given up."""
        self._failed.labels(target).inc()
