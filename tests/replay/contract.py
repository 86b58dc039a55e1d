"""Answers held to the OpenAPI document that the real server publishes (`tests/recordings/phoenix-openapi.json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.replay.recording import FOLDER

DOCUMENT = FOLDER.parent / "phoenix-openapi.json"
OUTSIDE = frozenset({("POST", "/v1/traces")})
"""Operations of the server that its document does not describe."""

OTHERWISE: Mapping[tuple[str, str], str] = {("GET", "/v1/experiments/{experiment_id}/json"): "application/json"}
"""Where server and document disagree about the media type of success: what the server really sends."""

_PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Operation:
    """One operation of the document; `answers` is its `responses` object."""

    method: str
    template: str
    answers: Mapping[str, Any]

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from every other."""
        return self.method, self.template


@cache
def document() -> Any:
    """The document."""
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


@cache
def operations() -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Every operation with the pattern of its path; literal paths come first."""
    found = [
        (re.compile(_PLACEHOLDER.sub("[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))), operation)
        for template, methods in document()["paths"].items()
        for method, described in methods.items()
        for operation in [Operation(method.upper(), template, described["responses"])]
    ]
    return tuple(sorted(found, key=lambda pair: pair[1].template.count("{")))


def operation_of(method: str, path: str) -> Operation | None:
    """What the document calls a request; None when it does not describe it."""
    return next((operation for pattern, operation in operations() if operation.method == method and pattern.fullmatch(path)), None)


def unlike(method: str, path: str, answer: httpx.Response) -> list[str]:
    """What a successful answer has that the document does not say; empty for every other answer, and for paths beyond the document."""
    operation = operation_of(method, path)
    if not answer.is_success or operation is None:
        return []
    return [f"{method} {path}: {problem}" for problem in _problems(operation, answer)]


def _problems(operation: Operation, answer: httpx.Response) -> Iterator[str]:
    described = operation.answers.get(str(answer.status_code))
    if described is None:
        yield f"status {answer.status_code} is not described"
        return
    content = described.get("content", {})
    if not content:
        if answer.content:
            yield "a body where there is none"
        return
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if operation.name in OTHERWISE:
        yield from [] if media_type == OTHERWISE[operation.name] else [f"media type {media_type}"]
    elif media_type not in content:
        yield f"media type {media_type} is not described"
    elif media_type == "application/json":
        yield from (
            f"{error.json_path}: {error.message[:200]}" for error in _validator(operation, answer.status_code).iter_errors(answer.json())
        )


@cache
def _validator_of(operation: tuple[str, str], status: int) -> Draft202012Validator:
    [answers] = [known.answers for _, known in operations() if known.name == operation]
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": document()["components"]})


def _validator(operation: Operation, status: int) -> Draft202012Validator:
    return _validator_of(operation.name, status)
