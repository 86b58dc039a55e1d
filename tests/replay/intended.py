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
