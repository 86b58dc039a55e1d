"""An experiment's results in neutral terms, so that two dialects' accounts of them can be compared by value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True)
class Result:
    """One run: values as any JSON; `scores` by evaluator name (numbers, booleans, labels)."""

    input: Any
    reference: Any
    output: Any
    failed: bool = False
    repetition: int = 1
    scores: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Account:
    """What a reader saw, and the canonical fields that the receipts of its reading call lost or coerced."""

    results: list[Result]
    excused: set[str]


class Caller:
    """Sends one dialect's calls, insists on success, and collects what the receipts excuse."""

    def __init__(self, client: httpx.AsyncClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self.excused: set[str] = set()

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} if content else {}
        answer = await self._client.request(method, self._prefix + path, content=content, headers=headers)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        if "crosswalk-receipt" in answer.headers:
            receipt = (await self._client.get(f"/v1/receipts/{answer.headers['crosswalk-receipt']}")).json()
            for fate in ("lost", "coerced", "hidden"):
                self.excused.update(note["canonical"].rsplit("/", 1)[-1] for note in receipt.get(fate, ()))
        return answer.json() if answer.content else None


def text(value: Any) -> str:
    """A value as a dialect of strings shows it: strings as they are, anything else as compact JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unwrapped(value: Any, key: str) -> Any:
    """The value inside `{key: value}`, which is how a dialect of objects carries anything else."""
    return value[key] if isinstance(value, dict) and set(value) == {key} and not isinstance(value[key], dict) else value


def ordered(results: list[Result]) -> list[Result]:
    """By input, then repetition: dialects list runs in orders of their own."""
    return sorted(results, key=lambda r: (text(r.input), r.repetition, text(r.output)))
