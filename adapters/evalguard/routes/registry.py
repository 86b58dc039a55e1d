"""Scorers and evaluators."""

from adapters.base import Listing, Route
from adapters.evalguard.quirks import registry_recipes as recipes
from adapters.evalguard.tables import registry as tables
from adapters.evalguard.tables.common import ENVELOPE, WHOLE
from adapters.evalguard.wire import base
from adapters.evalguard.wire import registry as wire
from adapters.mapping import Fold, Row, Shape
from schemas.operations import Op

_OF_PROJECT = Fold(("projectId",), ("where",), recipes.of_project)
EVALUATORS = Shape((_OF_PROJECT, Row("name", "name")), keep=False)
VERSIONS = Listing(tables.EVALUATOR, items="")

ROUTES = (
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        "/scorers",
        fixed={"builtin": True, "total": True},
        plan=recipes.scorers,
        reply=Listing(tables.SCORER, items="scorers", total="total"),
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients; the names are documented in part",
        summary="Every scorer, those that do not run here with the reason",
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        "/scorers/calibrate",
        fixed={"kind": recipes.CALIBRATION},
        body=wire.Calibration,
        request=WHOLE,
        plan=recipes.calibrate,
        reply=tables.CALIBRATION,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients; the recommendation is inferred",
        summary="How far people and a scorer agree (Cohen's kappa), and from which score on they would agree best; the record is kept",
    ),
    Route(
        Op.CREATE_EVALUATOR,
        "POST",
        "/evaluators",
        body=wire.NewEvaluator,
        request=tables.NEW_EVALUATOR,
        plan=recipes.create_evaluator,
        reply=tables.EVALUATOR,
        wrap=ENVELOPE,
        answer=base.Answer,
        ok=201,
        evidence="seen in clients; the answer is inferred",
        summary="Keep the next version of an evaluator",
    ),
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        "/evaluators",
        args=EVALUATORS,
        query=wire.EvaluatorsQuery,
        plan=recipes.list_evaluators,
        reply=VERSIONS,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients",
        summary="The versions of a project's evaluators, newest first",
    ),
    Route(
        Op.LIST_EVALUATORS,
        "POST",
        "/evaluators/diff",
        body=wire.EvaluatorDiff,
        body_args=EVALUATORS,
        plan=recipes.list_evaluators,
        reply=VERSIONS,
        present=recipes.differ,
        wrap=ENVELOPE,
        answer=wire.EvaluatorDiffAnswer,
        evidence="seen in clients",
        summary="What changed in an evaluator's definition between two versions",
    ),
)
