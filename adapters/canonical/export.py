"""An experiment's runs with their examples and scores, as JSON, JSON lines or CSV."""

import csv
import io
from collections.abc import Callable, Mapping

from adapters.base import Plan, Route
from adapters.http import Request, Response, dump_json
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListRunsArgs, Op

_PAGE = 500
_COLUMNS = (
    "run_id",
    "example_id",
    "variant",
    "repetition",
    "status",
    "input",
    "reference",
    "output",
    "error",
    "started_at",
    "ended_at",
    "latency_ms",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "trace_id",
    "metadata",
)
_SCORE_COLUMNS = ("value", "label", "passed", "explanation", "error")


def everything(call: Call, scope: Scope) -> Plan:
    """Every run, oldest example first, page by page."""
    assert isinstance(call.args, ListRunsArgs)
    rows: list[JsonObject] = []
    cursor: str | None = None
    while True:
        page = yield Call(Op.EXPORT, call.args.model_copy(update={"cursor": cursor, "limit": _PAGE}), None, call.caller)
        rows.extend(page["items"])
        cursor = page.get("next_cursor")
        if cursor is None:
            return rows


def present(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """The export in the format the query names."""
    chosen = (request.values("format") or ["json"])[-1]
    media_type, write = _FORMATS[chosen]
    assert isinstance(call.args, ListRunsArgs)
    name = f'attachment; filename="{call.args.experiment_id[:64]}.{chosen}"'
    return Response(200, write(reply), media_type, {"Content-Disposition": name})


def _json(rows: list[JsonObject]) -> bytes:
    return dump_json(rows)


def _lines(rows: list[JsonObject]) -> bytes:
    return b"".join(dump_json(row) + b"\n" for row in rows)


def _csv(rows: list[JsonObject]) -> bytes:
    """Texts bare, everything else as JSON; per evaluator five columns `score.<evaluator>.<field>`."""
    evaluators = list(dict.fromkeys(score["evaluator"] for row in rows for score in row.get("scores", ())))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(f"score.{evaluator}.{column}" for evaluator in evaluators for column in _SCORE_COLUMNS)])
    for row in rows:
        scores = {score["evaluator"]: score for score in row.get("scores", ())}
        cells = [_cell(row.get("id" if column == "run_id" else column)) for column in _COLUMNS]
        cells += [_cell(scores.get(evaluator, {}).get(column)) for evaluator in evaluators for column in _SCORE_COLUMNS]
        writer.writerow(cells)
    return text.getvalue().encode(errors="replace")


def _cell(value: Json) -> str:
    if value is None or isinstance(value, str):
        # A leading =, +, - or @ makes a spreadsheet compute: an apostrophe keeps it text.
        return f"'{value}" if value and value[0] in "=+-@\t\r" else value or ""
    return dump_json(value).decode().strip('"') if hasattr(value, "isoformat") else dump_json(value).decode()


_FORMATS: Mapping[str, tuple[str, Callable[[list[JsonObject]], bytes]]] = {
    "json": ("application/json", _json),
    "jsonl": ("application/jsonl", _lines),
    "csv": ("text/csv; charset=utf-8", _csv),
}
