"""What is measured: requests to the gateway, each beside one made directly, and what the stub vendor answers to both."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from adapters.base import Adapter
from schemas.operations import Op

BODY = orjson.dumps({"name": "an experiment", "description": "x" * 900})
PAGE = orjson.dumps({"results": [{"id": str(number), "output": "y" * 460} for number in range(1000)]})


@dataclass(frozen=True)
class Scenario:
    """`path` is asked of the gateway whose target `stub` speaks `dialect`; `delay` is the vendor's, in seconds; `bound` the milliseconds it may add."""

    name: str
    dialect: str
    path: str
    answer: bytes
    callers: int = 1
    delay: float = 0.0
    method: str = "POST"
    bound: float | None = None

    def request(self, path: str) -> bytes:
        """The bytes of the request for a path."""
        body = BODY if self.method == "POST" else b""
        length = f"content-length: {len(body)}\r\n" if body else ""
        return f"{self.method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\n{length}\r\n".encode() + body


def forwarded(dialect: str) -> tuple[Scenario, ...]:
    """The vendor's own dialect passed on as bytes."""
    path = f"/{dialect}/v1/anything"
    return (
        Scenario("one caller, 1 KB POST", dialect, path, BODY, bound=0.8),
        Scenario("64 callers, vendor takes 50 ms", dialect, path, BODY, callers=64, delay=0.05),
        Scenario("one caller, 500 KB page", dialect, path, PAGE, method="GET"),
    )


def translated(adapters: Mapping[str, Adapter], ours: Adapter) -> Iterator[Scenario]:
    """A list of datasets asked in our own dialect, for each vendor that ships an example of its answer; that may take more calls than one."""
    for name, adapter in adapters.items():
        answer = _example(adapter) if adapter is not ours else None
        if answer is not None:
            yield Scenario(f"one caller, GET onto {name}", name, f"/{ours.prefix}@stub/datasets", answer, method="GET", bound=1.2)


def _example(adapter: Adapter) -> bytes | None:
    """The vendor's answer to a list of datasets, from the examples beside its adapter."""
    routes = {f"{route.method} {route.path}" for route in adapter.asking(Op.LIST_DATASETS)}
    module = sys.modules.get(f"adapters.{adapter.name}")
    folder = Path(module.__file__).parent / "examples" if module is not None and module.__file__ else None
    for file in sorted(folder.glob("*.json")) if folder is not None else ():
        example = json.loads(file.read_bytes())
        if example["route"] in routes and example["part"] == "reply" and example.get("status") == 200:
            return orjson.dumps(example["body"])
    return None
