"""What a call or a request says, as far as it decides how the vendor is asked."""

from collections.abc import Iterable

from adapters.base import Route
from adapters.body import read_json
from adapters.calling import says
from adapters.http import Request
from adapters.mapping import Shape
from schemas.dataset import UploadMode
from schemas.operations import Call, Op


def says_any(request: Request, names: Iterable[str]) -> bool:
    """Whether a request's body says any of these."""
    body = read_json(request.body) if request.body else None
    return isinstance(body, dict) and any(name in body for name in names)


def brings_more(route: Route, call: Call) -> bool:
    """Whether a body says in one what the vendor takes in several calls."""
    if call.op is Op.DELETE_EXAMPLES:
        return "everything" not in says(route) and len(getattr(call.args, "example_ids", None) or ()) != 1
    if call.body is None:
        return False
    if route.most is not None and len(getattr(call.body, "examples", ())) != route.most:
        return True
    if not isinstance(route.request, Shape):
        return False
    hidden = route.request.hidden
    if call.op is Op.CREATE_DATASET:
        chosen = getattr(call.args, "mode", UploadMode.NEW) is not UploadMode.NEW and "mode" not in says(route)
        return chosen or (bool(getattr(call.body, "examples", ())) and "examples" in hidden)
    if call.op is Op.ADD_RUN:
        named = getattr(call.body, "example_id", None) is not None
        return (bool(getattr(call.body, "scores", None)) and "scores" in hidden) or (not named and "example_position" in hidden)
    return call.op is Op.CREATE_EXPERIMENT and getattr(call.body, "examples", None) is not None and "examples" in hidden
