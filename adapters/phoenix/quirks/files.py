"""Uploaded files: a table of rows, and which of its columns make the input, output, metadata, splits and ids of an example."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping

from adapters.body import read_json
from adapters.forms import Part
from adapters.phoenix.quirks.compression import Inflated, inflate
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject

PARTS = ("input", "output", "metadata")
ENCODINGS = ("none", "gzip", "deflate")
WITHOUT_ARROW = "Arrow files are read by the extra `arrow` of crosswalk-gateway, which is not installed here; CSV and JSON lines are taken"


def refused(text: str) -> CrosswalkError:
    """A refusal that the client reads as this text."""
    return CrosswalkError(Code.INVALID_REQUEST, text)


class Fields:
    """The plain fields of a form, of which each may come several times."""

    def __init__(self, given: Iterable[tuple[str, str]]) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in given:
            self._given.setdefault(name, []).append(value)

    def first(self, name: str) -> str:
        """The field's value, "" when it is not there."""
        return next(iter(self._given.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that is not empty, each once."""
        return tuple(dict.fromkeys(filter(None, self._given.get(name, ()))))


class Columns:
    """Which column is what. `keys` are the columns of input, output and metadata, in that order."""

    def __init__(self, fields: Fields) -> None:
        self.keys = {part: fields.all(f"{part}_keys[]") for part in PARTS}
        self.splits, self.split = fields.all("split_keys[]"), fields.first("split_key")
        self.span, self.example = fields.first("span_id_key"), fields.first("example_id_key")
        self.flat = fields.all("flatten_keys[]")
        if self.splits and self.split:
            raise refused(
                "Cannot specify both 'split_keys[]' and 'split_key'. Use 'split_key' for a single column with JSON-encoded split lists."
            )

    @property
    def dotted(self) -> bool:
        """Whether columns are named as downloads name them: `input.question`."""
        prefixes = tuple(f"{part}." for part in PARTS)
        return not self.flat and any(key.startswith(prefixes) for keys in self.keys.values() for key in keys)

    @property
    def named(self) -> frozenset[str]:
        """Every column that is something."""
        several = (key for keys in (*self.keys.values(), self.splits) for key in keys)
        return frozenset(filter(None, (*several, self.split, self.span, self.example)))

    def check(self, header: Iterable[str]) -> None:
        """Raises `refused` for a column that the file does not have."""
        known = set(header)
        for part, keys in (*self.keys.items(), ("split", self.splits)):
            if unknown := sorted(set(keys) - known):
                raise refused(f"{part} keys not found in column headers: frozenset({{{', '.join(map(repr, unknown))}}})")
        for name, key in (("span_id_key", self.span), ("example_id_key", self.example), ("split_key", self.split)):
            if key and key not in known:
                raise refused(f"{name} '{key}' not found in column headers")


def columns(file: Part, fields: Fields) -> JsonObject:
    """The lists of an upload that a file means. Raises `refused` in the server's own words."""
    what = Columns(fields)
    kind = file.headers.get("content-type")
    reader = _READERS.get((kind or "").lower())
    if reader is None:
        raise refused(f"Invalid file content type: {kind}")
    return reader(file, what)


def _unpacked(file: Part) -> bytes:
    encoding = file.headers.get("content-encoding", "none")
    if encoding.lower() not in ENCODINGS:
        raise refused(f"Invalid file content encoding: {encoding}")
    try:
        return bytes(file.content) if encoding.lower() == "none" else inflate(bytes(file.content), encoding.lower())
    except Inflated as error:
        raise refused(f"The file cannot be decompressed: {error}") from None


def _text(file: Part) -> str:
    try:
        return _unpacked(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(str(error)) from None


def _csv(file: Part, what: Columns) -> JsonObject:
    """A table with a header. Empty cells are no fields."""
    reader = csv.DictReader(io.StringIO(_text(file), newline=""))
    try:
        header = reader.fieldnames
        if header is None:
            raise refused("Missing CSV column header")
        twice = next((name for name in header if list(header).count(name) > 1), None)
        if twice is not None:
            raise refused(f"Duplicated column header in CSV file: {twice}")
        what.check(header)
        rows: list[JsonObject] = [{name: row[name] for name in header} for row in reader]
    except csv.Error as error:
        raise refused(f"The file cannot be read: {error}") from None
    if what.dotted:
        return _lists(rows, what, {part: _undotted(part, keys) for part, keys in what.keys.items()})
    rows = [{name: _object(value) if name in what.flat else value for name, value in row.items()} for row in rows]
    return _lists(rows, what, {part: _without_blanks(pick) for part, pick in _pickers(rows, what).items()})


def _jsonl(file: Part, what: Columns) -> JsonObject:
    """One JSON object a line; a key that a line does not have is left out."""
    rows = [_line(line) for line in _text(file).splitlines()]
    return _lists(rows, what, _pickers(rows, what))


def _line(line: str) -> JsonObject:
    try:
        row = read_json(line.encode(), allow_nan=True, allow_duplicates=True)
    except CrosswalkError as error:
        raise in_the_parsers_words(line, error) from None
    if not isinstance(row, dict):
        raise refused("Each line should be a dictionary")
    return row


def in_the_parsers_words(text: str | bytes, error: CrosswalkError) -> CrosswalkError:
    """Broken JSON is answered with the parser's own message."""
    if error.code is not Code.INVALID_REQUEST:
        return error
    try:
        json.loads(text)
    except (ValueError, RecursionError) as reason:
        return refused(str(reason))
    return refused(error.message)


def _arrow(file: Part, what: Columns) -> JsonObject:
    """An Arrow stream; nulls are null. As with the server, its encoding is its own business and no column is flattened."""
    try:
        from adapters.phoenix.quirks.arrow import Table
    except ImportError:
        raise refused(WITHOUT_ARROW) from None
    table = Table(bytes(file.content))
    what.check(table.names)
    return _lists(table.rows(what.named), what, {part: _picker(keys, {}) for part, keys in what.keys.items()})


_READERS: Mapping[str, Callable[[Part, Columns], JsonObject]] = {
    "text/csv": _csv,
    "application/jsonl": _jsonl,
    "application/x-pandas-pyarrow": _arrow,
}
Pick = Callable[[JsonObject], JsonObject]


def _lists(rows: list[JsonObject], what: Columns, pickers: Mapping[str, Pick]) -> JsonObject:
    lists: JsonObject = {
        "inputs": [pickers["input"](row) for row in rows],
        "outputs": [pickers["output"](row) for row in rows],
        "metadata": [pickers["metadata"](row) for row in rows],
        "splits": [_named(row.get(what.split)) if what.split else _in_columns(row, what.splits) for row in rows],
    }
    for name, key in (("span_ids", what.span), ("example_ids", what.example)):
        if key:
            lists[name] = [_identifier(row.get(key)) for row in rows]
    return lists


def _pickers(rows: list[JsonObject], what: Columns) -> dict[str, Pick]:
    """What takes each part of an example out of a row; objects under a key of `flatten_keys[]` give their own fields instead."""
    children: dict[str, frozenset[str]] = {}
    for parent in what.flat:
        values = [row[parent] for row in rows if row.get(parent) is not None]
        if not all(isinstance(value, dict) for value in values):
            raise refused(f"Cannot flatten '{parent}': expected object values")
        children[parent] = frozenset(name for value in values for name in value)
    return {part: _picker(keys, children) for part, keys in what.keys.items()}


def _picker(keys: tuple[str, ...], children: Mapping[str, frozenset[str]]) -> Pick:
    direct, parents = [key for key in keys if key not in children], sorted(key for key in keys if key in children)
    emitted: set[str] = set()
    for parent in parents:
        if both := emitted & children[parent]:
            raise refused(f"Cannot flatten '{parent}': keys {both} already emitted")
        emitted |= children[parent]
    if both := emitted & set(direct):
        raise refused(f"Keys {both} conflict with flattened children")

    def pick(row: JsonObject) -> JsonObject:
        picked = {key: row[key] for key in direct if key in row}
        for parent in parents:
            if parent in row and not isinstance(row[parent], dict):
                raise refused(f"Cannot flatten '{parent}': expected object")
            picked.update(row.get(parent, {}))
        return picked

    return pick


def _without_blanks(pick: Pick) -> Pick:
    return lambda row: {key: value for key, value in pick(row).items() if not _blank(value)}


def _blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _undotted(part: str, keys: tuple[str, ...]) -> Pick:
    """Columns as downloads name them: the path after the part's name is a path into the example; cells of JSON lists and objects are parsed."""

    def pick(row: JsonObject) -> JsonObject:
        picked: JsonObject = {}
        for key in keys:
            if not _blank(row.get(key)):
                path = key.removeprefix(f"{part}.").split(".") if key.startswith(f"{part}.") else [key]
                _put(picked, path, _parsed(row[key]))
        return picked

    return pick


def _put(into: JsonObject, path: list[str], value: Json) -> None:
    for step in path[:-1]:
        inner = into.setdefault(step, {})
        if not isinstance(inner, dict):
            raise refused(f"Cannot put {'.'.join(path)!r} into {step!r}, which is no object")
        into = inner
    into[path[-1]] = value


def _parsed(cell: str) -> Json:
    text = cell.strip()
    if (text[:1], text[-1:]) not in (("[", "]"), ("{", "}")):
        return cell
    try:
        return read_json(text.encode(), allow_nan=True, allow_duplicates=True)
    except CrosswalkError:
        return cell


def _object(value: Json) -> Json:
    """A cell that holds a JSON object, as that object."""
    try:
        parsed = read_json(value.encode(), allow_nan=True, allow_duplicates=True) if value else None
    except CrosswalkError:
        return value
    return parsed if isinstance(parsed, dict) else value


def _in_columns(row: JsonObject, keys: tuple[str, ...]) -> list[str]:
    named = (str(row[key]).strip() for key in keys if row.get(key))
    return sorted({name for name in named if name})


def _named(value: Json) -> list[str]:
    """The splits in one column: a JSON list of names, or one name."""
    if isinstance(value, str):
        value = _list(value) or value
    names = value if isinstance(value, list) else [value]
    return sorted({text for name in names if name and (text := str(name).strip())})


def _list(text: str) -> list[Json] | None:
    try:
        parsed = read_json(text.encode(), allow_nan=True, allow_duplicates=True)
    except CrosswalkError:
        return None
    return parsed if isinstance(parsed, list) else None


def _identifier(value: Json) -> str | None:
    """An id in a column; blank and `nan` are none."""
    text = "" if value is None else str(value)
    return text if text.strip() and text.lower() != "nan" else None
