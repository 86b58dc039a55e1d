"""What is known about one HTTP exchange while it happens; it travels in the ASGI scope."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

Scope = MutableMapping[str, Any]

_KEY = "crosswalk"


@dataclass(slots=True)
class Context:
    """One exchange: who it is for the log, the metrics and the response headers.

    `route` is a path template, never a path: it labels metrics. `body_limit` is in bytes; whoever streams a body on
    instead of reading it sets it to None before the first receive. `timings` are milliseconds by name, shown in
    `Server-Timing`. `log` is added to the access line, `headers` to the response. `lacked` is the dialect and
    the operation that was asked for and is not served, by the vendor's name for it, `unknown` where it has none here.
    """

    request_id: str
    traceparent: str | None = None
    body_limit: int | None = None
    route: str = ""
    started: float = field(default_factory=perf_counter)
    timings: dict[str, float] = field(default_factory=dict)
    log: dict[str, Any] = field(default_factory=dict)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    lacked: tuple[str, str] | None = None

    @property
    def elapsed(self) -> float:
        """Milliseconds since the request's headers arrived."""
        return (perf_counter() - self.started) * 1000


def put(scope: Scope, context: Context) -> None:
    """Make the context the scope's."""
    scope[_KEY] = context


def of(scope: Scope) -> Context:
    """The scope's context. Raises KeyError when no middleware put one there."""
    context: Context = scope[_KEY]
    return context
