"""Recorded exchanges: how a file is read, and which server state each file continues from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "recordings" / "phoenix"

# The file a recording continues from, on the same server. (The TypeScript files were taken on the Python files'
# server too, but depend on nothing that those left there.)
CONTINUES = {
    "python_client_other_calls": "python_client_run_experiment",
    "python_client_dry_run": "python_client_other_calls",
    "python_client_datasets": "python_client_dry_run",
    "python_async_client_run_experiment": "python_client_datasets",
    "ts_client_other_calls": "ts_client_run_experiment",
}
# Files recorded on a server that asks for keys. Their placeholders (ADMIN_TOKEN, VIEWER_TOKEN) are its keys here.
KEYED = frozenset({"auth"})
# Files whose later lines come from another fresh server: {file: {first line there: the requests that bring a server
# into the state it had}}. Those were not recorded; what they made shows in the lines that follow.
FRESH_SERVER_AT: dict[str, dict[int, tuple[dict[str, Any], ...]]] = {
    "errors": {
        356: (
            {
                "path": "/v1/datasets/upload",
                "query": "sync=true",
                "body": {"name": "n", "inputs": [{"q": 1}], "outputs": [{"a": 1}]},
                "answer": {"dataset_id": "RGF0YXNldDox", "version_id": "RGF0YXNldFZlcnNpb246MQ=="},
            },
            {"path": "/v1/datasets/RGF0YXNldDox/experiments", "body": {"name": "e"}, "answer": {"id": "RXhwZXJpbWVudDox"}},
        )
    }
}


@dataclass(frozen=True)
class Part:
    """One side of an exchange, as recorded. `body` is what `encoding` says."""

    headers: dict[str, str]
    encoding: str
    body: Any


@dataclass(frozen=True)
class Exchange:
    """One line of a recording: `line` counts from 1; `status` and `answer` are what the real server said."""

    file: str
    line: int
    note: str
    method: str
    path: str
    query: str
    request: Part
    status: int
    answer: Part

    @property
    def target(self) -> str:
        """Path and query as they were on the wire."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.method} {self.target} ({self.note})"


@dataclass(frozen=True)
class Scene:
    """What is replayed on one server that starts empty: `setup` brings it into the state, `exchanges` are compared."""

    setup: tuple[Exchange, ...]
    exchanges: tuple[Exchange, ...]

    @property
    def keyed(self) -> bool:
        return self.exchanges[0].file in KEYED

    @property
    def version(self) -> str | None:
        """The server's version, where that is not the one that most were taken from: the file's name ends in it."""
        _, marked, version = self.exchanges[0].file.partition("_server_")
        return version if marked else None

    def compared_throughout(self) -> Scene:
        """The same, its set-up compared as well."""
        return Scene((), self.setup + self.exchanges)


def load(name: str) -> tuple[Exchange, ...]:
    """The exchanges of a file, named with or without folder and ending. FileNotFoundError when there is none."""
    file = Path(name).name.removesuffix(".jsonl")
    lines = (FOLDER / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_exchange(file, number, json.loads(line)) for number, line in enumerate(lines, 1))


def scenes(name: str) -> tuple[Scene, ...]:
    """What to replay for a file: usually one scene, whose set-up is every file that it continues."""
    exchanges = load(name)
    file = exchanges[0].file
    breaks = FRESH_SERVER_AT.get(file, {})
    starts = [1, *breaks]
    ends = [*(start - 1 for start in breaks), len(exchanges)]
    setups = [_before(file), *(tuple(_unrecorded(file, request) for request in requests) for requests in breaks.values())]
    return tuple(Scene(setup, exchanges[start - 1 : end]) for setup, start, end in zip(setups, starts, ends, strict=True))


def _before(file: str) -> tuple[Exchange, ...]:
    if file not in CONTINUES:
        return ()
    return _before(CONTINUES[file]) + load(CONTINUES[file])


def _exchange(file: str, line: int, record: dict[str, Any]) -> Exchange:
    request, answer = record["request"], record["response"]
    return Exchange(
        file=file,
        line=line,
        note=record["note"],
        method=request["method"],
        path=request["path"],
        query=request["query"] or "",
        request=Part(request["headers"], request["body_encoding"], request["body"]),
        status=answer["status"],
        answer=Part(answer["headers"], answer["body_encoding"], answer["body"]),
    )


def _unrecorded(file: str, request: dict[str, Any]) -> Exchange:
    """A set-up request, of whose answer only the ids are known."""
    return Exchange(
        file=file,
        line=0,
        note="set-up, not recorded",
        method="POST",
        path=request["path"],
        query=request.get("query", ""),
        request=Part({"content-type": "application/json"}, "json", request["body"]),
        status=200,
        answer=Part({"content-type": "application/json"}, "json", {"data": request["answer"]}),
    )
