"""Score records: all of them, and those of one log (a trace)."""

from typing import Any

from adapters.base import Route
from adapters.mapping import Row, Shape
from adapters.respan.quirks import scores as quirks
from adapters.respan.quirks.pages import Taken, page
from adapters.respan.routes.experiments import PLACE
from adapters.respan.tables import scores as tables
from adapters.respan.tables.common import SCORE_ID, TRACE_ID
from adapters.respan.wire import common
from adapters.respan.wire import scores as wire
from schemas.operations import Call, Op

_ROOT = "/api/scores/"
_ONE = _ROOT + "{score_id}/"
_LOG = "/api/logs/{log_id}/scores/"
_LOG_ONE = _LOG + "{score_id}/"
_CURRENT = "documented; client code 0.1.47"

_OF_LOG = Row("log_id", "run_id", TRACE_ID)
_SCORE = Shape((_OF_LOG, Row("score_id", "score_id", SCORE_ID)), keep=False)
_LIST = Shape((_OF_LOG, PLACE, Row("sort_by", "sort", tables.SORT)), keep=False)
_FILTERED: dict[str, Any] = {"body": common.FilterBody, "body_required": False, "body_args": tables.FILTERS}
_LISTED: dict[str, Any] = {
    "args": _LIST,
    "query": common.PageQuery,
    "plan": quirks.listed,
    "reply": tables.PAGE,
    "present": page,
    "answer": common.PageReply,
    "evidence": _CURRENT,
}
_SHOWN: dict[str, Any] = {"reply": tables.SCORE, "answer": wire.ScoreReply, "evidence": _CURRENT}
_CHANGE: dict[str, Any] = {
    "args": _SCORE,
    "body": wire.ScoreBody,
    "body_required": False,
    "request": tables.SCORE_PATCH,
    **_SHOWN,
}


def _named(call: Call) -> bool:
    return bool(getattr(call.args, "score_id", None))


def _new(call: Call) -> bool:
    return not _named(call)


def _of_one(path: str, of: str) -> tuple[Route, ...]:
    return (
        Route(Op.GET_SCORE, "GET", path, args=_SCORE, plan=quirks.one, calls=False, summary=f"One score{of}", **_SHOWN),
        Route(Op.PUT_SCORE, "PUT", path, plan=quirks.replace, summary=f"Replace a score{of}", **_CHANGE),
        Route(
            Op.PUT_SCORE, "PATCH", path, plan=quirks.change, calls=path == _LOG_ONE, when=_named, summary=f"Change a score{of}", **_CHANGE
        ),
        Route(Op.DELETE_SCORE, "DELETE", path, args=_SCORE, ok=204, calls=False, evidence=_CURRENT, summary=f"Delete a score{of}"),
    )


ROUTES = (
    Route(
        Op.PUT_SCORE,
        "POST",
        _ROOT,
        body=wire.LogScoreBody,
        body_args=tables.LOG,
        request=tables.NEW_SCORE,
        plan=quirks.put,
        ok=201,
        summary="Record a score of a log",
        **_SHOWN,
    ),
    Route(Op.LIST_SCORES, "GET", _ROOT + "list/", summary="A page of scores", documented=False, **_LISTED),
    Route(Op.LIST_SCORES, "POST", _ROOT + "list/", summary="A page of the scores that meet the filters", **_LISTED, **_FILTERED),
    *_of_one(_ONE, ""),
    Route(
        Op.PUT_SCORE,
        "POST",
        _LOG,
        args=Shape((_OF_LOG,), keep=False),
        body=wire.NewScoreBody,
        request=tables.NEW_SCORE,
        plan=quirks.put,
        calls=True,
        when=_new,
        ok=201,
        summary="Record a score of a log",
        **_SHOWN,
    ),
    Route(
        Op.LIST_SCORES,
        "GET",
        _LOG,
        calls=True,
        piece=True,
        taken=Taken(tables.SCORE),
        summary="A page of a log's scores",
        **_LISTED,
    ),
    *_of_one(_LOG_ONE, " of a log"),
)
