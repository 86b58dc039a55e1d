"""Eval runs."""

from typing import Any

from adapters.base import Listing, Route
from adapters.evalguard.quirks import eval_recipes as recipes
from adapters.evalguard.quirks.comparison import Compared
from adapters.evalguard.quirks.results import RESULTS, UPLOADED
from adapters.evalguard.quirks.values import asked
from adapters.evalguard.tables import evals as tables
from adapters.evalguard.tables import registry
from adapters.evalguard.tables.common import ENVELOPE, EXPERIMENT_ID, PROJECT_ID, WHOLE
from adapters.evalguard.tables.runs import NEW_RESULT
from adapters.evalguard.wire import base, evals
from adapters.mapping import Each, Fold, Row, Shape
from adapters.scope import Scope
from schemas.json import JsonObject
from schemas.operations import Op

PROJECT = Row("projectId", "project", asked(PROJECT_ID))
LIST = Shape((PROJECT,), keep=False)
ONE = Shape((Row("runId", "experiment_id", asked(EXPERIMENT_ID)),), keep=False)


def _both(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"experiment_ids": [asked(EXPERIMENT_ID).decode(fields[name], scope.at(name, "experiment_ids")) for name in ("runA", "runB")]}


def _apart(fields: JsonObject, scope: Scope) -> JsonObject:
    return {name: EXPERIMENT_ID.encode(value, scope) for name, value in zip(("runA", "runB"), fields["experiment_ids"], strict=True)}


TWO = Shape(
    (Fold(("runA", "runB"), ("experiment_ids",), _both, _apart),),
    ignored={"projectId": "runs are found by their id in every project of the key"},
    keep=False,
)
_LISTED: dict[str, Any] = {
    "args": LIST,
    "fixed": {"variants": "one"},
    "query": base.ProjectQuery,
    "plan": recipes.rows,
    "reply": Listing(tables.EVAL_ROW, items=""),
    "wrap": ENVELOPE,
    "answer": evals.EvalsAnswer,
}

ROUTES = (
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/evals",
        body=evals.NewEval,
        request=tables.NEW_EVAL,
        plan=recipes.create,
        reply=tables.EVAL_STARTED,
        wrap=ENVELOPE,
        answer=evals.StartedAnswer,
        ok=201,
        evidence="documented; seen in clients; verified",
        summary="Start an eval run over the cases given, or open one whose results are uploaded",
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/evals",
        evidence="documented; seen in clients",
        summary="The runs of a project, newest first: every experiment of one variant, however it was made",
        **_LISTED,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/evals/runs",
        evidence="seen in the Go client",
        summary="The runs of a project by the second route",
        **_LISTED,
    ),
    Route(
        Op.COMPARE,
        "GET",
        "/evals/compare",
        args=TWO,
        fixed={"overall": True},
        query=evals.CompareQuery,
        plan=recipes.compare,
        reply=Compared(),
        wrap=ENVELOPE,
        answer=evals.ComparedAnswer,
        evidence="seen in clients",
        summary="Two runs side by side, scores from 0 to 100",
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        "/evals/ci",
        fixed={"kind": "ci_report"},
        body=evals.CiReport,
        request=WHOLE,
        reply=registry.REPORT,
        wrap=ENVELOPE,
        answer=base.Answer,
        ok=201,
        evidence="seen in clients; verified",
        summary="Keep the report of a test framework's plugin",
    ),
    Route(
        Op.GET_EXPERIMENT,
        "GET",
        "/evals/{runId}",
        args=ONE,
        plan=recipes.read,
        reply=tables.EVAL,
        wrap=ENVELOPE,
        answer=evals.EvalAnswer,
        evidence="documented; seen in clients; verified",
        summary="A run with its results and summary, flat and nested at once",
    ),
    Route(
        Op.UPDATE_EXPERIMENT,
        "PATCH",
        "/evals/{runId}",
        args=ONE,
        body=evals.EvalPatch,
        request=tables.EVAL_PATCH,
        plan=recipes.patch,
        reply=tables.EVAL_ROW,
        wrap=ENVELOPE,
        answer=evals.EvalRowAnswer,
        evidence="documented; seen in client; the answer is inferred",
        summary="State the status and the figures of a run; final once it is terminal",
    ),
    Route(
        Op.DELETE_EXPERIMENT,
        "DELETE",
        "/evals/{runId}",
        args=ONE,
        plan=recipes.delete,
        reply=tables.DELETED,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="documented in the index; the answer is inferred",
        summary="Delete a run with its results",
    ),
    Route(
        Op.LIST_RUNS,
        "GET",
        "/evals/{runId}/results",
        args=ONE,
        plan=recipes.results,
        reply=RESULTS,
        wrap=ENVELOPE,
        answer=evals.ResultsAnswer,
        evidence="documented in the index; the answer is inferred",
        summary="The results of a run, in the order of its cases",
    ),
    Route(
        Op.ADD_RUNS,
        "POST",
        "/evals/{runId}/results",
        args=ONE,
        fixed={"replace": True},
        body=evals.Results,
        request=Shape((Row("results", "runs", Each(NEW_RESULT)),)),
        plan=recipes.upload,
        reply=UPLOADED,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="documented; seen in client",
        summary="Upload up to 1000 results, each replacing the one of its index",
    ),
)
