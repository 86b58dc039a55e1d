"""Calls made of what a dialect's OpenAPI document says, and what is wrong with their answers."""

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import schemathesis
import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisDeprecationWarning
from requests import Session
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.python import asgi

from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.pools import Pools

load_all_checks()
AGREES = [CHECKS.get_one(f"{part}_conformance") for part in ("status_code", "content_type", "response_headers", "response_schema")]
FAULTS = frozenset({500, 502, 503, 504})
"""Nothing but the embedded store answers here: none of these has a cause. (501 says that something is not supported.)"""


@schemathesis.serializer("application/x-protobuf")  # type: ignore[untyped-decorator]
def _protobuf(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@contextmanager
def served(folder: Path) -> Iterator[tuple[Any, Session]]:
    """The whole gateway with its demo data, and a session that calls it in this process."""
    # A line for each request is of no use to anybody here; why something failed is.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    store = {"url": f"sqlite:///{folder / 'documents.db'}"}
    app = gateway_app(Settings.model_validate({"store": store, "server": {"allowed_hosts": [asgi.HOST]}}), demo_data=True)
    try:
        with asgi.get_client(app) as session, warnings.catch_warnings():
            # The gateway runs in a thread beside, and what it draws from `random` is not drawn by a strategy.
            warnings.filterwarnings("ignore", message="Do not use the `random` module", category=HypothesisDeprecationWarning)
            yield app, session
    finally:
        asgi.shutdown_lifespans()
        structlog.reset_defaults()


class Calls:
    """What was called and what was wrong, over one document.

    Ids that answers showed are used in later paths, most of the time: random ones lead nowhere.
    """

    def __init__(self, app: Any, session: Session, prefix: str) -> None:
        self._session = session
        self._ids = Pools()
        self._random = random.Random(20)
        self.schema: Any = schemathesis.openapi.from_asgi(f"/{prefix}/openapi.json", app)
        self._reserved = {part for path in self.schema.raw_schema["paths"] for part in path.split("/") if not part.startswith("{")}
        self.statuses: dict[str, set[int]] = {}
        self.wrong: list[str] = []

    def make(self, examples: int) -> None:
        """Every operation, each with so many random requests that its description allows, reading first and deleting last."""
        found = [result.ok() for result in self.schema.get_all_operations()]
        for operation in sorted(found, key=lambda one: _ORDER.get(one.method.upper(), 1)):
            self._operation(operation, examples)

    def walk(self, examples: int, steps: int) -> None:
        """Chains of calls in which an answer's ids lead to the next request."""
        calls = self

        class Walk(self.schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"session": calls._session}

            def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
                calls.judge(case, response)

        # One chain at a time: what a second one may do hangs on what the first one made.
        for number in range(examples):
            seed(number)(Walk).run(settings=settings(_BOUNDED, max_examples=1, stateful_step_count=steps))

    def _operation(self, operation: Any, examples: int) -> None:
        @seed(7)
        @settings(_BOUNDED, max_examples=examples)
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            for name in case.path_parameters or {}:
                known = self._ids.named(name, operation.path.partition(f"{{{name}}}")[0])
                if known and self._random.random() < 0.8:
                    case.path_parameters[name] = self._random.choice(known)
            # A word that is a path of its own asks for another operation.
            if not self._reserved & set((case.path_parameters or {}).values()):
                self.judge(case, case.call(session=self._session))

        call()

    def judge(self, case: Any, response: Any) -> None:
        """Note what is wrong with an answer; nothing is raised, because what a store holds differs from one try to the next."""
        label = case.operation.label
        self.statuses.setdefault(label, set()).add(response.status_code)
        if response.status_code in FAULTS:
            self.wrong.append(f"{label}: {response.status_code} {response.content[:300]!r}")
        try:
            case.validate_response(response, checks=AGREES)
        except FailureGroup as group:
            self.wrong.extend(f"{label}: {error} {case.as_curl_command()[:500]}" for error in group.exceptions)
        media_type = (response.headers.get("content-type") or [""])[0].partition(";")[0]
        if response.status_code < 300 and media_type == "application/json" and response.content:
            self._ids.harvest(response.json(), case.operation.path)


_ORDER = {"GET": 0, "DELETE": 2}
_BOUNDED = settings(deadline=None, database=None, derandomize=False, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
