"""Dataset uploads. The server checks them by hand, so what is wrong is said in plain text, one thing at a time."""

from adapters.body import read_json
from adapters.forms import read_form
from adapters.http import Request
from adapters.phoenix.quirks.files import Fields, columns, in_the_parsers_words, refused
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason
from schemas.json import Json, JsonObject

ACTIONS = ("create", "append", "update")


def read_upload(request: Request, scope: Scope) -> JsonObject:
    """The upload with its fields checked, whichever of the two forms it came in. Raises `refused` with the server's own text."""
    return checked(_read(request))


def read_before_update(request: Request, scope: Scope) -> JsonObject:
    """As `read_upload`, for servers that know no `action: update` yet (before 14.17.0) and look at inputs, outputs and metadata alone."""
    given = _read(request)
    if isinstance(given, dict):
        given = {name: value for name, value in given.items() if name not in ("splits", "span_ids", "example_ids")}
    return checked(given, ACTIONS[:2])


def _read(request: Request) -> Json:
    content_type = request.headers.get("content-type")
    if content_type is None:
        raise CrosswalkError(Code.INVALID_REQUEST, "There is no content type.", Reason.EMPTY)
    media_type = content_type.partition(";")[0].strip().lower()
    reader = _READERS.get(media_type)
    if reader is None:
        raise refused("Invalid request Content-Type")
    return reader(request)


def checked(given: Json, actions: tuple[str, ...] = ACTIONS) -> JsonObject:
    """An upload's fields, those without a meaning left out."""
    if not isinstance(given, dict):
        raise refused("Input should be a valid dictionary")
    if not given.get("name"):
        raise refused("Dataset name is required")
    if not isinstance(given["name"], str):
        raise refused("Dataset name should be a string")
    inputs = given.get("inputs")
    if inputs is None:
        raise refused("input is required")
    if not _all_objects(inputs):
        raise refused("Input should be a list containing only dictionary objects")
    fields: JsonObject = {"name": given["name"], "description": _description(given), "inputs": inputs}
    fields.update({name: check(name, given[name], len(inputs)) for name, check in _CHECKS.items() if _said(name, given)})
    return {**fields, "action": _action(given, actions)}


def _said(name: str, given: JsonObject) -> bool:
    """Whether a list was given; an empty one of outputs or metadata is none."""
    return bool(given.get(name)) if name in ("outputs", "metadata") else given.get(name) is not None


def _action(given: JsonObject, actions: tuple[str, ...]) -> str:
    action = given.get("action") or "create"
    if action not in actions:
        raise refused(f"Invalid dateset action: {action}")
    return str(action)


def _description(given: JsonObject) -> str:
    description = given.get("description") or ""
    if not isinstance(description, str):
        raise refused("Dataset description should be a string")
    return description


def _objects(name: str, value: Json, length: int) -> Json:
    if not _all_objects(value) or len(value) != length:
        raise refused(f"{name} should be a list of same length as input containing only dictionary objects")
    return value


def _parallel(name: str, value: Json, length: int) -> list[Json]:
    if not isinstance(value, list):
        raise refused(f"{name} must be a list")
    if len(value) != length:
        raise refused(f"{name} must have same length as inputs ({len(value)} != {length})")
    return value


def _splits(name: str, value: Json, length: int) -> Json:
    return [_split(item) for item in _parallel(name, value, length)]


def _split(item: Json) -> Json:
    """The names of an example's splits; blank ones are none."""
    if item is None or isinstance(item, str):
        return [item.strip()] if item and item.strip() else []
    if not isinstance(item, list):
        raise refused(f"Split value must be a string, list of strings, or None, got {type(item).__name__}")
    for name in item:
        if name is not None and not isinstance(name, str):
            raise refused(f"Split value must be a string or None, got {type(name).__name__}")
    return list(dict.fromkeys(name.strip() for name in item if name and name.strip()))


def _spans(name: str, value: Json, length: int) -> Json:
    for item in _parallel(name, value, length):
        if item is not None and not isinstance(item, str):
            raise refused(f"Span ID must be a string or None, got {type(item).__name__}")
    return [item.strip() or None if item else None for item in value]


def _unique(name: str, value: Json, length: int) -> Json:
    seen: set[str] = set()
    for item in _parallel(name, value, length):
        if item is not None and not isinstance(item, str):
            raise refused(f"{name} must contain only strings or None")
        if item in seen:
            raise refused(f"Duplicate example_id in request: {item!r}")
        if item is not None:
            seen.add(item)
    return value


_CHECKS = {"outputs": _objects, "metadata": _objects, "splits": _splits, "span_ids": _spans, "example_ids": _unique}


def _all_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _json(request: Request) -> Json:
    try:
        return read_json(request.body, allow_nan=True, allow_duplicates=True)
    except CrosswalkError as error:
        raise in_the_parsers_words(request.body, error) from None


def _form(request: Request) -> JsonObject:
    """A file with the names of its columns."""
    parts = read_form(request.body, request.headers["content-type"])
    try:
        fields = Fields([(part.name, part.text) for part in parts if part.file_name is None])
    except UnicodeDecodeError as error:
        raise refused(str(error)) from None
    if not fields.first("name"):
        raise refused("Dataset name must not be empty")
    file = next((part for part in parts if part.name == "file" and part.file_name is not None), None)
    if file is None:
        raise refused("Malformed file in form data.")
    given = {"name": fields.first("name"), "action": fields.first("action"), "description": fields.first("description") or file.file_name}
    return {**given, **columns(file, fields)}


def name_in_form(request: Request) -> str:
    """The dataset's name in a form that was read before."""
    parts = read_form(request.body, request.headers.get("content-type", ""))
    return next((part.text for part in parts if part.name == "name"), "")


_READERS = {"application/json": _json, "multipart/form-data": _form}
