"""Dataset versions from several canonical calls, and their export as text."""

import csv
import io
from collections.abc import Callable, Mapping

from adapters.base import Plan, Route
from adapters.evalguard.quirks.values import compact
from adapters.http import Request, Response, dump_json
from adapters.scope import Scope
from schemas.dataset import NewVersion
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExamplesArgs, ListVersionsArgs, Op, VersionArgs

_SNAPSHOT_NUMBER = ("extensions", "canonical", "snapshot_number")


def list_versions(call: Call, scope: Scope) -> Plan:
    """The snapshots of a dataset, and whose they are."""
    assert isinstance(call.args, ListVersionsArgs)
    page = yield call
    return {**page, "dataset_id": call.args.dataset_id}


def read_version(call: Call, scope: Scope) -> Plan:
    """A version with its cases, in their order."""
    assert isinstance(call.args, VersionArgs)
    version = yield call
    page = yield call.then(Op.LIST_EXAMPLES, dataset_id=call.args.dataset_id, version_id=call.args.version_id)
    return {**version, "examples": page["items"]}


def restore(call: Call, scope: Scope) -> Plan:
    """Brings a version back; what was there is first kept as a snapshot of its own, unless the last snapshot already holds it."""
    assert isinstance(call.args, VersionArgs)
    old = yield call.then(Op.GET_DATASET_VERSION, **call.args.model_dump())
    number = _number(old)
    kept = yield call.then(
        Op.CREATE_DATASET_VERSION, NewVersion(description=f"Before version {number} was restored"), dataset_id=call.args.dataset_id
    )
    unchanged = ((kept.get("extensions") or {}).get("canonical") or {}).get("unchanged")
    restored = yield call
    return {**restored, "restored_from": number, "kept_as": None if unchanged else _number(kept)}


def _number(version: JsonObject) -> Json:
    here: Json = version
    for step in _SNAPSHOT_NUMBER:
        here = (here or {}).get(step)
    return here or version["number"]


def export_cases(call: Call, scope: Scope) -> Plan:
    """The cases of a version that belongs to the dataset."""
    assert isinstance(call.args, ListExamplesArgs)
    yield call.then(Op.GET_DATASET_VERSION, dataset_id=call.args.dataset_id, version_id=call.args.version_id)
    reply = yield call
    return reply


def export(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """The cases as text in the format the query names; headers count what is there and what the format cannot hold (seen in client)."""
    chosen = (request.values("format") or [OPENAI_LINES])[-1]
    media_type, write = FORMATS[chosen]
    cases = [case for case in reply["items"] if chosen != OPENAI_LINES or case.get("reference") is not None]
    counts = {"X-Case-Count": str(len(cases)), "X-Skipped-Cases": str(len(reply["items"]) - len(cases))}
    return Response(200, write(cases), media_type, counts)


def _text(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else compact(value)


def _messages(case: JsonObject) -> JsonObject:
    return {
        "messages": [{"role": "user", "content": _text(case["input"])}, {"role": "assistant", "content": _text(case["reference"])}],
    }


def _plain(case: JsonObject) -> JsonObject:
    expected = case.get("reference")
    return {
        "input": _text(case["input"]),
        "expected_output": None if expected is None else _text(expected),
        "metadata": case.get("metadata") or {},
    }


def _lines(shape: Callable[[JsonObject], JsonObject]) -> Callable[[list[JsonObject]], bytes]:
    return lambda cases: b"".join(dump_json(shape(case)) + b"\n" for case in cases)


def _table(cases: list[JsonObject]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("input", "expected_output", "metadata"))
    for case in map(_plain, cases):
        writer.writerow((case["input"], case["expected_output"] or "", compact(case["metadata"])))
    return text.getvalue().encode()


OPENAI_LINES = "openai-jsonl"
FORMATS: Mapping[str, tuple[str, Callable[[list[JsonObject]], bytes]]] = {
    OPENAI_LINES: ("application/x-ndjson", _lines(_messages)),
    "jsonl": ("application/x-ndjson", _lines(_plain)),
    "csv": ("text/csv; charset=utf-8", _table),
}
