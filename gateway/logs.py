"""Logs: one JSON object a line on standard output, with every secret masked."""

import logging
import re
import sys
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

MASK = "***"

_CLIENTS = ("httpx", "httpcore")
"""They write a line with the whole URL for every call; what the gateway asks of others it tells itself."""

_PARSERS = ("python_multipart",)
"""They warn of what callers send wrong, which is answered and no concern of whoever runs the gateway."""

_DEPTH = 8
_LARGE = 2**63
_SHORT = 4
"""A shorter secret is masked only where it is a whole value: inside words it would match by chance."""

_SECRET_NAME = re.compile(r"(^|[-_.])(authorization|cookie|password|passwd|secret|credentials?|token|api[-_]?key)$", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]+")


def configure(level: str, secrets: Collection[str] = (), stream: BinaryIO | None = None) -> None:
    """Send every log line of this process, also of the libraries, to `stream` (standard output unless given).

    `secrets` are values that no line may hold, whatever the key. `level` is debug, info, warning or error.
    """
    # Loggers hold on to their stream for speed; one that was given may be replaced later.
    lasting = stream is None
    threshold = logging.getLevelNamesMapping()[level.upper()]
    stream = stream or sys.stdout.buffer
    structlog.configure(
        processors=_processors(Renderer(secrets)),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=lasting,
    )
    logging.basicConfig(handlers=[_Bridge()], level=max(threshold, logging.INFO), force=True)
    for name in _CLIENTS:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    for name in _PARSERS:
        logging.getLogger(name).setLevel(max(threshold, logging.ERROR))


def get(name: str) -> FilteringBoundLogger:
    """A logger; `name` is the word in the line's `component` field."""
    logger: FilteringBoundLogger = structlog.get_logger(component=name)
    return logger


def _processors(renderer: "Renderer") -> list[Any]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        renderer,
    ]


class Renderer:
    """The event as one line of JSON without secrets.

    Nearly no line holds one, and looking at every text of every line would cost more than writing it. So the finished
    bytes are searched, and only a line that may hold a secret is masked text by text and written anew.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._mask = Mask(secrets)
        self._signs = (*_CREDENTIAL_SIGNS, *(_spelled(secret).lower() for secret in secrets))

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        line = _plain_line(event)
        if line is not None:
            lower = line.lower()
            if not any(sign in lower for sign in self._signs):
                return line
        return orjson.dumps(self._mask(event))


_CREDENTIAL_SIGNS = (b"bearer", b"basic")


def _plain_line(event: EventDict) -> bytes | None:
    """The line of an event of plain values; None when only the mask can make it harmless or writable."""
    if not all(map(_is_plain, event, event.values())):
        return None
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:
        return None


def _is_plain(name: str, value: object) -> bool:
    return type(value) in _PLAIN and not _is_telling(name)


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _spelled(secret: str) -> bytes:
    return orjson.dumps(secret)[1:-1]


@lru_cache(maxsize=1024)
def _is_telling(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


class Mask:
    """Replaces the known secrets and whatever looks like a credential, in every text of an event at any depth.

    What stands under a name such as `Authorization` or `api_key` is masked whatever it is.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._whole = frozenset(secrets)
        self._inside = _pattern(secret for secret in secrets if len(secret) >= _SHORT)

    def __call__(self, event: EventDict) -> EventDict:
        return {name: self._value(name, value, _DEPTH) for name, value in event.items()}

    def text(self, text: str) -> str:
        """The text without secrets, and without the lone surrogates that no UTF-8 can hold."""
        text = text.encode(errors="replace").decode()
        if text in self._whole:
            return MASK
        if self._inside is not None:
            text = self._inside.sub(MASK, text)
        return _CREDENTIALS.sub(rf"\1\2{MASK}", text)

    def _value(self, name: object, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, float):
            return value
        if isinstance(value, int):
            return value if -_LARGE < value < _LARGE else str(value)
        if isinstance(value, str):
            return MASK if isinstance(name, str) and _is_telling(name) else self.text(value)
        if isinstance(value, bytes):
            return self._value(name, value.decode(errors="replace"), depth)
        if depth == 0:
            return MASK
        if isinstance(value, dict):
            return {self.text(str(key)): self._value(key, inner, depth - 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(name, inner, depth - 1) for inner in value]
        return self.text(repr(value))


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Matches any of the secrets, longest first: one may hold another."""
    alternatives = "|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True))
    return re.compile(alternatives) if alternatives else None


class _Bridge(logging.Handler):
    """Passes what libraries write with the standard logging module on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            get(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)
        except Exception:
            self.handleError(record)
