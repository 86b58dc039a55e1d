"""What every Respan script uses: the client, polling, refusals as values, one JSON object at the end.

Runs inside the client's environment, so it imports nothing but the client and the standard library.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from respan import RespanClient
from respan.core.api_error import ApiError

ONCE: Any = {"max_retries": 0}
DEADLINE_SECONDS = 20.0
TERMINAL = ("completed", "failed", "cancelled")
T = TypeVar("T")


def connect(base_url: str) -> Any:
    """The client of 0.1.47: credentials are given once."""
    return RespanClient(base_url=base_url, authorization="Bearer local", respan_api_key="local")


def connect_without_key(base_url: str) -> Any:
    """The client of 0.1.27: credentials are given with every call."""
    return RespanClient(base_url=base_url)


def unique(prefix: str) -> str:
    return f"{prefix} {uuid.uuid4().hex[:12]}"


def plain(model: Any) -> Any:
    """A reply of the client (a model, a list of them, None) as plain JSON values."""
    if isinstance(model, list):
        return [plain(item) for item in model]
    return model.model_dump(mode="json") if hasattr(model, "model_dump") else model


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """Status and body of the error a call ends in; status 0 when it did not fail."""
    try:
        reply = call()
    except ApiError as error:
        return {"status": error.status_code, "body": plain(error.body), "kind": type(error).__name__}
    return {"status": 0, "body": plain(reply), "kind": "no error"}


def eventually(read: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """The first value of `read` that is `wanted`; after 20 s the last one, whatever it is."""
    end = time.monotonic() + DEADLINE_SECONDS
    value = read()
    while not wanted(value) and time.monotonic() < end:
        time.sleep(0.1)
        value = read()
    return value


def settled(experiment: Any) -> bool:
    return experiment.status in TERMINAL


def scored(evaluators: set[str], count: int) -> Callable[[list[dict[str, Any]]], bool]:
    """Whether `count` traces are there, each with a score of every evaluator."""
    return lambda traces: len(traces) == count and all(set(t["scores"] or {}) >= evaluators for t in traces)


def tell(seen: dict[str, Any]) -> None:
    json.dump(seen, sys.stdout)
    sys.stdout.write("\n")
