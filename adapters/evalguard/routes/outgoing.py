"""How we ask the vendor ourselves. Runs are eval runs, the vendor's typed and verified route; variants are prompt experiments where those can say them (reference
section 15).
"""

from typing import Any

from adapters.base import Route
from adapters.evalguard.quirks import dataset_ways, experiment_ways, project_ways, run_ways, saying
from adapters.evalguard.quirks.reading import ADDED, DONE, Created, Many, One, Told, read_group, read_group_results, read_results, read_run
from adapters.evalguard.quirks.saying import Head, Project
from adapters.evalguard.tables import datasets as wire
from adapters.evalguard.tables import outgoing as tables
from adapters.evalguard.tables import projects, registry
from adapters.evalguard.tables.common import DATASET_ID, VERSION_ID
from adapters.evalguard.tables.runs import ENTRY, SNAPSHOT_CASE
from adapters.mapping import Each, Fold, Row, Shape
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.experiment import ExperimentForm
from schemas.json import Json, JsonObject
from schemas.operations import Call, Op

PROJECT = "projectId"
_DATASET = Row("datasetId", "dataset_id", DATASET_ID)
_VERSION = Row("versionId", "version_id", VERSION_ID)
_OF_PROJECT = Shape((Row(PROJECT, "project", Project()),), keep=False)
_ONE_DATASET = Shape((_DATASET,), keep=False)
_ONE_VERSION = Shape((_DATASET, _VERSION), keep=False)
_RUN = Row("runId", "experiment_id", Head())
_SINGLE = Fold((), ("single",), None, saying.nothing)
_ONE_RUN = Shape((_RUN, _SINGLE), keep=False)
_RESULTS = Shape((_RUN, Fold((), ("replace", "run_id", "score_id", "create"), None, saying.nothing)), keep=False)
_ONE_GROUP = Shape((Row("experimentId", "experiment_id", Head()), _SINGLE), keep=False)
_GROUP_BY_QUERY = Shape((Row("id", "experiment_id", Head()), _SINGLE), keep=False)
_MOST_VARIANTS = 8


def _cases(data: Json, scope: Scope) -> JsonObject:
    """The cases of a snapshot."""
    version = data.get("version", data)
    return {"items": Each(SNAPSHOT_CASE).decode(version["cases"], scope.at("version/cases", "items")), "next_cursor": None}


def _by_name(call: Call, reply: Json) -> Json:
    """Scorers go by their names; those that a double of the vendor only lists are left out."""
    running = [item for item in reply["items"] if (item.get("metadata") or {}).get("available") is not False]
    return {**reply, "items": [{**item, "id": item["slug"]} for item in running]}


def _several(call: Call) -> bool:
    return len(getattr(call.body, "variants", ())) > 1


def _tested(call: Call) -> bool:
    """Whether variants are to be tested against one another, which takes two to eight of them."""
    form = getattr(call.body, "form", None)
    return form is ExperimentForm.AB and _several(call) and len(getattr(call.body, "variants", ())) <= _MOST_VARIANTS


def together(call: Call) -> bool:
    """Whether several variants make one prompt experiment: none names its model, which cannot be said there, and none is left to the caller."""
    configs = [step.config for variant in getattr(call.body, "variants", ()) for step in variant.steps]
    own = any(config.get("model") is not None for config in configs)
    return not own and not saying.waits_for_caller(saying.said(call.body)) and getattr(call.body, "dataset_id", None) is not None


def _lists_groups(call: Call) -> bool:
    return getattr(call.args, "variants", None) == "many"


def _not_found(error: CrosswalkError) -> bool:
    return error.code is Code.NOT_FOUND


def _other_spelling(error: CrosswalkError) -> bool:
    """Whether the documented spelling is refused (reference section 15)."""
    refused = error.code is Code.INVALID_REQUEST and error.vendor_status in (400, 422)
    return refused and any(name in error.message for name in ("datasetId", "projectId", "name"))


_SEEN: dict[str, Any] = {"evidence": "documented; seen in clients", "summary": "Called, never served by this row"}
_GROUP: dict[str, Any] = {
    "request": tables.NEW_GROUP,
    "taken": Created(),
    "way": experiment_ways.create_group,
    "find": experiment_ways.find,
    "serial": "dataset_id",
    "passes": _other_spelling,
    **_SEEN,
}
_GROUP_AGAIN: dict[str, Any] = {**_GROUP, "request": tables.NEW_GROUP_CAMEL, "account": PROJECT, "passes": None}
_READ_GROUP: dict[str, Any] = {"taken": Told(read_group), "account": PROJECT, **_SEEN}
_GROUP_RUNS: dict[str, Any] = {"taken": Told(read_group_results), "account": PROJECT, "identified": run_ways.with_ids, **_SEEN}

_DATASETS = (
    Route(
        Op.CREATE_DATASET,
        "POST",
        "/datasets",
        request=tables.NEW_DATASET,
        taken=One(wire.DATASET),
        way=dataset_ways.create,
        account=PROJECT,
        **_SEEN,
    ),
    Route(Op.LIST_DATASETS, "GET", "/datasets", args=_OF_PROJECT, taken=Many(wire.DATASET, ("datasets",)), account=PROJECT, **_SEEN),
    Route(Op.GET_DATASET, "GET", "/datasets/{datasetId}", args=_ONE_DATASET, taken=One(wire.DATASET), **_SEEN),
    Route(
        Op.UPDATE_DATASET,
        "PUT",
        "/datasets/{datasetId}",
        args=_ONE_DATASET,
        request=tables.DATASET_PATCH,
        taken=One(wire.DATASET),
        needs=("name", "description"),
        **_SEEN,
    ),
    Route(Op.DELETE_DATASET, "DELETE", "/datasets/{datasetId}", args=_ONE_DATASET, taken=DONE, **_SEEN),
    Route(
        Op.ADD_EXAMPLES,
        "POST",
        "/datasets/{datasetId}/cases",
        args=_ONE_DATASET,
        request=tables.NEW_CASES,
        taken=ADDED,
        way=dataset_ways.add,
        **_SEEN,
    ),
    Route(
        Op.CREATE_DATASET_VERSION,
        "POST",
        "/datasets/{datasetId}/versions",
        args=_ONE_DATASET,
        request=tables.NEW_VERSION,
        taken=One(wire.VERSION, "version"),
        **_SEEN,
    ),
    Route(
        Op.LIST_DATASET_VERSIONS,
        "GET",
        "/datasets/{datasetId}/versions",
        args=_ONE_DATASET,
        fixed={"explicit": True},
        taken=Many(wire.VERSION, ("versions",)),
        **_SEEN,
    ),
    Route(
        Op.GET_DATASET_VERSION,
        "GET",
        "/datasets/{datasetId}/versions/{versionId}",
        args=_ONE_VERSION,
        taken=One(Shape(wire.VERSION.rows, ignored={"cases": "read by themselves"}), "version"),
        **_SEEN,
    ),
    Route(
        Op.LIST_EXAMPLES,
        "GET",
        "/datasets/{datasetId}/versions/{versionId}",
        args=_ONE_VERSION,
        taken=Told(_cases),
        way=dataset_ways.examples,
        **_SEEN,
    ),
    Route(
        Op.RESTORE_DATASET_VERSION,
        "POST",
        "/datasets/{datasetId}/versions/{versionId}/restore",
        args=_ONE_VERSION,
        taken=DONE,
        way=dataset_ways.restore,
        **_SEEN,
    ),
)

_EXPERIMENTS = (
    Route(Op.CREATE_EXPERIMENT, "POST", "/prompts/ab-experiments", when=_tested, **_GROUP),
    Route(Op.CREATE_EXPERIMENT, "POST", "/prompts/ab-experiments", when=_tested, **_GROUP_AGAIN),
    Route(Op.CREATE_EXPERIMENT, "POST", "/prompts/experiments", when=lambda call: _several(call) and not _tested(call), **_GROUP),
    Route(Op.CREATE_EXPERIMENT, "POST", "/prompts/experiments", when=lambda call: _several(call) and not _tested(call), **_GROUP_AGAIN),
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/evals",
        when=lambda call: not _several(call),
        request=tables.NEW_EVAL,
        taken=Told(read_run),
        way=experiment_ways.create,
        account=PROJECT,
        keyed=True,
        **_SEEN,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/prompts/experiments",
        when=_lists_groups,
        args=_OF_PROJECT,
        fixed={"variants": "many"},
        taken=Many(Told(read_group), ("experiments", "items")),
        way=experiment_ways.rows,
        account=PROJECT,
        uncounted=experiment_ways.uncounted,
        **_SEEN,
    ),
    Route(
        Op.LIST_EXPERIMENTS,
        "GET",
        "/evals",
        when=lambda call: not _lists_groups(call),
        args=Shape((*_OF_PROJECT.rows, Fold((), ("variants", "flat"), None, saying.nothing)), keep=False),
        taken=Many(Told(read_run), ("evals", "runs", "items")),
        way=experiment_ways.rows,
        account=PROJECT,
        uncounted=experiment_ways.uncounted,
        **_SEEN,
    ),
    Route(
        Op.GET_EXPERIMENT,
        "GET",
        "/evals/{runId}",
        args=_ONE_RUN,
        taken=Told(read_run),
        way=experiment_ways.read,
        passes=_not_found,
        identified=run_ways.with_doubtful,
        **_SEEN,
    ),
    Route(Op.GET_EXPERIMENT, "GET", "/prompts/experiments/{experimentId}", args=_ONE_GROUP, passes=_not_found, **_READ_GROUP),
    Route(Op.GET_EXPERIMENT, "GET", "/prompts/experiments", args=_GROUP_BY_QUERY, passes=_not_found, **_READ_GROUP),
    Route(
        Op.UPDATE_EXPERIMENT,
        "PATCH",
        "/evals/{runId}",
        args=_ONE_RUN,
        request=tables.EVAL_PATCH,
        taken=DONE,
        way=experiment_ways.change,
        needs=("status",),
        **_SEEN,
    ),
    Route(Op.DELETE_EXPERIMENT, "DELETE", "/evals/{runId}", args=_ONE_RUN, taken=DONE, **_SEEN),
)

_RUNS = (
    Route(
        Op.LIST_RUNS,
        "GET",
        "/evals/{runId}",
        args=_ONE_RUN,
        taken=Told(read_results),
        way=run_ways.rows,
        passes=_not_found,
        identified=run_ways.with_ids,
        **_SEEN,
    ),
    Route(Op.LIST_RUNS, "GET", "/prompts/experiments/{experimentId}", args=_ONE_GROUP, passes=_not_found, **_GROUP_RUNS),
    Route(Op.LIST_RUNS, "GET", "/prompts/experiments", args=_GROUP_BY_QUERY, passes=_not_found, **_GROUP_RUNS),
    Route(
        Op.ADD_RUNS,
        "POST",
        "/evals/{runId}/results",
        args=_RESULTS,
        request=tables.NEW_RESULTS,
        taken=DONE,
        way=run_ways.add_many,
        serial="experiment_id",
        keyed=True,
        identified=run_ways.uploaded_ids,
        **_SEEN,
    ),
    Route(Op.ADD_RUN, "POST", "/evals/{runId}/results", args=_RESULTS, request=tables.NEW_RESULT, way=run_ways.add, **_SEEN),
    Route(
        Op.UPDATE_RUN,
        "POST",
        "/evals/{runId}/results",
        args=_RESULTS,
        request=tables.NEW_RESULT,
        way=run_ways.change,
        serial="run_id",
        **_SEEN,
    ),
    Route(Op.PUT_SCORE, "POST", "/evals/{runId}/results", args=_RESULTS, request=ENTRY, way=run_ways.score, serial="run_id", **_SEEN),
    Route(Op.DELETE_SCORE, "POST", "/evals/{runId}/results", args=_RESULTS, way=run_ways.unscore, serial="run_id", **_SEEN),
)

_REGISTRY = (
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        "/scorers",
        fixed={"builtin": True},
        taken=Many(registry.SCORER, ("scorers",)),
        identified=_by_name,
        **_SEEN,
    ),
)

_PROJECTS = (
    Route(
        Op.CREATE_PROJECT,
        "POST",
        "/projects",
        fixed={"account": True},
        request=projects.NEW_PROJECT,
        taken=One(projects.PROJECT),
        way=project_ways.create,
        **_SEEN,
    ),
)

OUTGOING: tuple[Route, ...] = (*_DATASETS, *_EXPERIMENTS, *_RUNS, *_REGISTRY, *_PROJECTS)
