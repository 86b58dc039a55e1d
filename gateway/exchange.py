"""One exchange: the only place where a dialect and a target meet.

source.decode -> canonical call -> target.perform -> canonical reply -> source.encode
"""

from collections.abc import Awaitable, Mapping
from time import perf_counter
from typing import Protocol

from adapters.base import Adapter, Plan, Route
from adapters.http import Request, Response
from adapters.scope import Scope
from adapters.unserved import NotServed
from gateway import logs
from schemas.errors import Code, CrosswalkError
from schemas.json import Json
from schemas.operations import Call, Caller

_log = logs.get("exchange")


class Target(Protocol):
    """A place that answers canonical calls."""

    def perform(self, call: Call) -> Awaitable[Json]:
        """The canonical reply (shaped like `SPECS[call.op].reply`); raises `CrosswalkError`."""


class Exchange:
    """Serves one dialect from one target."""

    def __init__(self, adapter: Adapter, target: Target) -> None:
        self._adapter = adapter
        self._target = target

    async def answer(self, route: Route, request: Request, scope: Scope, caller: Caller, timings: dict[str, float]) -> Response:
        """The answer to a request, in the source's dialect; errors raised on the way included.

        `timings` gets the milliseconds spent translating. Raises nothing but what is a fault of ours.
        """
        try:
            started = perf_counter()
            call = self._adapter.decode(route, request, scope, caller)
            decoded = perf_counter()
            reply = await run(route.steps(call, scope), self._target)
            performed = perf_counter()
            response = self._adapter.encode(route, request, call, reply, scope)
            timings["translate"] = (decoded - started + perf_counter() - performed) * 1000
        except CrosswalkError as error:
            return self._adapter.render_error(error, request, route, scope)
        return response


async def run(plan: Plan, target: Target) -> Json:
    """Carry out a recipe: perform each call it yields, hand back the reply or the error, return what it returns."""
    try:
        call = next(plan)
        while True:
            try:
                reply = await target.perform(call)
            except CrosswalkError as error:
                call = plan.throw(error)
            else:
                call = plan.send(reply)
    except StopIteration as finished:
        result: Json = finished.value
        return result


def no_route(method: str, path: str) -> CrosswalkError:
    """The error for a path this dialect does not have here."""
    return CrosswalkError(Code.NO_ROUTE, f"{method} {path[:200]} is not served here.")


def not_served(row: NotServed, method: str, path: str) -> CrosswalkError:
    """The error for an operation of the vendor's that is known and not here."""
    return CrosswalkError(Code.UNSUPPORTED, f"{row.name} ({method} {path[:200]}) is not served here: {row.why}.")


def wrong_method(method: str, path: str, allow: tuple[str, ...]) -> CrosswalkError:
    """The error for a path that exists for other methods."""
    return CrosswalkError(Code.METHOD_NOT_ALLOWED, f"{method} is not allowed on {path[:200]}.", allow=allow)


def header_map(headers: list[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """ASGI headers by lower-case name; repeated ones joined by a comma (RFC 9110 section 5.2)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
