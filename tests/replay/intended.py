"""Where the gateway means to answer otherwise than the recorded server, line by line; why, the dialect's table of differences says.

Exact in both directions: a line that differs and is not here is a failure, and so is one here that does not differ, or is answered with another status.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.phoenix.differences import DIFFERENCES

Statuses = Mapping[int, int]
"""By line of a recording, the status here."""

LEFT_OUT: Mapping[str, str] = {
    "/graphql": "the web interface's API",
    "/auth/login": "users sign in to the web interface",
    "/v1/users": "keys are configured here, there are no users",
    "/v1/user/api_keys": "keys are configured here, there are no users",
}
"""Paths that are no part of the API under test: requests to them are not replayed."""

_ZERO = "`repetitions` 0 or negative"
_LARGE = "`repetitions` above 1,000,000"
_ROWS = "dataset, or its examples, with a row that is no integer; any row beyond 64 bits"
_LIMIT = "`limit` beyond 64 bits"
_MALFORMED = "create run: malformed experiment or example id; evaluation: malformed run id"
_UNKNOWN = "create run or evaluation for an experiment, example or run that does not exist"
_INFINITE = "evaluation score `Infinity`"
_FILE_NAMES = "export of an experiment whose name holds characters beyond Latin-1, a quote or a line break"
_PAGE = "GET of an unknown path, or of a known one with a trailing slash"
_BROKEN_UPLOADS = (
    "uploads: a body that is no object, a form without a file, a file that cannot be decompressed, the same example id twice in a file"
)

INTENDED: Mapping[str, Mapping[str, Statuses]] = {
    "errors": {
        _ZERO: {48: 422, 49: 422, 72: 200},
        _LARGE: {56: 422, 57: 422, 75: 200},
        _ROWS: {13: 404, 87: 404, 311: 404, 312: 404},
        _LIMIT: {73: 200, 174: 200},
        "`repetition_number` beyond 64 bits": {357: 422},
        _MALFORMED: {104: 422, 108: 422, 182: 422},
        _UNKNOWN: {106: 404, 110: 404, 184: 404},
        _INFINITE: {219: 422, 240: 200, 246: 200},
        "evaluation times as numbers or numeric text": {227: 422, 228: 422},
        "half of a surrogate pair in a string": {356: 422},
        _PAGE: {88: 404, 94: 404, 96: 404, 98: 404, 99: 404, 349: 404, 366: 404},
        "HEAD": {90: 200},
        "GET of a path that only takes POST": {101: 405, 350: 405},
    },
    "behaviour": {
        _ZERO: {4: 422, 5: 200, 6: 200, 7: 404, 8: 404, 9: 404, 101: 200},
        _LIMIT: {12: 200},
        _FILE_NAMES: {65: 200, 66: 200, 69: 200, 70: 200},
        _INFINITE: {81: 422, 83: 200, 84: 200},
        _UNKNOWN: {93: 404},
    },
    "auth": {_PAGE: {10: 401}},
    "dataset_uploads": {
        _BROKEN_UPLOADS: {5: 422, 29: 422, 40: 422, 91: 422},
        "source of an example whose span was never ingested": {46: 200},
        "dataset without examples, read by id": {55: 200, 71: 200},
        "uploads: a name or description that is no text, a JSON line that is no object": {99: 422, 100: 422, 101: 422},
    },
    "projects": {"project of a name that is taken": {4: 409}},
    "errors_server_11.38.0": {
        _MALFORMED: dict.fromkeys((6, 7, 15, 20, 22, 64), 422),
        _ROWS: {13: 404},
        _ZERO: dict.fromkeys((48, 49, 56, 57), 422),
        _LARGE: dict.fromkeys((67, 68, 69, 70, 71, 72, 73, 74), 200),
    },
}
"""By recording and topic of the dialect's table, the lines that differ. What follows from a difference (a list that holds what was refused) stands with it."""

TOPICS = frozenset(difference.topic for difference in DIFFERENCES)


def intended(file: str) -> dict[int, int]:
    """The lines of a recording that are meant to be answered otherwise, with the status here."""
    return {line: status for statuses in INTENDED.get(file, {}).values() for line, status in statuses.items()}


def topic(file: str, line: int) -> str | None:
    """Why a line is meant to be answered otherwise; None for every other line."""
    return next((subject for subject, statuses in INTENDED.get(file, {}).items() if line in statuses), None)
