"""Datasets, their rows and the reports on them."""

from typing import Any

from adapters.base import Route
from adapters.codecs import Function
from adapters.mapping import Row, Shape
from adapters.respan.quirks import calling, imports, reports, rows
from adapters.respan.quirks.pages import Taken, page
from adapters.respan.quirks.rows import Bulk, Chosen, Created, Removed, Single
from adapters.respan.routes.experiments import PLACE
from adapters.respan.tables import datasets as tables
from adapters.respan.tables import figures
from adapters.respan.tables.common import DATASET_ID, ROW_ID
from adapters.respan.wire import common
from adapters.respan.wire import datasets as wire
from adapters.respan.wire.traces import SummaryReply
from schemas.experiment import ExperimentForm
from schemas.operations import Op

_ROOT = "/api/datasets/"
_ONE = _ROOT + "{dataset_id}/"
_LOGS = _ONE + "logs/"
_ONE_LOG = _LOGS + "{unique_id}/"
_CURRENT = "documented; client code 0.1.47"
_RECORDED = "documented; recorded; client code 0.1.47"

_ID = Row("dataset_id", "dataset_id", DATASET_ID)
_DATASET = Shape((_ID,), keep=False)
_ROW = Shape((_ID, Row("unique_id", "example_id", ROW_ID)), keep=False)
_ROWS = Shape((_ID, Row("unique_id", "example_ids", Function(lambda text: [text.replace("-", "")], lambda ids: ids[0]))), keep=False)
_LIST = Shape((PLACE, Row("sort_by", "sort", tables.DATASET_SORT)), keep=False)
_LIST_ROWS = Shape((_ID, PLACE, Row("sort_by", "sort", tables.ROW_SORT)), ignored={"include_fields": "shortens the answer"}, keep=False)
_REPORTS = Shape((_ID, PLACE), keep=False)


def _filtered(filters: Any) -> dict[str, Any]:
    return {"body": common.FilterBody, "body_required": False, "body_args": filters}


_LISTED: dict[str, Any] = {
    "args": _LIST,
    "query": wire.DatasetsQuery,
    "reply": tables.DATASETS_PAGE,
    "present": page,
    "answer": common.PageReply,
}
_LISTED_ROWS: dict[str, Any] = {
    "args": _LIST_ROWS,
    "query": wire.RowsQuery,
    "plan": reports.rows,
    "reply": tables.ROWS_PAGE,
    "present": rows.page,
    "answer": common.PageReply,
}
_FIGURES: dict[str, Any] = {"args": _DATASET, "plan": reports.summary, "reply": figures.SUMMARY, "answer": SummaryReply}
_CHANGE_ROW: dict[str, Any] = {
    "args": _ROW,
    "body": wire.RowPatchBody,
    "body_required": False,
    "request": tables.ROW_PATCH,
    "reply": tables.ONE_ROW,
    "answer": wire.RowReply,
    "evidence": _CURRENT,
}

ROUTES = (
    Route(
        Op.CREATE_DATASET,
        "POST",
        _ROOT,
        body=wire.DatasetBody,
        request=tables.NEW_DATASET,
        plan=rows.create_dataset,
        calls=True,
        reply=tables.DATASET,
        answer=wire.DatasetReply,
        ok=201,
        evidence=_RECORDED,
        summary="Create a dataset: empty, as a copy, or from traces",
    ),
    Route(Op.LIST_DATASETS, "GET", _ROOT + "list/", evidence="documented", summary="A page of datasets", **_LISTED),
    Route(
        Op.LIST_DATASETS,
        "POST",
        _ROOT + "list/",
        evidence=_CURRENT,
        calls=True,
        taken=Taken(tables.DATASET),
        summary="A page of the datasets that meet the filters",
        **_LISTED,
        **_filtered(tables.DATASET_FILTERS),
    ),
    Route(
        Op.GET_DATASET,
        "GET",
        _ONE,
        args=_DATASET,
        reply=tables.DATASET,
        answer=wire.DatasetReply,
        evidence=_RECORDED,
        summary="One dataset",
    ),
    Route(
        Op.UPDATE_DATASET,
        "PATCH",
        _ONE,
        args=_DATASET,
        body=wire.DatasetPatchBody,
        body_required=False,
        request=tables.DATASET_PATCH,
        plan=rows.update_dataset,
        calls=True,
        taken=calling.Anything(),
        reread=Op.GET_DATASET,
        reply=tables.DATASET,
        answer=wire.DatasetReply,
        evidence=_CURRENT,
        summary="Change name, description, star or tags",
    ),
    Route(Op.DELETE_DATASET, "DELETE", _ONE, args=_DATASET, ok=204, evidence=_CURRENT, summary="Delete a dataset with its experiments"),
    Route(
        Op.ADD_EXAMPLES,
        "POST",
        _LOGS,
        args=_DATASET,
        body=wire.RowBody,
        request=Single(tables.NEW_ROW),
        most=1,
        reply=Created(),
        answer=wire.RowCreated,
        ok=201,
        evidence=_RECORDED,
        summary="Add one row",
    ),
    Route(
        Op.ADD_EXAMPLES,
        "POST",
        _LOGS + "bulk/",
        args=_DATASET,
        body=wire.RowsBody,
        request=Bulk(tables.NEW_ROW),
        present=rows.bulk_answer,
        calls=True,
        piece=True,
        most=500,
        # 30 a minute where everything else is allowed 60 (documented).
        share=0.5,
        taken=calling.Counted(),
        answer=wire.BulkReply,
        ok=201,
        evidence=_CURRENT,
        summary="Add up to 500 rows, each right or wrong by itself",
    ),
    Route(Op.LIST_EXAMPLES, "GET", _LOGS + "list/", evidence="documented", summary="A page of rows", **_LISTED_ROWS),
    Route(
        Op.LIST_EXAMPLES,
        "POST",
        _LOGS + "list/",
        evidence=_CURRENT,
        calls=True,
        # Asked for in the order of their coming: which order is the vendor's own is not documented.
        sent={"sort_by": "timestamp"},
        taken=Taken(calling.Meant(tables.LISTED_ROW)),
        summary="A page of the rows that meet the filters",
        **_LISTED_ROWS,
        **_filtered(tables.ROW_FILTERS),
    ),
    Route(Op.LIST_EXAMPLES, "GET", _LOGS + "summary/", evidence="documented", summary="Rows in figures", **_FIGURES),
    Route(
        Op.LIST_EXAMPLES,
        "POST",
        _LOGS + "summary/",
        evidence=_CURRENT,
        summary="The rows that meet the filters, in figures",
        **_FIGURES,
        **_filtered(tables.ROW_FILTERS),
    ),
    Route(
        Op.ADD_EXAMPLES,
        "POST",
        _LOGS + "import/",
        args=_DATASET,
        body=wire.ImportBody,
        body_required=False,
        request=imports.Logs(),
        calls=False,
        plan=imports.import_logs,
        answer=common.Message,
        evidence=_CURRENT,
        summary="Add existing traces, by filters, times and a percentage, as rows",
    ),
    Route(
        Op.DELETE_EXAMPLES,
        "DELETE",
        _LOGS + "import/",
        calls=False,
        args=_DATASET,
        body=wire.RemoveBody,
        body_required=False,
        body_args=Chosen(tables.ROW_FILTERS),
        reply=Removed(),
        answer=common.Message,
        evidence=_CURRENT,
        summary="Remove rows by filters, or all",
    ),
    Route(
        Op.GET_EXAMPLE,
        "GET",
        _ONE_LOG,
        args=_ROW,
        plan=reports.row,
        calls=True,
        taken=calling.Meant(tables.ONE_ROW),
        reply=tables.ONE_ROW,
        answer=wire.RowReply,
        evidence=_CURRENT,
        summary="One row",
    ),
    Route(Op.UPDATE_EXAMPLE, "PUT", _ONE_LOG, plan=rows.replace_row, summary="Replace a row", **_CHANGE_ROW),
    Route(
        Op.UPDATE_EXAMPLE,
        "PATCH",
        _ONE_LOG,
        plan=rows.update_row,
        calls=True,
        taken=calling.Anything(),
        reread=Op.GET_EXAMPLE,
        summary="Change a row",
        **_CHANGE_ROW,
    ),
    Route(Op.DELETE_EXAMPLES, "DELETE", _ONE_LOG, args=_ROWS, ok=204, evidence=_CURRENT, summary="Delete one row"),
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        _ONE + "eval-reports/create/",
        into_body=("dataset_id",),
        body=wire.EvaluationBody,
        request=tables.EVALUATION,
        plan=reports.start,
        calls=False,
        reply=tables.Started(),
        answer=wire.EvaluationReply,
        ok=201,
        evidence="documented; client code 0.1.47; status 201 inferred",
        summary="Judge every row by evaluators",
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        _ONE + "eval-reports/list/",
        args=_REPORTS,
        fixed={"flat": True, "forms": [ExperimentForm.REPORT.value]},
        query=wire.ReportsQuery,
        plan=reports.listed,
        reply=tables.TASKS_PAGE,
        present=page,
        answer=common.PageReply,
        evidence=_CURRENT,
        summary="A page of reports on the dataset",
    ),
)
