"""Evaluators: kept ones, their versions, and single runs. The gateway's own scorers answer to their plain names as id and slug."""

from typing import Any

from adapters.base import Route
from adapters.codecs import Function
from adapters.mapping import Row, Shape
from adapters.respan.quirks import evaluators as quirks
from adapters.respan.quirks.pages import Taken, page
from adapters.respan.routes.experiments import PLACE
from adapters.respan.tables import evaluators as tables
from adapters.respan.tables.common import EVALUATOR_ID
from adapters.respan.tables.experiments import TOTAL_COUNT
from adapters.respan.wire import common
from adapters.respan.wire import evaluators as wire
from adapters.respan.wire.scores import ScoreReply
from schemas.operations import Op

_ROOT = "/api/evaluators/"
_ONE = _ROOT + "{evaluator_id}/"
_VERSIONS = _ONE + "versions/"
_VERSION = _VERSIONS + "{version:int}/"
_CURRENT = "documented; client code 0.1.47"

# Ten digits are more versions than anybody has; the rest of a longer number would only make it unreadable.
_NUMBER = Function(lambda text: int(text[:10]), str)
_EVALUATOR = Shape((Row("evaluator_id", "evaluator_id", EVALUATOR_ID),), keep=False)
_LIST = Shape((PLACE, Row("sort_by", "sort", tables.SORT)), keep=False)
_NUMBERED = Shape((Row("evaluator_id", "key", EVALUATOR_ID), Row("version", "version", _NUMBER)), keep=False)
_PAGED = Shape(
    (Row("evaluator_id", "evaluator_id", EVALUATOR_ID),),
    ignored=dict.fromkeys(("page", "page_size", "sort_by"), "the versions are few and paged here"),
    keep=False,
)
_FILTERED: dict[str, Any] = {"body": common.FilterBody, "body_required": False, "body_args": tables.FILTERS}
_LISTED: dict[str, Any] = {"args": _LIST, "query": common.PageQuery, "reply": tables.PAGE, "present": page, "answer": common.PageReply}
_COUNTED: dict[str, Any] = {"calls": False, "fixed": {"limit": 0, "total": True}, "reply": TOTAL_COUNT, "answer": common.Count}
_SHOWN: dict[str, Any] = {"reply": tables.EVALUATOR, "answer": wire.EvaluatorReply, "evidence": _CURRENT}
_CHANGE: dict[str, Any] = {
    "args": _EVALUATOR,
    "body": wire.EvaluatorPatchBody,
    "body_required": False,
    "request": tables.EVALUATOR_PATCH,
    **_SHOWN,
}
_CHANGE_VERSION: dict[str, Any] = {
    "args": _NUMBERED,
    "fixed": {"kind": quirks.VERSIONS},
    "body": wire.EvaluatorPatchBody,
    "body_required": False,
    "request": tables.VERSION_BODY,
    **_SHOWN,
}

ROUTES = (
    Route(
        Op.CREATE_EVALUATOR,
        "POST",
        _ROOT,
        body=wire.EvaluatorBody,
        request=tables.NEW_EVALUATOR,
        ok=201,
        summary="Keep an evaluator",
        **_SHOWN,
    ),
    Route(Op.LIST_EVALUATORS, "GET", _ROOT, evidence="documented", summary="A page of evaluators", **_LISTED),
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        _ROOT + "list/",
        evidence="documented for POST; GET inferred from the other lists",
        summary="A page of evaluators",
        documented=False,
        **_LISTED,
    ),
    Route(
        Op.LIST_EVALUATORS,
        "POST",
        _ROOT + "list/",
        evidence=_CURRENT,
        calls=True,
        taken=Taken(tables.EVALUATOR),
        summary="A page of the evaluators that meet the filters",
        **_LISTED,
        **_FILTERED,
    ),
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        _ROOT + "summary/",
        evidence="documented for POST; GET inferred from the other summaries",
        summary="How many evaluators there are",
        documented=False,
        **_COUNTED,
    ),
    Route(
        Op.LIST_EVALUATORS,
        "POST",
        _ROOT + "summary/",
        evidence=_CURRENT,
        summary="How many evaluators meet the filters",
        **_COUNTED,
        **_FILTERED,
    ),
    Route(Op.GET_EVALUATOR, "GET", _ONE, args=_EVALUATOR, summary="One evaluator, by id, slug or built-in name", **_SHOWN),
    Route(Op.UPDATE_EVALUATOR, "PUT", _ONE, plan=quirks.replace, summary="Replace an evaluator's definition", **_CHANGE),
    Route(Op.UPDATE_EVALUATOR, "PATCH", _ONE, plan=quirks.update, calls=True, summary="Change an evaluator", **_CHANGE),
    Route(
        Op.DELETE_EVALUATOR,
        "DELETE",
        _ONE,
        args=_EVALUATOR,
        plan=quirks.delete,
        calls=True,
        ok=204,
        evidence=_CURRENT,
        summary="Delete an evaluator with its versions",
    ),
    Route(
        Op.RUN_EVALUATOR,
        "POST",
        _ONE + "run/",
        args=_EVALUATOR,
        body=wire.RunBody,
        request=tables.TRIAL,
        plan=quirks.run,
        calls=True,
        reply=tables.Result(),
        answer=ScoreReply,
        evidence=_CURRENT,
        summary="Judge one input and output",
    ),
    Route(
        Op.GET_EVALUATOR,
        "GET",
        _VERSIONS,
        args=_PAGED,
        query=common.PageQuery,
        plan=quirks.versions,
        reply=tables.PAGE,
        present=quirks.versions_page,
        answer=common.PageReply,
        evidence=_CURRENT,
        summary="A page of an evaluator's versions, newest first",
    ),
    Route(
        Op.UPDATE_EVALUATOR,
        "POST",
        _VERSIONS,
        plan=quirks.commit,
        ok=201,
        summary="Commit the draft and open the next one",
        **_CHANGE,
    ),
    Route(
        Op.GET_DOCUMENT,
        "GET",
        _VERSION,
        args=_NUMBERED,
        fixed={"kind": quirks.VERSIONS},
        plan=quirks.one_version,
        summary="One version of an evaluator",
        **_SHOWN,
    ),
    Route(Op.PUT_DOCUMENT, "PUT", _VERSION, plan=tables.replace_version, summary="Replace the draft", **_CHANGE_VERSION),
    Route(Op.PUT_DOCUMENT, "PATCH", _VERSION, plan=tables.change_version, summary="Change the draft", **_CHANGE_VERSION),
)
