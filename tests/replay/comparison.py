"""Two answers side by side: what differs once server-made names and times are taken out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.replay.names import PROJECT, Names, ids, kind
from tests.replay.recording import Exchange

HEADERS = ("content-type", "content-disposition")
SET_BY_THE_SERVER = ("created_at", "updated_at")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
SHOWN = 160  # characters of a value in a difference


def differences(exchange: Exchange, here: httpx.Response, names: Names) -> tuple[str, ...]:
    """What is not as recorded, one line each; ids and names learned from the answers go into `names`."""
    found = []
    if here.status_code != exchange.status:
        found.append(_difference("status", exchange.status, here.status_code))
    for header in HEADERS:
        recorded = exchange.answer.headers.get(header)
        translated = names.translate(recorded) if recorded is not None else None
        if translated != here.headers.get(header):
            found.append(_difference(header, translated, here.headers.get(header)))
    return (*found, *_body(exchange, here, names))


def _body(exchange: Exchange, here: httpx.Response, names: Names) -> Iterator[str]:
    encoding, recorded = exchange.answer.encoding, exchange.answer.body
    if encoding == "elided":
        return
    if encoding in ("none", "text"):
        wanted = names.translate(recorded or "")
        if here.text != wanted:
            yield _text_difference(wanted, here.text)
        return
    if encoding == "json-with-nan":
        recorded = json.loads(recorded)
    try:
        body = json.loads(here.content)
    except ValueError:
        yield _difference("body", "JSON", here.text)
        return
    yield from _Walk(exchange, here, names).values(recorded, body, "")


class _Walk:
    """Through two JSON bodies at once."""

    def __init__(self, exchange: Exchange, here: httpx.Response, names: Names) -> None:
        self._exchange = exchange
        self._names = names
        self._learns = exchange.status < 400 and here.status_code < 400
        self._parents = _parents(exchange)

    def values(self, recorded: Any, here: Any, at: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(here, dict):
            yield from self._objects(recorded, here, at)
        elif isinstance(recorded, list) and isinstance(here, list):
            yield from self._lists(recorded, here, at)
        elif not self._leaves(recorded, here, at):
            shown = self._names.translate(recorded) if isinstance(recorded, str) else recorded
            yield _difference(f"body {at or '/'}", shown, here)

    def _objects(self, recorded: dict[str, Any], here: dict[str, Any], at: str) -> Iterator[str]:
        for key, value in recorded.items():
            if key in here:
                yield from self.values(value, here[key], f"{at}/{key}")
            else:
                yield _difference(f"body {at}/{key}", value, "(absent)")
        for key in here.keys() - recorded.keys():
            yield _difference(f"body {at}/{key}", "(absent)", here[key])
        if here.keys() == recorded.keys() and list(here) != list(recorded):
            yield _difference(f"order of {at or '/'}", list(recorded), list(here))

    def _lists(self, recorded: list[Any], here: list[Any], at: str) -> Iterator[str]:
        if len(recorded) != len(here):
            yield _difference(f"length of {at or '/'}", len(recorded), len(here))
        for index, (one, other) in enumerate(zip(recorded, here, strict=False)):
            yield from self.values(one, other, f"{at}/{index}")

    def _leaves(self, recorded: Any, here: Any, at: str) -> bool:
        if not isinstance(recorded, str) or not isinstance(here, str):
            return _same_scalar(recorded, here)
        if at.rpartition("/")[2] in SET_BY_THE_SERVER:
            return bool(TIME.fullmatch(here))
        if self._learns and kind(recorded):
            return self._names.same_id(recorded, here, self._parents)
        if self._learns and PROJECT.fullmatch(recorded):
            return self._names.same_project(recorded, here)
        if at == "/data/name" and self._learns and _names_itself(self._exchange):
            return self._names.learn_generated(recorded, here)
        return self._names.translate(recorded) == here


def _names_itself(exchange: Exchange) -> bool:
    """Whether the server had to find a name: an experiment created without one."""
    body = exchange.request.body
    if exchange.request.encoding == "text":
        try:
            body = json.loads(body.removeprefix("\ufeff"))
        except ValueError:
            return False
    creates = exchange.method == "POST" and exchange.path.endswith("/experiments")
    return creates and isinstance(body, dict) and not body.get("name")


def _parents(exchange: Exchange) -> list[str]:
    """Recorded ids of what owns the things that the answer names."""
    parents = ids(exchange.path)
    body, answer = exchange.request.body, exchange.answer.body
    if isinstance(body, dict) and isinstance(body.get("experiment_run_id"), str):
        parents.append(body["experiment_run_id"])
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        parents += ids(str(answer["data"].get("dataset_id", "")))
    return parents


def _same_scalar(recorded: Any, here: Any) -> bool:
    if type(recorded) is not type(here):
        return False  # 1, 1.0 and true are three things
    if isinstance(recorded, float) and math.isnan(recorded):
        return math.isnan(here)
    return bool(recorded == here)


def _text_difference(wanted: str, here: str) -> str:
    """The first line that differs, so that a long export stays readable."""
    pairs = zip(wanted.splitlines(), here.splitlines(), strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return _difference(f"body line {number}", one, other)
    return _difference("body", wanted, here)


def _difference(where: str, recorded: Any, here: Any) -> str:
    return f"{where}: {_shown(recorded)} recorded, {_shown(here)} here"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
