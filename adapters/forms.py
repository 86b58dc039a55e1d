"""Reading `multipart/form-data`."""

import io
from dataclasses import dataclass, field
from typing import Any

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError

from adapters.http import Request
from schemas.errors import invalid


@dataclass(frozen=True)
class Form:
    """The fields of a form by name, in order, and its files as (name, content)."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """The first value of a field."""
        return next(iter(self.fields.get(name, ())), None)


def read_form(request: Request) -> Form:
    """The form in a request's body. Raises `CrosswalkError` (invalid request) for what is none."""
    form = Form()

    def take_field(part: Any) -> None:
        form.fields.setdefault(_text(part.field_name), []).append(_text(part.value))

    def take_file(part: Any) -> None:
        part.file_object.seek(0)
        form.files.append((_text(part.file_name), part.file_object.read()))

    try:
        parse_form({"Content-Type": request.headers["content-type"].encode("latin-1")}, io.BytesIO(request.body), take_field, take_file)
    except (FormParserError, ValueError, UnicodeDecodeError) as error:
        raise invalid(f"is no form: {error}"[:300], "body") from None
    return form


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8")
