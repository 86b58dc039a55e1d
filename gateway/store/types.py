"""Column types that mean the same on every database: JSON as text, times as whole microseconds."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from schemas.errors import invalid

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer that SQLite accepts as an automatic primary key."""


class _JsonNull:
    """A null that was said, unlike None, which is stored as SQL NULL (nothing was said)."""


JSON_NULL: Final = _JsonNull()


def said(value: object) -> object:
    """`value` for a JSON column where null and absent differ: None becomes a stored JSON null."""
    return JSON_NULL if value is None else value


def dump(value: object) -> str:
    """`value` as JSON text. Raises CrosswalkError (invalid_request) when JSON cannot hold it (nesting beyond 254 levels, integers beyond 64 bits)."""
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise invalid(f"The value cannot be stored as JSON: {error}.") from error


class JsonText(TypeDecorator[Any]):
    """Any JSON value as compact text. None is SQL NULL; `JSON_NULL` is the text `null`; both read back as None."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return "null" if value is JSON_NULL else dump(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


def to_microseconds(value: datetime) -> int:
    """Whole microseconds since 1970 (UTC)."""
    return (value - EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC time `value` microseconds after 1970; times past the year 9999 become its last instant."""
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return _LAST


class Moment(TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970 (UTC)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)
