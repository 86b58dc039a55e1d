"""What only those who call the vendor have to know: values that come as texts, answers that say little, and the first form of a workflow."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from adapters.body import read_json
from adapters.http import Request, dump_json
from adapters.mapping import ABSENT, Codec
from adapters.respan.tables.common import EXPERIMENT_ID
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject

_KEY = "input"
_VALUES = ("input", "output", "reference")
_TREE = "span_tree"
_TEXTS = ("input", "output")
_BEGINNINGS = ("{", "[", '"')


def own_id() -> str:
    """An id for a new experiment, in the vendor's own shape (documented: `experiment_id` becomes the `id`)."""
    return token_hex(16)


def _wrapped(value: Json) -> bool:
    """Whether a value is `{"input": x}` around what a row cannot hold by itself, however often."""
    if not isinstance(value, dict) or set(value) != {_KEY}:
        return False
    return _bare(value[_KEY]) or _wrapped(value[_KEY])


def _bare(value: Json) -> bool:
    return not isinstance(value, str | dict | list)


class Content:
    """A row holds texts, objects and lists (documented): a number, a boolean or null travels as `{"input": value}`. Nothing is sent for no value."""

    takes_null = True

    def __init__(self, *, required: bool = False) -> None:
        self._required = required

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        if value is ABSENT or (value is None and not self._required):
            return ABSENT
        return {_KEY: value} if _bare(value) or _wrapped(value) else value


def meant(value: Json) -> Json:
    """A value as it was meant: values are very often sent as JSON texts (recorded), which are read when they hold more than a bare word or number."""
    if isinstance(value, str) and value.lstrip()[:1] in _BEGINNINGS:
        try:
            value = read_json(value.encode(), allow_nan=True, allow_duplicates=True)
        except (CrosswalkError, UnicodeEncodeError):
            return value
    return value[_KEY] if _wrapped(value) else value


@dataclass(frozen=True)
class Meant:
    """A record whose values may be texts of values, and whose scores come as a map or as a list."""

    record: Codec

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        found: JsonObject = self.record.decode(value, scope)
        found.update((name, meant(found[name])) for name in _VALUES if name in found)
        return found

    def encode(self, value: JsonObject, scope: Scope) -> Json:
        return self.record.encode(value, scope)


@dataclass(frozen=True)
class Trace:
    """A trace with its tree. The texts at the top are cut (recorded: to about 50 characters), those of the root span are whole."""

    record: Codec

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        tree = value.get(_TREE)
        root: Any = tree[0] if isinstance(tree, list) and tree and isinstance(tree[0], dict) else {}
        whole = {name: root[name] for name in _TEXTS if root.get(name) is not None}
        plain = {name: content for name, content in value.items() if name != _TREE}
        scores = value.get("scores")
        return Meant(self.record).decode({**plain, **whole, "scores": scores if isinstance(scores, dict) else {}}, scope)

    def encode(self, value: JsonObject, scope: Scope) -> Json:
        return self.record.encode(value, scope)


class Named:
    """An answer of which only the id counts: an experiment, an echo of what was sent, or the ticket of a task with an `experiment_id` (client code)."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        identifier = value.get("id") or value.get("experiment_id")
        return {"id": EXPERIMENT_ID.decode(identifier, scope)} if identifier else {}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"id": value["id"]}


class Anything:
    """An answer that says nothing the request did not."""

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {}


class Counted:
    """The answer to rows in bulk. Raises CrosswalkError where one of them was refused."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        if value.get("error_count"):
            first: JsonObject = next(iter(value.get("errors") or ()), {})
            message = f"{value['error_count']} rows were refused, the first of them: {str(first.get('error'))[:200]}"
            raise CrosswalkError(Code.UPSTREAM_INVALID, message)
        return {"count": int(value["success_count"])}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"success_count": value["count"], "error_count": 0, "errors": [], "total_errors": 0}


def first_form(error: CrosswalkError, request: Request) -> Request | None:
    """The request as older servers want it, which refuse the present one naming `workflows`: that key, and `custom` for a step that waits."""
    if error.vendor_status != 400 or "workflows" not in str(error.vendor_body):
        return None
    body = read_json(request.body)
    if "workflow" not in body:
        return None
    steps = [{**step, "type": "custom"} if step.get("type") == "wait" else step for step in body.pop("workflow")]
    return Request(
        request.method, request.path, request.path_params, request.query, request.headers, dump_json({**body, "workflows": steps})
    )
