"""Tables as Arrow streams (the IPC streaming format), from strangers: what a batch becomes in memory is known before any of it is decompressed.

Needs the optional extra `arrow`; `quirks.files` imports this module when such a file comes.
"""

import struct
from collections.abc import Collection, Iterator
from datetime import date
from math import isfinite
from typing import Any

import pyarrow
from pyarrow import ipc, types

from adapters.phoenix.quirks.compression import MAX_SIZE
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject

MAX_VALUES = 4_000_000
"""How many values a file may hold, nested ones and rows counted: nulls and bits take next to no bytes, and here each becomes an object."""
MAX_BATCHES = 10_000

_WHOLE = (types.is_null, types.is_boolean, types.is_integer, types.is_floating, types.is_string, types.is_large_string, types.is_date)
_LISTS = (types.is_list, types.is_large_list, types.is_fixed_size_list)
_PAIR = struct.Struct("<qq")


class Table:
    """The rows of an Arrow stream: `names` are its columns, `rows` reads those asked for.

    Both raise CrosswalkError (invalid request): the server's text for what is no such stream, one of our own for what is too large or holds no JSON.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._messages = ipc.MessageReader.open_stream(pyarrow.py_buffer(content))
            first = next(self._messages, None)
            # Read as a schema, a message of another kind ends the process: pyarrow looks no further than the call.
            if first is None or first.type != "schema":
                raise _invalid()
            self._schema = ipc.read_schema(first)
            self.names: tuple[str, ...] = tuple(self._schema.names)
        except _BROKEN:
            raise _invalid() from None

    def rows(self, wanted: Collection[str]) -> list[JsonObject]:
        """The wanted columns of every row; of several columns of one name the last."""
        try:
            for field in self._schema:
                _check(field, field.name in wanted)
            return [row for batch in self._batches() for row in _rows(batch, wanted)]
        except _BROKEN:
            raise _invalid() from None

    def _batches(self) -> Iterator[Any]:
        budget = _Budget()
        for message in self._messages:
            budget.spend(message)
            batch = ipc.read_record_batch(message, self._schema)
            batch.validate(full=True)
            yield batch


class _Budget:
    """What is left of the limits."""

    def __init__(self) -> None:
        self._batches, self._values, self._size = MAX_BATCHES, MAX_VALUES, MAX_SIZE

    def spend(self, message: Any) -> None:
        """Raises `CrosswalkError` when this message would go beyond them."""
        if message.type != "record batch":
            raise _invalid()
        values, size = declared(message.metadata.to_pybytes(), message.body)
        self._batches, self._values, self._size = self._batches - 1, self._values - values, self._size - size
        for left, limit in (
            (self._batches, f"{MAX_BATCHES} batches"),
            (self._values, f"{MAX_VALUES} values"),
            (self._size, f"{MAX_SIZE} bytes"),
        ):
            if left < 0:
                raise _refused(f"The file is larger than {limit}")


def declared(metadata: bytes, body: Any) -> tuple[int, int]:
    """How many values (and rows) a record batch has, and how many bytes its buffers take once decompressed.

    `metadata` is the message's flatbuffer (format/Message.fbs), `body` what follows it. A compressed buffer begins with its size, 8 bytes little-endian,
    or -1 when it is not compressed after all; readers allocate just that and refuse what does not fill it. Buffers may overlap: each counts.
    """
    batch = _Record(metadata, _position(metadata, 0)).table(2)
    (rows,) = struct.unpack_from("<q", metadata, place) if (place := batch.place(0)) else (0,)
    lengths = [length for length, _ in batch.pairs(1)]
    sizes = [_size(body, *buffer) if batch.place(3) else buffer[1] for buffer in batch.pairs(2)]
    if min((rows, *lengths, *sizes), default=0) < 0:
        raise _invalid()
    return rows + sum(lengths), sum(sizes)


def _size(body: Any, offset: int, length: int) -> int:
    if not length:
        return 0
    if offset < 0 or length < 8 or offset + length > body.size:
        raise _invalid()
    size = int.from_bytes(body.slice(offset, 8).to_pybytes(), "little", signed=True)
    return length - 8 if size == -1 else size


class _Record:
    """A table of a flatbuffer, by the numbers of its fields. The reader of messages has verified the buffer before."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self._start = data, start

    def place(self, number: int) -> int:
        """Where a field is; 0 when it is absent."""
        (back,) = struct.unpack_from("<i", self._data, self._start)
        fields = self._start - back
        (size,) = struct.unpack_from("<H", self._data, fields)
        entry = 4 + 2 * number
        offset: int = struct.unpack_from("<H", self._data, fields + entry)[0] if entry + 2 <= size else 0
        return self._start + offset if offset else 0

    def table(self, number: int) -> "_Record":
        """A field that is a table."""
        return _Record(self._data, _position(self._data, self.place(number)))

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """A field that is a vector of structs of two 64-bit integers."""
        if not (place := self.place(number)):
            return []
        start = _position(self._data, place)
        (count,) = struct.unpack_from("<I", self._data, start)
        return [(first, second) for first, second in _PAIR.iter_unpack(self._data[start + 4 : start + 4 + count * _PAIR.size])]


def _position(data: bytes, place: int) -> int:
    (offset,) = struct.unpack_from("<I", data, place)
    return place + int(offset)


def _check(field: Any, wanted: bool) -> None:
    """Columns that nobody asked for (an index of times, say) need only be of a fixed width."""
    if not _is_json(field.type) and (wanted or not types.is_primitive(field.type)):
        raise _refused(f"Column {field.name!r} holds {str(field.type)[:200]}, which is not taken here")


def _is_json(kind: Any) -> bool:
    """Whether the values of a type have a form in JSON that server 11.38.0 gives them. Types whose values may share memory (views, runs) have none here."""
    if any(fits(kind) for fits in _WHOLE):
        return True
    if any(fits(kind) for fits in _LISTS):
        return _is_json(kind.value_type)
    return bool(types.is_struct(kind)) and all(_is_json(field.type) for field in kind)


def _rows(batch: Any, wanted: Collection[str]) -> Iterator[JsonObject]:
    columns = {name: column.to_pylist() for name, column in zip(batch.schema.names, batch.columns, strict=True) if name in wanted}
    for place in range(batch.num_rows):
        yield {name: _json(values[place]) for name, values in columns.items()}


def _json(value: Any) -> Json:
    """Numbers that JSON cannot say become null and days ISO 8601 text, as server 11.38.0 has it (20.26.1 fails on either)."""
    if isinstance(value, dict):
        return {name: _json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else value


def _invalid() -> CrosswalkError:
    return _refused("File is not valid pyarrow")


def _refused(text: str) -> CrosswalkError:
    return CrosswalkError(Code.INVALID_REQUEST, text)


_BROKEN = (pyarrow.ArrowException, OSError, ValueError, OverflowError, struct.error)
"""What reading a broken stream raises: pyarrow's own, what its conversions to Python raise, and a metadata that ends early."""
