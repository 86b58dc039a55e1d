"""Downloads of a dataset: CSV as pandas writes it, and three forms of JSON lines."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from adapters.base import Plan, Route
from adapters.codecs import Wrapped
from adapters.http import Request, Response
from adapters.phoenix.quirks import examples
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExamplesArgs, Op

Render = Callable[[Route, Request, Call, Json, Scope], Response]
_INPUT, _OUTPUT = Wrapped("input"), Wrapped("output")
_EXACT = 2**63


def download(call: Call, scope: Scope) -> Plan:
    """The dataset's name and the examples of a version; of a version that the dataset does not have there are none."""
    assert isinstance(call.args, ListExamplesArgs)
    try:
        dataset = yield call.then(Op.GET_DATASET, dataset_id=call.args.dataset_id)
        page = yield call
    except CrosswalkError as error:
        if error.reason is not Reason.UNKNOWN_RECORD:
            raise
        if error.kind is Kind.DATASET:
            raise CrosswalkError(Code.INVALID_REQUEST, "Dataset does not exist.") from None
        return {"name": dataset["name"], "items": []}
    return {"name": dataset["name"], "items": page["items"]}


def as_csv(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """One column for each path into an example, in the order in which they first appear."""
    records = [dict(_record(row)) for row in _rows(reply, scope)]
    if not any("splits" in example and example["splits"] for example in reply["items"]):
        records = [{name: value for name, value in record.items() if name != "splits"} for record in records]
    columns = list(dict.fromkeys(name for record in records for name in record))
    cells = {name: _column([record.get(name) for record in records]) for name in columns}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*cells.values(), strict=True))
    return Response(200, text.getvalue().encode(), "text/csv", _attachment(reply["name"], "csv"))


def _record(row: JsonObject) -> Iterator[tuple[str, Json]]:
    yield from (("id", row["id"]), ("node_id", row["node_id"]))
    for part in ("input", "output", "metadata"):
        yield from _flat(part, row[part])
    yield "splits", json.dumps(row["splits"], ensure_ascii=False)


def _flat(path: str, value: JsonObject) -> Iterator[tuple[str, Json]]:
    """The leaves of an object by their paths; a list is a leaf, as JSON text. An empty object has none."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(f"{path}.{name}", inner)
        else:
            yield f"{path}.{name}", json.dumps(inner, ensure_ascii=False) if isinstance(inner, list) else inner


def _column(values: list[Json]) -> list[str]:
    """A column's cells. Numbers with a fraction or a gap among them are all written with a fraction."""
    known = [value for value in values if value is not None]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
    small = all(-_EXACT <= value < _EXACT for value in known if isinstance(value, int))
    fractions = numbers and small and (len(known) < len(values) or any(isinstance(value, float) for value in known))
    return ["" if value is None else str(float(value)) if fractions else str(value) for value in values]


def lines(form: Callable[[JsonObject], JsonObject]) -> Render:
    """One line of JSON for each example."""

    def render(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
        text = "".join(json.dumps(form(row), ensure_ascii=False) + "\n" for row in _rows(reply, scope))
        return Response(200, text.encode(), "text/plain; charset=utf-8", _attachment(reply["name"], "jsonl"))

    return render


def whole(row: JsonObject) -> JsonObject:
    """The example as it is."""
    return row


def fine_tuning(row: JsonObject) -> JsonObject:
    """What OpenAI's fine-tuning takes: the messages of input and output, and the input's tools."""
    record: JsonObject = {"messages": _messages(row["input"]) + _messages(row["output"])}
    if row["input"].get("tools", []):
        record["tools"] = row["input"]["tools"]
    return record


def evals(row: JsonObject) -> JsonObject:
    """What OpenAI's evals take: the input's messages, and the text of the output's last message."""
    last = next(reversed(_messages(row["output"])), None)
    ideal = last.get("content") if isinstance(last, dict) else None
    return {"messages": _messages(row["input"]), "ideal": ideal if isinstance(ideal, str) else ""}


def _messages(part: JsonObject) -> list[Json]:
    messages = part.get("messages")
    return messages if isinstance(messages, list) else []


def _rows(reply: JsonObject, scope: Scope) -> Iterable[JsonObject]:
    for example in reply["items"]:
        yield {
            **examples.show_ids({"id": example["id"], "alias": example.get("alias")}, scope),
            "input": _INPUT.encode(example.get("input"), scope),
            "output": _OUTPUT.encode(example.get("reference"), scope),
            "metadata": example.get("metadata") or {},
            "splits": sorted(example.get("splits") or ()),
        }


def _attachment(name: str, extension: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.{extension}"}
