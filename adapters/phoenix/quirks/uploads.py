"""Dataset uploads. The server checks them by hand, so what is wrong is said in plain text, one thing at a time."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError

from adapters.body import read_json
from adapters.http import Request
from adapters.phoenix.quirks.compression import Inflated, inflate
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason
from schemas.json import Json, JsonObject

ACTIONS = ("create", "append", "update")


def refused(text: str) -> CrosswalkError:
    """A refusal that the client reads as this text."""
    return CrosswalkError(Code.INVALID_REQUEST, text)


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
    if not given.get("name") or not isinstance(given["name"], str):
        raise refused("Dataset name is required")
    inputs = given.get("inputs")
    if inputs is None:
        raise refused("input is required")
    if not _all_objects(inputs):
        raise refused("Input should be a list containing only dictionary objects")
    fields: JsonObject = {"name": given["name"], "action": _action(given, actions), "description": _description(given), "inputs": inputs}
    fields.update({name: check(name, given[name], len(inputs)) for name, check in _CHECKS.items() if given.get(name)})
    return fields


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


def _splits(name: str, value: Json, length: int) -> Json:
    if not isinstance(value, list) or len(value) != length or not all(_is_split(item) for item in value):
        raise refused(f"{name} should be a list of same length as input containing only strings, lists of strings or nulls")
    return [_trimmed(item) for item in value]


def _is_split(item: Json) -> bool:
    return item is None or isinstance(item, str) or (isinstance(item, list) and all(isinstance(name, str) for name in item))


def _trimmed(item: Json) -> Json:
    """Blank names are no splits."""
    if isinstance(item, str):
        return item if item.strip() else None
    return [name for name in item if name.strip()] if item else None


def _texts(name: str, value: Json, length: int) -> Json:
    if not isinstance(value, list) or len(value) != length or not all(item is None or isinstance(item, str) for item in value):
        raise refused(f"{name} should be a list of same length as input containing only strings or nulls")
    return value


def _unique(name: str, value: Json, length: int) -> Json:
    seen: set[str] = set()
    for item in _texts(name, value, length):
        if item is not None and item in seen:
            raise refused(f"Duplicate example_id in request: {item!r}")
        seen.add(item)
    return value


_CHECKS = {"outputs": _objects, "metadata": _objects, "splits": _splits, "span_ids": _texts, "example_ids": _unique}


def _all_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _json(request: Request) -> Json:
    try:
        return read_json(request.body, allow_nan=True, allow_duplicates=True)
    except CrosswalkError as error:
        raise _in_the_parsers_words(request.body, error) from None


def _in_the_parsers_words(body: bytes, error: CrosswalkError) -> CrosswalkError:
    """Broken JSON is answered with the parser's own message."""
    if error.code is not Code.INVALID_REQUEST:
        return error
    try:
        json.loads(body)
    except (ValueError, RecursionError) as reason:
        return refused(str(reason))
    return refused(error.message)


def _form(request: Request) -> JsonObject:
    """A file with the names of its columns."""
    fields: dict[str, list[str]] = {}
    files: list[tuple[str, bytes]] = []

    def field(part: Any) -> None:
        fields.setdefault(_text(part.field_name), []).append(_text(part.value))

    def file(part: Any) -> None:
        part.file_object.seek(0)
        files.append((_text(part.file_name), part.file_object.read()))

    headers = {"Content-Type": request.headers["content-type"].encode("latin-1")}
    try:
        parse_form(headers, io.BytesIO(request.body), field, file)
    except (FormParserError, ValueError, UnicodeDecodeError) as error:
        raise refused(f"Invalid form: {error}") from None
    if not files:
        raise refused("file is required")
    name, content = files[0]
    return {
        "name": _first(fields, "name"),
        "action": _first(fields, "action"),
        "description": _first(fields, "description") or name,
        **_columns(_rows(name, content), fields),
    }


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8")


def _first(fields: dict[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _rows(name: str, content: bytes) -> list[JsonObject]:
    """The rows of a CSV or JSON-lines file, gzip or not."""
    try:
        if content[:2] == b"\x1f\x8b":
            content = inflate(content, "gzip")
        text = content.decode("utf-8-sig")
    except (Inflated, UnicodeDecodeError) as error:
        raise refused(f"The file cannot be read: {error}") from None
    if name.endswith(".jsonl"):
        return [_line(line) for line in text.splitlines() if line.strip()]
    if name.endswith(".csv"):
        return list(_table(text))
    raise refused("Only CSV and JSONL files are taken here")


def _line(line: str) -> JsonObject:
    row = _json(Request("POST", "", body=line.encode()))
    if not isinstance(row, dict):
        raise refused("Each line should be a dictionary")
    return row


def _table(text: str) -> Iterable[JsonObject]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = reader.fieldnames or []
    if len(set(names)) != len(names):
        raise refused("Duplicated column header in CSV file")
    try:
        for row in reader:
            yield {name: row[name] or "" for name in names}
    except csv.Error as error:
        raise refused(f"The file cannot be read: {error}") from None


def _columns(rows: list[JsonObject], fields: dict[str, list[str]]) -> JsonObject:
    """The lists of an upload. A key no row has is refused."""
    keys = {part: fields.get(f"{part}_keys[]", []) for part in ("input", "output", "metadata")}
    known = {name for row in rows for name in row}
    unknown = sorted({name for names in keys.values() for name in names} - known)
    if unknown and rows:
        raise refused(f"Invalid keys: {', '.join(unknown)}")
    columns: JsonObject = {"inputs": _parts(rows, keys["input"]), "outputs": _parts(rows, keys["output"])}
    columns["metadata"] = _parts(rows, keys["metadata"])
    for wire, name in (("split_key", "splits"), ("span_id_key", "span_ids"), ("example_id_key", "example_ids")):
        key = _first(fields, wire)
        if key:
            columns[name] = [row.get(key) or None for row in rows]
    return columns


def _parts(rows: list[JsonObject], keys: list[str]) -> list[JsonObject]:
    return [{key: row[key] for key in keys if key in row} for row in rows]


_READERS = {"application/json": _json, "multipart/form-data": _form}
