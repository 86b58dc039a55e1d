"""Prometheus metrics of one application; every label comes from a closed set."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The registry, and what the HTTP layer observes. Other parts register their own metrics in `registry`."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter("crosswalk_requests", "Answered requests", ["method", "route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "crosswalk_request_seconds", "Time to the end of the answer", ["method", "route"], buckets=_BUCKETS, registry=self.registry
        )
        self._lacked = Counter(
            "crosswalk_not_served",
            "Requests for what a dialect's vendor has and is not here",
            ["dialect", "operation"],
            registry=self.registry,
        )
        self._in_flight = Gauge("crosswalk_requests_in_flight", "Requests being answered", registry=self.registry)

    def started(self) -> None:
        """A request has arrived."""
        self._in_flight.inc()

    def finished(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered. `route` is a template such as `/v1/experiments/{id}`, never a path."""
        method = method if method in _METHODS else "OTHER"
        self._in_flight.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def lacked(self, dialect: str, operation: str) -> None:
        """Somebody asked for what is not served. `operation` is a name from the dialect's table, or `unknown`."""
        self._lacked.labels(dialect, operation).inc()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
