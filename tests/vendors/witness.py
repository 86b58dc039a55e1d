"""What the clients asked for, noted when `python -m tests.coverage` wants to know: which client ran when, and the gateways' access lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp

VARIABLE = "CROSSWALK_TEST_WITNESS"
"""Names the folder the notes go to; unset in ordinary runs, which note nothing."""
CLIENTS = "clients.jsonl"


def folder() -> Path | None:
    """Where to note things, None when nobody asked."""
    found = os.environ.get(VARIABLE)
    return Path(found) if found else None


@contextmanager
def running(client: str) -> Iterator[None]:
    """A client of this name runs while the block does."""
    place = folder()
    started = datetime.now(UTC)
    try:
        yield
    finally:
        if place is not None:
            span = {"client": client, "from": started.isoformat(), "to": datetime.now(UTC).isoformat()}
            with (place / CLIENTS).open("a", encoding="utf-8") as notes:
                notes.write(json.dumps(span) + "\n")


def log(otherwise: Path) -> Path:
    """Where a gateway's log goes: among the notes when somebody asked, else where it would go anyway."""
    place = folder()
    if place is None:
        return otherwise
    handle, name = mkstemp(suffix=".log", prefix="server-", dir=place)
    os.close(handle)
    return Path(name)
