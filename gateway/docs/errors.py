"""Which errors a route may answer, for its OpenAPI description: everything it answers is described."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from adapters.base import Adapter, Plain, Route
from schemas.errors import Code
from schemas.json import JsonObject
from schemas.operations import SPECS

_ANYWHERE = (
    Code.INVALID_REQUEST,
    Code.UNAUTHENTICATED,
    Code.FORBIDDEN,
    Code.NOT_FOUND,
    Code.UNSUPPORTED,
    Code.RATE_LIMITED,
    Code.UPSTREAM_INVALID,
    Code.UPSTREAM_UNAVAILABLE,
    Code.TIMEOUT,
    Code.INTERNAL,
)
_WITH_A_BODY = (Code.UNREADABLE_BODY, Code.UNSUPPORTED_MEDIA_TYPE, Code.PAYLOAD_TOO_LARGE)
_WRITING = (Code.CONFLICT, Code.LOSS_REFUSED, Code.OUTCOME_UNKNOWN)
_PAGE = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INTERNAL)


def statuses(entry: Route | Plain, adapter: Adapter) -> set[int]:
    """The statuses of every error that may be the answer of a route or a page."""
    found = {adapter.statuses[code] for code in _codes(entry)}
    if isinstance(entry, Route) and adapter.finer_statuses is not None:
        found.update(adapter.finer_statuses(entry.op))
    return found


def _codes(entry: Route | Plain) -> Iterable[Code]:
    if isinstance(entry, Plain):
        return () if entry.open else _PAGE
    body = SPECS[entry.op].body is not None or entry.body is not None or entry.described is not None
    # Where an id is expected, a word may stand that is a path of its own and takes other methods.
    placed = (Code.METHOD_NOT_ALLOWED,) if "{" in entry.path else ()
    return (*_ANYWHERE, *placed, *(_WITH_A_BODY if body else ()), *(_WRITING if entry.writes else ()))


def bodies(adapter: Adapter) -> list[type[BaseModel]]:
    """The models that describe errors."""
    return [model for model in adapter.error_bodies.values() if model is not None]


def responses(adapter: Adapter, schemas: Mapping[type[BaseModel], JsonObject]) -> JsonObject:
    """One description for each status an error can have in the dialect, by its name; `schemas` holds those of the models that describe errors."""
    content = {
        media_type: {"schema": {"type": "string"} if model is None else schemas[model]}
        for media_type, model in adapter.error_bodies.items()
    }
    known: dict[int, list[str]] = {}
    for code, status in adapter.statuses.items():
        known.setdefault(status, []).append(code.replace("_", " "))
    for status in _finer(adapter) - known.keys():
        known[status] = ["as its text says"]
    return {
        name(status): {"description": "; ".join(words).capitalize() + ".", "content": content} for status, words in sorted(known.items())
    }


def _finer(adapter: Adapter) -> set[int]:
    if adapter.finer_statuses is None:
        return set()
    return {status for route in adapter.routes for status in adapter.finer_statuses(route.op)}


def name(status: int) -> str:
    """What the description of a status is called among the components."""
    return f"Error{status}"
