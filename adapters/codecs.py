"""Codecs every dialect shares: vocabularies, times, ids, numbers, wrapped and serialised values."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from adapters.mapping import Codec
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import invalid, malformed, wrong_kind
from schemas.ids import MAX_NUMBER, Kind, dashed
from schemas.json import Json


@dataclass(frozen=True)
class Vocabulary:
    """Words with meanings. Several wire words may mean one canonical word: the first listed is the one we write.

    A wire word without a row becomes `unknown` (and is noted); a canonical word without a row is written as `otherwise` gives it.
    """

    words: Mapping[str, Enum]
    unknown: Enum | None = None
    otherwise: Mapping[Enum, str] | None = None

    def decode(self, value: Json, scope: Scope) -> Json:
        meaning = self.words.get(value) if isinstance(value, str) else None
        if meaning is not None:
            return meaning.value
        if self.unknown is None:
            raise invalid(f"{value!r} is not one of {', '.join(self.words)}", *scope.wire.strip("/").split("/"), input=value)
        scope.note(Fate.COERCED, reason=f"unknown word read as {self.unknown.value}")
        return self.unknown.value

    def encode(self, value: Json, scope: Scope) -> Json:
        for word, meaning in self.words.items():
            if meaning.value == value:
                return word
        for meaning, word in (self.otherwise or {}).items():
            if meaning.value == value:
                scope.note(Fate.COERCED, reason=f"{value} is said as {word}")
                return word
        return value


@dataclass(frozen=True)
class Time:
    """A point in time: canonical aware datetimes in UTC, on the wire a text.

    `suffix` is how UTC is spelled, `digits` how many fractional digits are written (None: six, or none when zero).
    """

    suffix: str = "Z"
    digits: int | None = 6

    def decode(self, value: Json, scope: Scope) -> datetime:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        return parse_time(value, scope)

    def encode(self, value: Json, scope: Scope) -> str:
        moment = value if isinstance(value, datetime) else parse_time(value, scope)
        if self.digits is not None and self.digits < 6 and moment.microsecond % 10 ** (6 - self.digits):
            scope.note(Fate.COERCED, reason=f"a time has {self.digits} decimal places here")
        return format_time(moment, self.suffix, self.digits)


def parse_time(value: Json, scope: Scope) -> datetime:
    """A datetime from ISO 8601 text (no offset = UTC); raises `CrosswalkError` for anything else."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise invalid("not an ISO 8601 time", *scope.wire.strip("/").split("/"), type="datetime_parsing", input=value) from None


def format_time(moment: datetime, suffix: str, digits: int | None) -> str:
    """ISO 8601 text of a moment, in UTC."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") if moment.year >= 1000 else moment.replace(microsecond=0, tzinfo=None).isoformat()
    if digits is None:
        return f"{text}.{moment.microsecond:06d}{suffix}" if moment.microsecond else text + suffix
    fraction = f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
    return text + fraction + suffix


@dataclass(frozen=True)
class HexId:
    """An id as 32 hex digits (`dashes` true: as a dashed UUID). An id a caller chose passes as it is, unless `strict`."""

    kind: Kind
    dashes: bool = False
    strict: bool = False

    def decode(self, value: Json, scope: Scope) -> str:
        if not isinstance(value, str):
            raise malformed(self.kind, str(value))
        identity = scope.ids.parse(value)
        if identity is not None and identity.kind is not self.kind:
            raise wrong_kind(self.kind, value)
        if identity is None and self.strict and not UUID_FORM.fullmatch(value):
            raise malformed(self.kind, value)
        return value.replace("-", "").lower() if identity else value

    def encode(self, value: Json, scope: Scope) -> str:
        return dashed(str(value)) if self.dashes and scope.ids.parse(str(value)) else str(value)


UUID_FORM = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Function:
    """A codec from a pair of small pure functions of the value. `partial` says that it shows a part of its record on purpose."""

    decoder: Callable[[Json], Json]
    encoder: Callable[[Json], Json]
    takes_null: bool = False
    partial: bool = False

    def decode(self, value: Json, scope: Scope) -> Json:
        return self.decoder(value)

    def encode(self, value: Json, scope: Scope) -> Json:
        return self.encoder(value)


def scaled(factor: float) -> Function:
    """A number that the wire counts `factor` times as high."""
    return Function(lambda value: value / factor, lambda value: _plain(value * factor))


def keyed(name: str) -> Function:
    """A plain value on the wire, an object with that value under `name` in the canonical model."""
    return Function(lambda value: {name: value}, lambda value: value[name])


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number


@dataclass(frozen=True)
class JsonText:
    """Any JSON value, carried on the wire as its serialised text."""

    takes_null = False

    def decode(self, value: Json, scope: Scope) -> Json:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value

    def encode(self, value: Json, scope: Scope) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Wrapped:
    """A value the wire can only hold in an object: anything else travels as `{key: value}` and comes back as it was.

    An object that already looks wrapped (`{key: value}`, however often) is wrapped once more, so that the way back is never in doubt.
    """

    key: str

    def decode(self, value: Json, scope: Scope) -> Json:
        return value[self.key] if self._chain(value) else value

    def encode(self, value: Json, scope: Scope) -> Json:
        if isinstance(value, dict) and not self._chain(value):
            return value
        return {self.key: value}

    def _chain(self, value: Json) -> bool:
        while isinstance(value, dict):
            if set(value) != {self.key}:
                return False
            value = value[self.key]
            if not isinstance(value, dict):
                return True
        return False


@dataclass(frozen=True)
class Chain:
    """Two codecs one after the other: on the way in `first`, then `second`."""

    first: Codec
    second: Codec

    def decode(self, value: Json, scope: Scope) -> Json:
        return self.second.decode(self.first.decode(value, scope), scope)

    def encode(self, value: Json, scope: Scope) -> Json:
        return self.first.encode(self.second.encode(value, scope), scope)


def number_of(text: str) -> int | None:
    """A positive record number from decimal text, or None."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if 0 < number <= MAX_NUMBER else None
