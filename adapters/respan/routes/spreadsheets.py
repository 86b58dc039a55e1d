"""Experiments of the first version: spreadsheets, as the published client of that time calls them. Nobody documents their answers any more."""

from typing import Any

from adapters.base import Route
from adapters.codecs import keyed
from adapters.mapping import SAME, Fold, Row, Shape
from adapters.respan.quirks import spreadsheets as quirks
from adapters.respan.quirks.pages import Page, page
from adapters.respan.quirks.spreadsheets import KIND
from adapters.respan.routes.experiments import PLACE
from adapters.respan.wire import common
from adapters.respan.wire import spreadsheets as wire
from adapters.scope import Scope
from schemas.json import JsonObject
from schemas.operations import Op

_ROOT = "/api/experiments/"
_ONE = _ROOT + "{experiment_id}"
_FIXED: dict[str, Any] = {
    "calls": False,
    "fixed": {"kind": KIND},
    "evidence": "client code of respan-ai 2.0.1; schema of 0.1.33; replies inferred",
}
_BODY = keyed("body")


def _by_name(given: JsonObject, scope: Scope) -> JsonObject:
    return {"where": {"field": "body.name", "operator": "icontains", "value": [given["name"]]}} if given.get("name") else {}


_KEYED = Shape((Row("experiment_id", "key"),), keep=False)
_LIST = Shape((PLACE, Fold(("name",), ("where",), _by_name)), keep=False)
_SHEET: dict[str, Any] = {"answer": wire.SheetReply, **_FIXED}


def _changing(method: str, path: str, body: Any, plan: Any, summary: str, **more: Any) -> Route:
    said = {"answer": wire.Changed, **_FIXED, **more}
    return Route(Op.UPDATE_DOCUMENT, method, path, args=_KEYED, body=body, request=_BODY, plan=plan, summary=summary, **said)


ROUTES = (
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        _ROOT + "create",
        body=wire.SheetBody,
        request=_BODY,
        plan=quirks.create,
        ok=201,
        summary="Make a spreadsheet; nothing is run",
        **_SHEET,
    ),
    Route(
        Op.LIST_DOCUMENTS,
        "GET",
        _ROOT + "list",
        args=_LIST,
        query=wire.SheetsQuery,
        plan=quirks.listed,
        reply=Page(SAME),
        present=page,
        answer=common.PageReply,
        summary="A page of spreadsheets",
        **_FIXED,
    ),
    Route(Op.GET_DOCUMENT, "GET", _ONE, args=_KEYED, plan=quirks.one, summary="A spreadsheet with its results", **_SHEET),
    _changing(
        "PATCH", _ONE, wire.SheetPatchBody, quirks.update, "Change name and description", answer=wire.SheetReply, body_required=False
    ),
    Route(
        Op.DELETE_DOCUMENT,
        "DELETE",
        _ONE,
        args=_KEYED,
        plan=quirks.delete,
        answer=common.Message,
        summary="Delete a spreadsheet with everything it ran",
        **_FIXED,
    ),
    _changing("POST", _ONE + "/rows", wire.RowsBody, quirks.add_rows, "Append rows"),
    _changing("PATCH", _ONE + "/rows", wire.ChangedRowsBody, quirks.update_rows, "Change rows"),
    _changing("DELETE", _ONE + "/rows", wire.RowIdsBody, quirks.remove_rows, "Remove rows"),
    _changing("POST", _ONE + "/columns", wire.ColumnsBody, quirks.add_columns, "Append columns"),
    _changing("PATCH", _ONE + "/columns", wire.ColumnsBody, quirks.update_columns, "Replace columns"),
    _changing("DELETE", _ONE + "/columns", wire.ColumnIdsBody, quirks.remove_columns, "Remove columns"),
    _changing("POST", _ONE + "/run", wire.RunBody, quirks.run, "Run the rows", answer=wire.StartedReply, body_required=False),
    _changing("POST", _ONE + "/run-evals", wire.RunEvalsBody, quirks.run_evals, "Judge what was run", answer=wire.StartedReply),
)
