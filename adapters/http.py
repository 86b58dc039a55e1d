"""HTTP as an adapter sees it: values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.json import Json


@dataclass(frozen=True)
class Request:
    """A request that was read completely. Header names are lower case; `query` keeps order and repetitions; `path` is below the dialect's mount."""

    method: str
    path: str
    path_params: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True)
class Response:
    """A complete answer."""

    status: int
    body: bytes = b""
    media_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: Json, headers: Mapping[str, str] | None = None) -> Response:
    """An answer holding compact JSON, non-ASCII unescaped."""
    return Response(status, dump_json(content), headers=headers or {})


def text_response(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer holding plain text."""
    return Response(status, text.encode(), "text/plain; charset=utf-8", headers or {})


def dump_json(content: Json) -> bytes:
    """Compact UTF-8 JSON. Integers beyond 64 bits, which orjson refuses, go through the standard library."""
    try:
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        import json

        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_fallback).encode(errors="replace")


def _fallback(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
