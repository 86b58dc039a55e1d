"""Where the gateway means to answer otherwise than the recorded server, and why.

Exact in both directions: each difference is spelled out, and an entry that no longer differs is a failure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Intended:
    """`differences` as the report prints them."""

    reason: str
    differences: tuple[str, ...]


INTENDED: dict[tuple[str, int], Intended] = {}

PROBED: dict[str, dict[str, tuple[int, ...]]] = {
    "errors": {
        "repetitions out of range": (48, 49, 56, 57),
        "a list that holds what was refused above": (72, 73, 75),
        "no integer, or one beyond 64 bits": (13, 87, 174, 311, 312, 357),
        "malformed or unknown references": (104, 106, 108, 110, 182, 184),
        "infinite scores, and exports that hold them": (219, 240, 246),
        "evaluation times as numbers": (227, 228),
        "half of a surrogate pair": (356,),
        "the web interface's page": (88, 90, 94, 96, 98, 99, 101, 349, 350, 366),
        "GraphQL": (355,),
    },
    "behaviour": {
        "repetitions out of range, and what they poison": (4, 5, 6, 7, 8, 9, 101),
        "a limit beyond 64 bits": (12,),
        "file names": (65, 66, 69, 70),
        "infinite scores, and exports that hold them": (81, 83, 84),
        "unknown references": (93,),
    },
    "auth": {
        "the web interface's page": (10,),
        "users and their keys": (19, 20, 21),
    },
    "python_client_datasets": {},
    "errors_server_11.38.0": {
        "malformed references": (6, 7, 15, 20, 22, 64),
        "no integer, or one beyond 64 bits": (13,),
        "repetitions out of range": (48, 49, 56, 57),
        "a list that holds what was refused above": (67, 68, 69, 70, 71, 72, 73, 74),
    },
}
"""The probes of a real server's edges: the lines of a recording that differ, by subject. What differs in each, README says."""


def topic(file: str, line: int) -> str | None:
    """The subject of a probed line that is meant to be answered otherwise; None for every other line."""
    return next((subject for subject, lines in PROBED.get(file, {}).items() if line in lines), None)
