"""Experiments: the ten operations on definitions, and the start of a run."""

from typing import Any

from adapters.base import Route
from adapters.mapping import ABSENT, Fold, Row, Shape
from adapters.respan.quirks import calling, recipes
from adapters.respan.quirks.definition import Draft
from adapters.respan.quirks.filters import condition
from adapters.respan.quirks.pages import Taken, numbered, page, place
from adapters.respan.tables import experiments as tables
from adapters.respan.tables.common import EXPERIMENT_ID
from adapters.respan.wire import common
from adapters.respan.wire import experiments as wire
from adapters.scope import Scope
from schemas.experiment import ExperimentForm
from schemas.json import JsonObject
from schemas.operations import Op

ROOT = "/api/v2/experiments/"
ONE = ROOT + "{experiment_id}/"
DOCUMENTED = "documented; client code 0.1.27"

ID = Row("experiment_id", "experiment_id", EXPERIMENT_ID)
ONE_EXPERIMENT = Shape((ID,), keep=False)
PLACE = Fold(("page", "page_size"), ("offset", "limit", "total"), place, numbered)

# As query parameters, names are looked for inside (`name` is documented as icontains), the others are equal.
_QUERY_FIELDS = {"name": "icontains", "status": "", "dataset": "", "dataset_id": "", "creator_email": ""}


def _narrowed(given: JsonObject, scope: Scope) -> JsonObject:
    filters = {name: {"operator": _QUERY_FIELDS[name], "value": value} for name, value in given.items()}
    where = condition(filters, tables.FIELDS, scope)
    return {"where": ABSENT if where is None else where}


_NARROWED = Fold(tuple(_QUERY_FIELDS), ("where",), _narrowed)
LIST = Shape((PLACE, Row("sort_by", "sort", tables.SORT), _NARROWED), keep=False)
COUNT = Shape((_NARROWED,), keep=False)
# A report on a dataset is listed with the dataset, not here.
_FLAT: dict[str, Any] = {"flat": True, "forms": [form.value for form in ExperimentForm if form is not ExperimentForm.REPORT]}
_COUNTING: dict[str, Any] = {**_FLAT, "limit": 0, "total": True}
_FILTERED: dict[str, Any] = {"body": common.FilterBody, "body_required": False, "body_args": tables.FILTERS}
_SINGLE: dict[str, Any] = {"single": True}
_CHANGE: dict[str, Any] = {
    "args": ONE_EXPERIMENT,
    "fixed": _SINGLE,
    "body": wire.ExperimentBody,
    "body_required": False,
    "request": tables.EXPERIMENT_PATCH,
    "reply": tables.EXPERIMENT,
    "answer": wire.ExperimentReply,
    "evidence": DOCUMENTED,
}

ROUTES = (
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        ROOT,
        args=LIST,
        fixed=_FLAT,
        query=wire.ExperimentsQuery,
        reply=tables.EXPERIMENTS_ARRAY,
        answer=list[wire.ExperimentItem],
        calls=False,
        evidence=DOCUMENTED,
        summary="Experiments, newest first, as a bare array",
    ),
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        ROOT,
        body=wire.ExperimentBody,
        body_required=False,
        body_args=Draft(),
        request=tables.NEW_EXPERIMENT,
        plan=recipes.create,
        reply=tables.EXPERIMENT,
        answer=wire.ExperimentReply,
        ok=201,
        calls=True,
        taken=calling.Named(),
        reread=Op.GET_EXPERIMENT,
        naming=calling.own_id,
        again=calling.first_form,
        evidence="documented; status 201 inferred",
        summary="Create an experiment and run it, or keep it as a draft",
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        ROOT + "list/",
        args=LIST,
        fixed=_FLAT,
        query=wire.ExperimentsQuery,
        reply=tables.EXPERIMENTS_PAGE,
        present=page,
        answer=wire.ExperimentsPage,
        calls=False,
        evidence=DOCUMENTED,
        summary="A page of experiments",
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "POST",
        ROOT + "list/",
        args=LIST,
        fixed=_FLAT,
        query=wire.ExperimentsQuery,
        reply=tables.EXPERIMENTS_PAGE,
        present=page,
        answer=wire.ExperimentsPage,
        calls=True,
        taken=Taken(tables.EXPERIMENT),
        evidence="documented; client code 0.1.47",
        summary="A page of the experiments that meet the filters",
        **_FILTERED,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        ROOT + "summary/",
        args=COUNT,
        fixed=_COUNTING,
        query=wire.NarrowingQuery,
        reply=tables.TOTAL_COUNT,
        answer=common.Count,
        calls=False,
        evidence=DOCUMENTED,
        summary="How many experiments there are",
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "POST",
        ROOT + "summary/",
        args=COUNT,
        fixed=_COUNTING,
        query=wire.NarrowingQuery,
        reply=tables.TOTAL_COUNT,
        answer=common.Count,
        calls=False,
        evidence="documented; client code 0.1.47",
        summary="How many experiments meet the filters",
        **_FILTERED,
    ),
    Route(
        Op.GET_EXPERIMENT,
        "GET",
        ONE,
        args=ONE_EXPERIMENT,
        fixed=_SINGLE,
        reply=tables.EXPERIMENT,
        answer=wire.ExperimentReply,
        evidence="documented; client code 0.1.47",
        summary="One experiment",
    ),
    Route(Op.UPDATE_EXPERIMENT, "PUT", ONE, plan=recipes.replace, summary="Replace a definition; starts nothing", **_CHANGE),
    Route(
        Op.UPDATE_EXPERIMENT,
        "PATCH",
        ONE,
        plan=recipes.update,
        calls=True,
        taken=calling.Anything(),
        reread=Op.GET_EXPERIMENT,
        again=calling.first_form,
        # A change that says nothing here would be refused while runs are in flight, and for nothing.
        needs=tables.CHANGEABLE,
        summary="Change a definition; starts nothing",
        **_CHANGE,
    ),
    Route(
        Op.DELETE_EXPERIMENT,
        "DELETE",
        ONE,
        args=ONE_EXPERIMENT,
        fixed=_SINGLE,
        ok=204,
        evidence="documented; client code 0.1.47",
        summary="Delete an experiment with its traces",
    ),
    Route(
        Op.START_EXPERIMENT,
        "POST",
        ONE + "runs/",
        args=ONE_EXPERIMENT,
        plan=recipes.start,
        reply=tables.EXPERIMENT,
        answer=wire.ExperimentReply,
        calls=True,
        taken=calling.Anything(),
        reread=Op.GET_EXPERIMENT,
        evidence="client code 0.1.33; reply inferred",
        summary="Start or restart a stored definition",
        documented=False,
    ),
)
