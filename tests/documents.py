"""Calls made of what a dialect's OpenAPI document says, and what is wrong with their answers."""

import logging
import random
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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
        """Every operation, each with so many random requests that its description allows: what reads before and after what writes, deletes last."""
        found = [result.ok() for result in self.schema.get_all_operations()]
        reads, deletes = ([one for one in found if one.method.upper() == method] for method in ("GET", "DELETE"))
        writes = [one for one in found if one.method.upper() not in ("GET", "DELETE")]
        for operation in (*reads, *writes, *reads, *deletes):
            self._operation(operation, examples // 2 if operation in reads else examples)

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
            case.path_parameters.update(self._real(operation.path, case.path_parameters))
            # A word that is a path of its own asks for another operation.
            if not self._reserved & set((case.path_parameters or {}).values()):
                self.judge(case, case.call(session=self._session))

        call()

    def _real(self, template: str, places: Iterable[str]) -> dict[str, str]:
        """What stands in the places of a path that answers showed, one after another or all of one record, most of the time."""
        trails = self._ids.trails(template) if template.endswith("}") else []
        if trails and self._random.random() < 0.6:
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), self._random.choice(trails))
            if found:
                return {name: unquote(value) for name, value in found.groupdict().items()}
        known = {name: self._ids.named(name, template.partition(f"{{{name}}}")[0]) for name in places}
        return {name: self._random.choice(ids) for name, ids in known.items() if ids and self._random.random() < 0.8}

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
            self._ids.harvest(response.json(), case.operation.path, case.formatted_path)


_BOUNDED = settings(deadline=None, database=None, derandomize=False, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
