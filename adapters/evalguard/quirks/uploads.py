"""Datasets from files: CSV, JSON and JSON lines (the index names the route, nothing says what it takes: the forms are inferred)."""

import csv
import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from adapters.body import read_json
from adapters.forms import Part, read_form
from adapters.http import Request
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, invalid
from schemas.json import Json, JsonObject

MULTIPART = "multipart/form-data"
_EXPECTED = ("expectedOutput", "expected", "expected_output")
_OWN = frozenset({"input", *_EXPECTED, "metadata"})


def read_upload(request: Request, scope: Scope) -> Json:
    """The body of `POST /datasets` that an upload stands for: a form with a file, or JSON that holds the file's text. Raises `CrosswalkError`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _from_form(read_form(request.body, request.headers["content-type"])) if media_type == MULTIPART else _from_json(request)


def _from_form(parts: list[Part]) -> JsonObject:
    file = next((part for part in parts if part.file_name is not None), None)
    if file is None:
        raise _wrong("file", "Required")
    try:
        said = {part.name: part.text for part in parts if part.file_name is None}
    except UnicodeDecodeError:
        raise _wrong("form", "is not UTF-8") from None
    path = PurePosixPath(file.file_name or "")
    known: JsonObject = {field: said[field] for field in ("projectId", "name", "description") if field in said}
    return _dataset({"name": path.stem, **known}, said.get("format") or path.suffix.removeprefix(".").lower(), bytes(file.content))


def _from_json(request: Request) -> Json:
    body = read_json(request.body) if request.body.strip() else None
    if not isinstance(body, dict) or not isinstance(body.get("content"), str):
        raise _wrong("content", f"Required: the text of a file; or send {MULTIPART} with the file")
    rest = {name: value for name, value in body.items() if name not in ("content", "format")}
    return _dataset(rest, body.get("format"), body["content"].encode())


def _dataset(known: JsonObject, form_of: Json, content: bytes) -> JsonObject:
    read = _READERS.get(form_of) if isinstance(form_of, str) else None
    if read is None:
        raise invalid(f"Must be one of {', '.join(_READERS)}", "query", "format", type="literal_error", input=form_of)
    return {"source": "upload", **known, "cases": [_case(number, row) for number, row in enumerate(read(content))]}


def _case(number: int, row: Json) -> JsonObject:
    """A row as a case: columns without a meaning of their own are its metadata."""
    if not isinstance(row, dict):
        raise invalid("Each row must be an object", "body", "file", number)
    rest = {name: value for name, value in row.items() if name not in _OWN and value not in (None, "")}
    expected = next((row[name] for name in _EXPECTED if row.get(name) is not None), None)
    case: JsonObject = {"input": row["input"]} if "input" in row else {}
    if expected is not None:
        case["expectedOutput"] = expected
    metadata = {**_metadata(row.get("metadata")), **rest}
    return {**case, "metadata": metadata} if metadata else case


def _metadata(value: Json) -> JsonObject:
    """The column `metadata`: an object, in CSV its JSON text; anything else stays under its name."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(CrosswalkError):
            value = read_json(value.encode())
    return value if isinstance(value, dict) else {} if value in (None, "") else {"metadata": value}


def _table(content: bytes) -> list[Json]:
    """The rows of a CSV file whose first line names the columns; an empty answer is none."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = reader.fieldnames or []
        rows: list[Json] = [_cells(row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise _wrong("file", f"cannot be read: {error}") from None
    if len(set(names)) < len(names):
        raise _wrong("file", "names a column twice")
    return rows


def _cells(row: JsonObject) -> JsonObject:
    if None in row:
        raise _wrong("file", "a line has more cells than the first one")
    return {name: value for name, value in row.items() if not (name in _EXPECTED and value in (None, ""))}


def _lines(content: bytes) -> list[Json]:
    return [_json(line) for line in content.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]


def _array(content: bytes) -> list[Json]:
    value = _json(content)
    rows = value.get("cases") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise _wrong("file", "holds no list of cases")
    return rows


def _json(text: bytes) -> Json:
    try:
        return read_json(text)
    except CrosswalkError as error:
        if error.code is not Code.INVALID_REQUEST:
            raise
        raise _wrong("file", f"is no JSON: {error.message}") from None


def _wrong(field: str, message: str) -> CrosswalkError:
    return invalid(message[:300], "body", field)


_READERS: Mapping[str, Callable[[bytes], list[Json]]] = {"csv": _table, "json": _array, "jsonl": _lines}
