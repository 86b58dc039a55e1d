"""Logs: one JSON object a line on standard output, with every secret masked."""

import logging
import re
import sys
from collections.abc import Collection, Iterable
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

MASK = "***"
_MASK = MASK.encode()
_DEPTH = 8

_SECRET_NAME = re.compile(r"(^|[-_.])(authorization|cookie|password|passwd|secret|credentials?|token|api[-_]?key)$", re.IGNORECASE)
_CREDENTIALS = re.compile(rb"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]+")


def configure(level: str, secrets: Collection[str] = (), stream: BinaryIO | None = None) -> None:
    """Send every log line of this process, also of the libraries, to `stream` (standard output unless given).

    `secrets` are values that no line may hold, whatever the key. `level` is debug, info, warning or error.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    stream = stream or sys.stdout.buffer
    structlog.configure(
        processors=_processors(Renderer(secrets)),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Bridge()], level=max(threshold, logging.INFO), force=True)


def get(name: str) -> FilteringBoundLogger:
    """A logger; `name` is the word in the line's `component` field."""
    logger: FilteringBoundLogger = structlog.get_logger(component=name)
    return logger


def _processors(renderer: "Renderer") -> list[Any]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_names,
        renderer,
    ]


def mask_names(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace what stands under a name such as `Authorization` or `api_key`, at any depth."""
    return {name: _masked(name, value, _DEPTH) for name, value in event.items()}


def _masked(name: object, value: Any, depth: int) -> Any:
    if isinstance(value, str | bytes):
        return MASK if isinstance(name, str) and _SECRET_NAME.search(name) else value
    if isinstance(value, dict):
        return {key: _masked(key, inner, depth - 1) for key, inner in value.items()} if depth else MASK
    if isinstance(value, list | tuple):
        return [_masked(name, inner, depth - 1) for inner in value] if depth else MASK
    return value


class Renderer:
    """The line's bytes. Known secrets and credentials are masked here, last, so that no field and no traceback escapes."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._secrets = _pattern(secrets)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        line = orjson.dumps(event, default=_text, option=orjson.OPT_NON_STR_KEYS)
        if self._secrets is not None:
            line = self._secrets.sub(_MASK, line)
        return _CREDENTIALS.sub(rb"\1\2" + _MASK, line)


def _pattern(secrets: Iterable[str]) -> re.Pattern[bytes] | None:
    """Matches any secret as it looks inside a JSON string, longest first: one may hold another."""
    spelled = {orjson.dumps(secret)[1:-1] for secret in secrets if secret}
    if not spelled:
        return None
    return re.compile(b"|".join(re.escape(secret) for secret in sorted(spelled, key=len, reverse=True)))


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else repr(value)


class _Bridge(logging.Handler):
    """Passes what libraries write with the standard logging module on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            get(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)
        except Exception:
            self.handleError(record)
