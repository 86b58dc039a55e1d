"""Traces of an experiment: lists, detail, resume, summary, histogram. Operation names call them "spans"; they are one per dataset row."""

from typing import Any

from adapters.base import Route
from adapters.mapping import Row, Shape
from adapters.respan.quirks import calling
from adapters.respan.quirks import traces as quirks
from adapters.respan.quirks.figures import Grader
from adapters.respan.quirks.pages import Taken
from adapters.respan.routes.experiments import DOCUMENTED, ID, ONE, PLACE
from adapters.respan.tables import figures
from adapters.respan.tables import traces as tables
from adapters.respan.tables.common import TIME, TRACE_ID
from adapters.respan.wire import common
from adapters.respan.wire import traces as wire
from schemas.operations import Op

_LOGS = ONE + "logs/"
_CURRENT = "documented; client code 0.1.47"
_WINDOW = (Row("start_time", "start_time", TIME), Row("end_time", "end_time", TIME))
_LIST = Shape(
    (ID, PLACE, Row("sort_by", "sort", tables.SORT), *_WINDOW),
    ignored={"detail": "adds trees to the answer", "preview_length": "shortens the answer", "export": "changes the answer"},
    keep=False,
)
_ONE_TRACE = Shape((ID, Row("log_id", "run_id", TRACE_ID)), keep=False)
_SUMMARY = Shape((ID, *_WINDOW), keep=False)
_HISTOGRAM = Shape((ID, Row("evaluator_id", "evaluator", Grader()), Row("bins", "bins")), keep=False)
_FILTERED: dict[str, Any] = {"body": common.FilterBody, "body_required": False, "body_args": tables.FILTERS}
# A trace counts its spans, so that its steps are always read.
_LISTED: dict[str, Any] = {
    "args": _LIST,
    "fixed": {"steps": True},
    "plan": quirks.listed,
    "reply": tables.PAGE,
    "present": quirks.page,
    "answer": wire.TracesPage,
}
_EXPORTED: dict[str, Any] = {"answer": wire.TracesPage | common.Message}
_FIGURES: dict[str, Any] = {
    "args": _SUMMARY,
    "query": wire.WindowQuery,
    "plan": quirks.summary,
    "reply": figures.SUMMARY,
    "answer": wire.SummaryReply,
}
_BARS: dict[str, Any] = {
    "args": _HISTOGRAM,
    "query": wire.HistogramQuery,
    "plan": quirks.histogram,
    "reply": figures.HISTOGRAM,
    "answer": wire.HistogramReply,
}

ROUTES = (
    Route(
        Op.LIST_RUNS,
        "GET",
        _LOGS + "list/",
        query=wire.ExportQuery,
        evidence=DOCUMENTED,
        summary="A page of traces, or their export by mail",
        **_LISTED | _EXPORTED,
    ),
    Route(
        Op.LIST_RUNS,
        "GET",
        _LOGS,
        query=wire.ExportQuery,
        evidence="documented in the first form",
        summary="The same at its older place, where an export answers 202",
        documented=False,
        calls=False,
        **_LISTED | _EXPORTED | {"present": quirks.first_form_page},
    ),
    Route(
        Op.LIST_RUNS,
        "POST",
        _LOGS + "list/",
        query=wire.TracesQuery,
        evidence=_CURRENT,
        calls=True,
        piece=True,
        # With their trees, in which the texts are whole.
        sent={"detail": "1"},
        taken=Taken(calling.Trace(tables.TRACE)),
        summary="A page of the traces that meet the filters",
        **_LISTED,
        **_FILTERED,
    ),
    Route(Op.SUMMARIZE, "GET", _LOGS + "summary/", evidence=DOCUMENTED, summary="Traces and scores in figures", **_FIGURES),
    Route(
        Op.SUMMARIZE,
        "POST",
        _LOGS + "summary/",
        evidence=_CURRENT,
        summary="The traces that meet the filters, in figures",
        **_FIGURES,
        **_FILTERED,
    ),
    Route(
        Op.GET_RUN,
        "GET",
        _LOGS + "{log_id}/",
        args=_ONE_TRACE,
        plan=quirks.detailed,
        reply=tables.TRACE,
        present=quirks.one,
        answer=wire.TraceReply,
        evidence=_CURRENT,
        summary="One trace with its tree",
    ),
    Route(
        Op.UPDATE_RUN,
        "PATCH",
        _LOGS + "{log_id}/",
        args=_ONE_TRACE,
        body=wire.ResumeBody,
        body_required=False,
        request=tables.RESUME,
        plan=quirks.resume,
        reply=tables.TRACE,
        answer=wire.TraceReply,
        calls=True,
        taken=tables.RESUMED,
        evidence="documented; client code 0.1.33 for the full trace as reply; 400 inferred",
        summary="Submit the output of a waiting trace",
    ),
    Route(Op.HISTOGRAM, "GET", ONE + "histogram/", evidence=DOCUMENTED, summary="The distribution of one evaluator's scores", **_BARS),
    Route(
        Op.HISTOGRAM,
        "POST",
        ONE + "histogram/",
        # Filters were read in 0.1.27 and are ignored since 0.1.28, as is a body altogether.
        evidence="documented; client code 0.1.28 to 0.1.47",
        summary="The distribution of one evaluator's scores; a body is ignored",
        **_BARS,
    ),
)
