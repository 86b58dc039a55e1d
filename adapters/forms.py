"""multipart/form-data in memory: the fields by name, and the files with what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from schemas.errors import Code, CrosswalkError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 10_000


@dataclass
class Part:
    """One part of a form; header names in lower case. `file_name` is None for a plain field."""

    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)
    name: str = ""
    file_name: str | None = None

    @property
    def text(self) -> str:
        """The content of a plain field."""
        return self.content.decode("utf-8")


class _Reader:
    """Gathers parts from the parser's callbacks."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._name, self._value = bytearray(), bytearray()
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self.on_part_begin,
            "on_part_data": self.on_part_data,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
        }

    def on_part_begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise FormParserError(f"more than {MAX_PARTS} parts")
        self.parts.append(Part())

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8")
        self._name, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        part = self.parts[-1]
        _, options = parse_options_header(part.headers.get("content-disposition", ""))
        part.name = options.get(b"name", b"").decode("utf-8")
        part.file_name = options[b"filename"].decode("utf-8") if b"filename" in options else None


def read_form(body: bytes, content_type: str) -> list[Part]:
    """The parts of a form in order. Raises CrosswalkError (unreadable body) when it is none."""
    reader = _Reader()
    _, options = parse_options_header(content_type)
    try:
        parser = MultipartParser(options.get(b"boundary", b""), reader.callbacks)
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise CrosswalkError(Code.UNREADABLE_BODY, f"The form cannot be read: {error}") from None
    return reader.parts
