"""The two exports of an experiment: an indented JSON array, and CSV with one group of columns per evaluation name."""

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote

import orjson

from adapters.base import Plan, Route
from adapters.codecs import Wrapped
from adapters.http import Request, Response
from adapters.mapping import ABSENT, Fold, Row, Shape
from adapters.phoenix.quirks import scores, values
from adapters.phoenix.quirks.ids import NodeId
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, ExperimentArgs, ListExamplesArgs, ListRunsArgs, Op

RUN_COLUMNS = (
    *("example_id", "repetition_number", "input", "reference_output", "output", "metadata", "error", "latency_ms"),
    *("start_time", "end_time", "trace_id", "prompt_token_count", "completion_token_count"),
)
ANNOTATION_COLUMNS = ("label", "score", "explanation", "metadata", "annotator_kind", "trace_id", "error", "start_time", "end_time")
_LEFT_OUT = (
    *("id", "experiment_id", "variant_id", "variant", "example_position", "native_status", "model", "total_tokens", "cost"),
    *("passed", "score", "steps", "delivery", "updated_at", "alias", "metadata"),
)
_AS_JSON = frozenset({"input", "reference_output", "metadata"})


def latency(given: JsonObject, scope: Scope) -> JsonObject:
    """Start, end and the milliseconds between them, which may be negative."""
    shown = values.show_times(given, scope)
    start, end = (values.TIME.decode(shown[name], scope) for name in ("start_time", "end_time"))
    return {"latency_ms": (end - start).total_seconds() * 1000, **shown}


RECORD = Shape(
    (
        Row("example_id", "example_id", NodeId(Kind.EXAMPLE)),
        Row("repetition_number", "repetition"),
        Row("input", "example/input", Wrapped("input"), default=lambda: {"input": None}),
        Row("reference_output", "example/reference", Wrapped("output"), default=lambda: {"output": None}),
        Row("output", "output", default=None),
        Row("metadata", "example/metadata", default=dict),
        Fold(("error",), ("error", "status"), values.failure, values.show_failure),
        Fold(("latency_ms", "start_time", "end_time"), ("started_at", "ended_at", "created_at", "latency_ms"), values.times, latency),
        Row("trace_id", "trace_id", default=None),
        Row("prompt_token_count", "prompt_tokens", default=None),
        Row("completion_token_count", "completion_tokens", default=None),
        Fold((), ("scores", "example", "input", "reference"), None, None),
    ),
    hidden=dict.fromkeys(
        (
            *("id", "experiment_id", "variant_id", "variant", "example_position", "native_status", "model", "total_tokens", "cost"),
            *("passed", "score", "steps", "delivery", "updated_at", "alias", "metadata"),
        ),
        "exports have no field for it",
    ),
)


def export(call: Call, scope: Scope) -> Plan:
    """The experiment's name and its runs with their examples, as of the experiment's version, by example and repetition.

    A run of an example that the version does not hold is left out. Raises NOT_FOUND (empty) when nothing is left.
    """
    assert isinstance(call.args, ListRunsArgs)
    experiment = yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=call.args.experiment_id), None, call.caller)
    known = None
    if experiment.get("dataset_id"):
        where = ListExamplesArgs(dataset_id=experiment["dataset_id"], version_id=experiment.get("dataset_version_id"))
        page = yield Call(Op.LIST_EXAMPLES, where, None, call.caller)
        known = {example["id"]: example for example in page["items"]}
    runs = yield call
    items = [{**run, "example": _example_of(run, known)} for run in runs["items"] if known is None or run["example_id"] in known]
    if not items:
        raise CrosswalkError(Code.NOT_FOUND, "The experiment has no runs.", Reason.EMPTY)
    # Canonical ids have one length and grow with the record's number: their text orders as the numbers do.
    items.sort(key=lambda run: (run["example_id"], run["repetition"]))
    return {"name": experiment["name"], "items": items}


def _example_of(run: JsonObject, known: dict[str, JsonObject] | None) -> JsonObject:
    if known is not None:
        return known[run["example_id"]]
    return {"input": run.get("input"), "reference": run.get("reference"), "metadata": {}}


def as_json(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """The array of records, indented by two spaces; examples' metadata are left out, and so are the ids of runs and evaluations."""
    content = [{name: value for name, value in record.items() if name != "metadata"} for record in records(reply, scope)]
    return Response(200, _dump(content), "application/json", _attachment(reply["name"], "json"))


def as_csv(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """A header and one line per record. Evaluations are columns, in the order their names first appear."""
    return _csv(RUN_COLUMNS, reply, scope)


def as_csv_without_metadata(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """As `as_csv`, without the examples' metadata, as server 11.38.0 wrote it."""
    return _csv(tuple(name for name in RUN_COLUMNS if name != "metadata"), reply, scope)


def _csv(columns: tuple[str, ...], reply: Json, scope: Scope) -> Response:
    content = records(reply, scope)
    names = list(dict.fromkeys(annotation["name"] for record in content for annotation in record["annotations"]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(f"annotation_{name}_{column}" for name in names for column in ANNOTATION_COLUMNS)])
    writer.writerows(list(_line(columns, record, names)) for record in content)
    return Response(200, text.getvalue().encode(), "text/csv", _attachment(reply["name"], "csv"))


def records(reply: JsonObject, scope: Scope) -> list[JsonObject]:
    """The records of an export, each with its annotations."""
    inner = scope.at("*", "items/*")
    return [
        {**RECORD.encode(run, inner), "annotations": _annotations(run, inner.at("annotations/*", "scores/*"))} for run in reply["items"]
    ]


def _annotations(run: JsonObject, scope: Scope) -> list[JsonObject]:
    return sorted((_annotation(score, scope) for score in run.get("scores", ())), key=_name)


def _name(annotation: JsonObject) -> str:
    return str(annotation["name"])


def _annotation(score: JsonObject, scope: Scope) -> JsonObject:
    shown = {name: None if value is ABSENT else value for name, value in scores.shown(score, scope).items()}
    return {
        "name": score["evaluator"],
        "annotator_kind": str(score.get("annotator_kind") or "code").upper(),
        **shown,
        "trace_id": score.get("trace_id"),
        "error": score.get("error"),
        "metadata": score.get("metadata") or {},
        **values.show_times(score, scope),
    }


def _line(columns: tuple[str, ...], record: JsonObject, names: list[str]) -> Iterator[str]:
    yield from (_cell(column, record[column]) for column in columns)
    given = {annotation["name"]: annotation for annotation in record["annotations"]}
    for name in names:
        annotation = given.get(name)
        yield from ("" if annotation is None else _cell(column, annotation[column]) for column in ANNOTATION_COLUMNS)


def _cell(column: str, value: Json) -> str:
    """Objects are JSON text; anything else is as Python writes it, lists and booleans included."""
    if value is None:
        return ""
    if column in _AS_JSON or isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _dump(content: Json) -> bytes:
    """Indented JSON. Integers beyond 64 bits, which orjson refuses, go through the standard library."""
    try:
        return orjson.dumps(content, option=orjson.OPT_INDENT_2)
    except TypeError:
        return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _attachment(name: str, extension: str) -> dict[str, str]:
    """The file's name. One that a quoted Latin-1 string cannot hold is encoded (RFC 5987): the server dies on it."""
    file = f"{name}.{extension}"
    if _plain(file):
        return {"content-disposition": f'attachment; filename="{file}"'}
    spelled = "".join(character if _plain(character) and character.isascii() else "_" for character in file)
    return {"content-disposition": f"attachment; filename=\"{spelled}\"; filename*=UTF-8''{quote(file, safe='')}"}


def _plain(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 and character not in '"\\' for character in text)


class Taken:
    """The JSON export as the server gives it, read back: runs with their examples' content and their scores, without the ids of either."""

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        inner = scope.at("*", "items/*")
        return {"items": [self._run(record, inner) for record in value], "next_cursor": None}

    def encode(self, value: Json, scope: Scope) -> Json:
        return records(value, scope)

    def _run(self, record: JsonObject, scope: Scope) -> JsonObject:
        content = {name: record[name] for name in record if name not in ("annotations", "metadata")}
        run = RECORD.decode(content, scope)
        example = run.get("example", {})
        place = scope.at("annotations/*", "scores/*")
        return {
            **run,
            "input": example.get("input"),
            "reference": example.get("reference"),
            "scores": [_score(annotation, place) for annotation in record["annotations"]],
        }


def _score(annotation: JsonObject, scope: Scope) -> JsonObject:
    kind = str(annotation.get("annotator_kind") or "CODE").lower()
    score = {"evaluator": annotation["name"], "annotator_kind": kind, **values.times(annotation, scope), **scores.value_of(annotation)}
    score.update({name: annotation[name] for name in ("trace_id", "error") if annotation.get(name) is not None})
    return {**score, "metadata": annotation.get("metadata") or {}}
