"""Prompt experiments and A/B experiments."""

from collections.abc import Mapping
from typing import Any

from adapters.base import Listing, Route
from adapters.evalguard.quirks import experiment_recipes as recipes
from adapters.evalguard.quirks.created import CREATED
from adapters.evalguard.quirks.values import asked
from adapters.evalguard.routes.evals import PROJECT
from adapters.evalguard.tables import experiments as tables
from adapters.evalguard.tables.common import DATASET_ID, ENVELOPE, EXPERIMENT_ID
from adapters.evalguard.wire import experiments as wire
from adapters.mapping import Fold, Row, Shape
from adapters.scope import Scope
from schemas.experiment import ExperimentForm
from schemas.json import JsonObject
from schemas.operations import Op
from schemas.status import ExperimentStatus

_SHOWN_FOR: Mapping[str, tuple[ExperimentStatus, ...]] = {
    "pending": (ExperimentStatus.PENDING, ExperimentStatus.DRAFT),
    "running": (ExperimentStatus.RUNNING, ExperimentStatus.WAITING, ExperimentStatus.UNKNOWN),
    "completed": (ExperimentStatus.COMPLETED, ExperimentStatus.COMPLETED_WITH_ERRORS),
    "failed": (ExperimentStatus.FAILED,),
    "cancelled": (ExperimentStatus.CANCELLED,),
}


def _of_status(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"where": {"field": "status", "operator": "in", "value": [status.value for status in _SHOWN_FOR[fields["status"]]]}}


LIST = Shape(
    (
        PROJECT,
        Row("dataset_id", "dataset_id", asked(DATASET_ID)),
        Row("limit", "limit"),
        Row("offset", "offset"),
        Fold(("status",), ("where",), _of_status),
    ),
    keep=False,
)
BY_PATH = Shape((Row("experimentId", "experiment_id", asked(EXPERIMENT_ID)),), keep=False)
BY_QUERY = Shape((Row("id", "experiment_id", asked(EXPERIMENT_ID)),), keep=False)
_READ: dict[str, Any] = {
    "plan": recipes.read,
    "reply": tables.EXPERIMENT,
    "wrap": ENVELOPE,
    "answer": wire.ExperimentAnswer,
    "evidence": "inferred",
}
_READ_BY_QUERY: dict[str, Any] = {**_READ, "given": "id", "args": BY_QUERY, "query": wire.ByIdQuery, "documented": False}
_LISTED: dict[str, Any] = {
    "args": LIST,
    "query": wire.ExperimentsQuery,
    "reply": Listing(tables.EXPERIMENT_ROW, items=""),
    "wrap": ENVELOPE,
    "answer": wire.ExperimentsAnswer,
}

ROUTES = (
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/prompts/experiments",
        body=wire.NewPromptExperiment,
        request=tables.NEW_EXPERIMENT,
        plan=recipes.create,
        reply=tables.EXPERIMENT_ROW,
        wrap=CREATED,
        answer=wire.CreatedAnswer,
        evidence="documented; the answer is inferred",
        summary="Try two or more templates over a dataset",
    ),
    Route(
        Op.GET_EXPERIMENT,
        "GET",
        "/prompts/experiments/{experimentId}",
        args=BY_PATH,
        summary="An experiment with the results of each variant",
        **_READ,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/prompts/experiments",
        fixed={"variants": "many"},
        evidence="documented in the index; parameters and shape are inferred",
        summary="Experiments of two or more variants, however they were made, newest first",
        **_LISTED,
    ),
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/prompts/ab-experiments",
        body=wire.NewAbExperiment,
        request=tables.NEW_AB_EXPERIMENT,
        plan=recipes.create,
        reply=tables.EXPERIMENT_ROW,
        wrap=CREATED,
        answer=wire.CreatedAnswer,
        ok=201,
        evidence="documented; body and answer are inferred",
        summary="Try two to eight templates over a dataset and test which one wins",
    ),
    Route(
        Op.GET_EXPERIMENT,
        "GET",
        "/prompts/ab-experiments/{experimentId}",
        args=BY_PATH,
        summary="An A/B experiment with its results and, once it is finished, its winner",
        **_READ,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/prompts/ab-experiments",
        fixed={"variants": "many", "forms": [ExperimentForm.AB.value]},
        evidence="inferred",
        summary="A/B experiments, newest first",
        **_LISTED,
    ),
    Route(Op.GET_EXPERIMENT, "GET", "/prompts/experiments", summary="An experiment by a query parameter", **_READ_BY_QUERY),
    Route(Op.GET_EXPERIMENT, "GET", "/prompts/ab-experiments", summary="An A/B experiment by a query parameter", **_READ_BY_QUERY),
)
