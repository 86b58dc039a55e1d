"""`python -m tests.coverage [SOURCE …]`: checks the served operations, and writes down who was answered rightly and when.

Sources are `recordings` (of real servers, replayed), `documents` (each dialect's OpenAPI document) and `clients` (the vendors' own, as `make test-vendors`
runs them); all when none is named. What it writes, `adapters/NAME/checked.py`, keeps what other sources said before. A source that fails writes nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.base import Adapter
from adapters.registry import discover
from gateway import logs
from gateway.routing import Router, prefix_of
from tests.replay.player import play
from tests.replay.recording import FOLDER, scenes
from tests.replay.servers import gateway
from tests.vendors import witness

ROOT = Path(__file__).parent.parent
DOCUMENT = "OpenAPI document"
_RECORDED_FROM = "20.26.1"

Seen = set[tuple[str, str, str]]
"""Dialect, operation as `METHOD path`, who."""


def main(arguments: list[str]) -> int:
    """0 when every source that was asked for agreed, else 1."""
    logs.configure("error")
    unknown = set(arguments) - SOURCES.keys()
    if unknown:
        print(f"no such source: {', '.join(sorted(unknown))}; there are: {', '.join(SOURCES)}", file=sys.stderr)
        return 2
    good = True
    for name in arguments or SOURCES:
        found = SOURCES[name]()
        if found is None:
            print(f"{name}: failed, nothing is written", file=sys.stderr)
            good = False
            continue
        write(found)
        print(f"{name}: {len({(dialect, operation) for dialect, operation, _ in found})} operations")
    return 0 if good else 1


def write(found: Seen) -> None:
    """Put what was seen into each dialect's file; what the same ones saw before is forgotten."""
    day, who = datetime.now(UTC).date().isoformat(), {name for _, _, name in found}
    for adapter in discover().values():
        served = {f"{entry.method} {entry.path}" for entry in (*adapter.routes, *adapter.pages)}
        checked: dict[str, dict[str, str]] = {}
        for operation in sorted(served):
            before = {name: on for name, on in adapter.checked.get(operation, {}).items() if name not in who}
            now = {name: day for dialect, known, name in found if dialect == adapter.name and known == operation}
            if before or now:
                checked[operation] = dict(sorted({**before, **now}.items()))
        (ROOT / "adapters" / adapter.name / "checked.py").write_text(_source(checked), encoding="utf-8")


def _source(checked: dict[str, dict[str, str]]) -> str:
    rows = "".join(f"    {json.dumps(operation)}: {json.dumps(names, ensure_ascii=False)},\n" for operation, names in checked.items())
    return (
        '"""Who was answered rightly, and on which day, by operation. Written by `python -m tests.coverage`."""\n\n'
        "from collections.abc import Mapping\n\n"
        f"CHECKED: Mapping[str, Mapping[str, str]] = {{\n{rows}}}\n"
    )


def recordings() -> Seen | None:
    """Operations of which a recorded answer was given again, equal in status, headers and body."""
    return asyncio.run(_recordings())


async def _recordings() -> Seen:
    adapter = discover()["phoenix"]
    named, found = _Names(adapter), set[tuple[str, str, str]]()
    for file in sorted(path.stem for path in FOLDER.glob("*.jsonl")):
        for scene in scenes(file):
            async with gateway(keyed=scene.keyed, version=scene.version) as client:
                for result in await play(scene, client):
                    operation = named.of(result.exchange.method, result.exchange.path)
                    if operation and result.status is not None and result.status < 400 and not result.differences:
                        found.add((adapter.name, operation, f"recording of server {scene.version or _RECORDED_FROM}"))
    return found


def documents() -> Seen | None:
    """Operations that succeeded and answered nothing that their OpenAPI document does not describe."""
    from tests.documents import Calls, served

    found = set[tuple[str, str, str]]()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (app, session):
        for adapter in discover().values():
            calls = Calls(app, session, prefix_of(adapter))
            calls.make(examples=25)
            calls.walk(examples=15, steps=12)
            if calls.wrong:
                print(*calls.wrong, sep="\n", file=sys.stderr)
                return None
            named = _Names(adapter)
            succeeded = [label.partition(" ")[::2] for label, statuses in calls.statuses.items() if min(statuses) < 300]
            found |= {(adapter.name, name, DOCUMENT) for method, path in succeeded if (name := named.of(method, path))}
    return found


def clients() -> Seen | None:
    """Operations that a vendor's client called with success, in tests that passed."""
    found = set[tuple[str, str, str]]()
    for adapter in discover().values():
        tests = ROOT / "tests" / "vendors" / adapter.name
        if not tests.is_dir():
            continue
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pytest", str(tests)]
            if subprocess.run(command, cwd=ROOT, env={**os.environ, witness.VARIABLE: folder}).returncode != 0:
                return None
            found |= {(adapter.name, operation, who) for operation, who in _called(adapter, Path(folder))}
    return found


def _called(adapter: Adapter, notes: Path) -> Iterator[tuple[str, str]]:
    """What the servers' logs say was answered while a client ran."""
    spans = [json.loads(line) for line in (notes / witness.CLIENTS).read_text(encoding="utf-8").splitlines()]
    named, prefix = _Names(adapter), f"/{prefix_of(adapter)}"
    for log in notes.glob("server-*.log"):
        for line in log.read_bytes().splitlines():
            access = _access(line)
            if access is None or not access["path"].startswith(prefix + "/") or access["status"] >= 400:
                continue
            operation = named.of(access["method"], access["path"].removeprefix(prefix))
            ran = [span["client"] for span in spans if _moment(span["from"]) <= _moment(access["timestamp"]) <= _moment(span["to"])]
            if operation and ran:
                yield operation, ran[-1]


def _access(line: bytes) -> dict[str, Any] | None:
    """An access line of this gateway, None for every other."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("component") == "access" else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class _Names:
    """A dialect's operations by the requests that ask for them."""

    def __init__(self, adapter: Adapter) -> None:
        self._router = Router(adapter)

    def of(self, method: str, path: str) -> str | None:
        """`METHOD path` of the row that answers, None when nothing does."""
        found = self._router.match(path)
        entry = found.endpoint.entry(method, ()) if found else None
        return f"{method} {entry.path}" if entry is not None else None


SOURCES: dict[str, Callable[[], Seen | None]] = {"recordings": recordings, "documents": documents, "clients": clients}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
