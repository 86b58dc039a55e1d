"""The canonical API's routes: every operation under the name of its resource."""

from typing import Any

from pydantic import BaseModel

from adapters import recipes
from adapters.base import Route
from adapters.canonical import export, wire
from adapters.canonical.quirks import Condition, InOrder, Single, Sorting, page
from adapters.mapping import SAME, Codec, Row, Shape
from schemas.operations import SPECS, Op
from schemas.run import Run

_CHOOSING = {"format": "chooses the answer's form", "target": "chooses the targets"}


def _codecs(op: Op) -> dict[str, Codec]:
    """What is more than a value among an operation's parameters. Figures are folded from runs, and their conditions speak of them."""
    model = SPECS[op].item or Run
    fields = frozenset({*model.model_fields, "input_key"} if model is Run else model.model_fields)
    found: dict[str, Codec] = {"where": Condition(fields), "sort": Sorting(fields)}
    return {**found, "example_id": Single()} if op is Op.DELETE_EXAMPLES else found


# One path has one name for each of its places, whatever the operation's argument is called.
_NAMED = {(Op.DELETE_EXAMPLES, "example_id"): "example_ids"}


def _arguments(op: Op, path: str, query: type[BaseModel] | None) -> Shape:
    """Path and query parameters are called as the operation's arguments are."""
    codecs = _codecs(op)
    in_path = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
    names = dict.fromkeys([*in_path, *(query.model_fields if query else ())])
    return Shape(
        tuple(Row(name, _NAMED.get((op, name), name), codecs.get(name, SAME)) for name in names if name not in _CHOOSING),
        ignored=_CHOOSING,
        keep=False,
    )


def _in_order(op: Op) -> InOrder:
    return InOrder(tuple((SPECS[op].item or SPECS[op].reply).model_fields))


def _get(op: Op, path: str, summary: str, query: type[BaseModel] | None = None, **more: Any) -> Route:
    return Route(op, "GET", path, args=_arguments(op, path, query), query=query or wire.Query, reply=_in_order(op), summary=summary, **more)


def _list(op: Op, path: str, summary: str, query: type[BaseModel] | None = wire.ListQuery, **more: Any) -> Route:
    return _get(op, path, summary, query, present=page, merges=issubclass(query or wire.Query, wire.MergedQuery), **more)


def _send(op: Op, method: str, path: str, summary: str, query: type[BaseModel] | None = None, **more: Any) -> Route:
    request = SAME if SPECS[op].body is not None else None
    return Route(
        op,
        method,
        path,
        args=_arguments(op, path, query),
        query=query or wire.Query,
        request=request,
        reply=_in_order(op),
        summary=summary,
        **more,
    )


_DATASETS = (
    _send(Op.CREATE_DATASET, "POST", "/datasets", "Make a dataset with its first examples", wire.CreateDatasetQuery, ok=201),
    _list(Op.LIST_DATASETS, "/datasets", "Datasets, newest first", wire.DatasetsQuery),
    _get(Op.GET_DATASET, "/datasets/{dataset_id}", "One dataset"),
    _send(Op.UPDATE_DATASET, "PATCH", "/datasets/{dataset_id}", "Change name, description, metadata or tags"),
    _send(Op.DELETE_DATASET, "DELETE", "/datasets/{dataset_id}", "Delete a dataset with its experiments"),
    _send(Op.ADD_EXAMPLES, "POST", "/datasets/{dataset_id}/examples", "Add examples as a new version", ok=201),
    _list(Op.LIST_EXAMPLES, "/datasets/{dataset_id}/examples", "Examples of a version, oldest first", wire.ExamplesQuery),
    _get(Op.GET_EXAMPLE, "/datasets/{dataset_id}/examples/{example_id}", "One example"),
    _send(Op.UPDATE_EXAMPLE, "PATCH", "/datasets/{dataset_id}/examples/{example_id}", "Change an example as a new version"),
    _send(
        Op.DELETE_EXAMPLES,
        "DELETE",
        "/datasets/{dataset_id}/examples/{example_id}",
        "Delete one example as a new version",
    ),
    _send(Op.CREATE_DATASET_VERSION, "POST", "/datasets/{dataset_id}/versions", "Take a snapshot", ok=201),
    _list(Op.LIST_DATASET_VERSIONS, "/datasets/{dataset_id}/versions", "Versions, newest first", wire.VersionsQuery),
    _get(Op.GET_DATASET_VERSION, "/datasets/{dataset_id}/versions/{version_id}", "One version"),
    _get(Op.COMPARE_DATASET_VERSIONS, "/datasets/{dataset_id}/versions/{version_id}/diff", "What changed since", wire.CompareVersionsQuery),
    _send(Op.RESTORE_DATASET_VERSION, "POST", "/datasets/{dataset_id}/versions/{version_id}/restore", "Make an old version the latest"),
    _send(Op.CREATE_SPLIT, "POST", "/datasets/{dataset_id}/splits", "Make a split of examples of a dataset", ok=201),
    _list(Op.LIST_SPLITS, "/datasets/{dataset_id}/splits", "The splits of a dataset"),
    _send(Op.UPDATE_SPLIT, "PATCH", "/datasets/{dataset_id}/splits/{split_id}", "Change a split, add and remove examples"),
    _send(Op.DELETE_SPLIT, "DELETE", "/datasets/{dataset_id}/splits/{split_id}", "Delete a split; its examples stay"),
)
_EXPERIMENTS = (
    _send(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/experiments",
        "Define an experiment and start it",
        wire.CreateExperimentQuery,
        plan=recipes.created,
        calls=True,
        ok=201,
    ),
    _list(Op.LIST_EXPERIMENTS, "/experiments", "Experiments, newest first", wire.ExperimentsQuery),
    _get(Op.GET_EXPERIMENT, "/experiments/{experiment_id}", "One experiment"),
    _send(Op.UPDATE_EXPERIMENT, "PATCH", "/experiments/{experiment_id}", "Change an experiment"),
    _send(Op.DELETE_EXPERIMENT, "DELETE", "/experiments/{experiment_id}", "Delete with runs and scores", wire.DeleteExperimentQuery),
    _send(Op.START_EXPERIMENT, "POST", "/experiments/{experiment_id}/start", "Start or restart", wire.StartQuery),
    _send(Op.CANCEL_EXPERIMENT, "POST", "/experiments/{experiment_id}/cancel", "Stop within one row per worker"),
    _send(Op.SET_TAG, "POST", "/experiments/{experiment_id}/tags", "Set or move a tag"),
    _get(Op.LIST_TAGS, "/experiments/{experiment_id}/tags", "The experiment's tags", present=page),
    _send(Op.DELETE_TAG, "DELETE", "/experiments/{experiment_id}/tags/{tag}", "Remove a tag"),
)
_RUNS = (
    _send(Op.ADD_RUN, "POST", "/experiments/{experiment_id}/runs", "Record a run", wire.AddRunQuery, ok=201),
    _send(Op.ADD_RUNS, "POST", "/experiments/{experiment_id}/runs/batch", "Record runs in one transaction", wire.AddRunQuery, ok=201),
    _list(Op.LIST_RUNS, "/experiments/{experiment_id}/runs", "Runs, newest first", wire.RunsQuery),
    _list(Op.LIST_INCOMPLETE_RUNS, "/experiments/{experiment_id}/runs/incomplete", "What is still to run", wire.IncompleteQuery),
    _list(
        Op.LIST_INCOMPLETE_SCORES,
        "/experiments/{experiment_id}/scores/incomplete",
        "What is still to score",
        wire.IncompleteScoresQuery,
    ),
    _get(Op.GET_RUN, "/experiments/{experiment_id}/runs/{run_id}", "One run with its steps and scores"),
    _send(Op.UPDATE_RUN, "PATCH", "/experiments/{experiment_id}/runs/{run_id}", "Change a run; an output completes a waiting one"),
    _send(Op.PUT_SCORE, "POST", "/experiments/{experiment_id}/runs/{run_id}/scores", "Record or replace a score", wire.ScoreQuery, ok=201),
    _list(Op.LIST_SCORES, "/experiments/{experiment_id}/runs/{run_id}/scores", "The scores of a run"),
    _get(Op.GET_SCORE, "/experiments/{experiment_id}/runs/{run_id}/scores/{score_id}", "One score"),
    _send(Op.DELETE_SCORE, "DELETE", "/experiments/{experiment_id}/runs/{run_id}/scores/{score_id}", "Delete a score"),
    _get(Op.SUMMARIZE, "/experiments/{experiment_id}/summary", "Runs and scores in figures", wire.SummaryQuery),
    _get(Op.HISTOGRAM, "/experiments/{experiment_id}/histogram", "The distribution of one evaluator's scores", wire.HistogramQuery),
    _get(
        Op.EXPORT,
        "/experiments/{experiment_id}/export",
        "Every run with example and scores as JSON, JSON lines or CSV",
        wire.ExportQuery,
        plan=export.everything,
        present=export.present,
        answer=(list[Run], "application/jsonl", "text/csv"),
        fixed={"steps": True},
    ),
    _get(Op.COMPARE, "/compare", "Experiments row by row, and whether they differ by more than chance", wire.CompareQuery),
)
_DOCUMENT = "/documents/{kind}/{key:path}"  # keys of some dialects hold slashes

_LIBRARY = (
    _send(Op.CREATE_EVALUATOR, "POST", "/evaluators", "Keep an evaluator", ok=201),
    _list(Op.LIST_EVALUATORS, "/evaluators", "Kept evaluators, or the built-in scorers", wire.EvaluatorsQuery),
    _get(Op.GET_EVALUATOR, "/evaluators/{evaluator_id}", "One evaluator, by id, slug or built-in name"),
    _send(Op.UPDATE_EVALUATOR, "PATCH", "/evaluators/{evaluator_id}", "Change an evaluator"),
    _send(Op.DELETE_EVALUATOR, "DELETE", "/evaluators/{evaluator_id}", "Delete an evaluator"),
    _send(Op.RUN_EVALUATOR, "POST", "/evaluators/{evaluator_id}/run", "Judge one input and output"),
    _send(Op.CREATE_PROMPT, "POST", "/prompts", "Keep a prompt version", ok=201),
    _list(Op.LIST_PROMPTS, "/prompts", "Prompt versions, newest first", wire.PromptsQuery),
    _get(Op.GET_PROMPT, "/prompts/{prompt_id}", "One prompt version, by id or name", wire.VersionQuery),
    _send(Op.DELETE_PROMPT, "DELETE", "/prompts/{prompt_id}", "Delete a prompt version", wire.VersionQuery),
    _send(Op.PUT_DOCUMENT, "POST", "/documents/{kind}", "Keep a document", ok=201),
    _list(Op.LIST_DOCUMENTS, "/documents", "Documents of every kind, newest first", wire.DocumentsQuery),
    _list(Op.LIST_DOCUMENTS, "/documents/{kind}", "Documents of a kind, newest first", wire.DocumentsQuery),
    _send(Op.PUT_DOCUMENT, "PUT", _DOCUMENT, "Keep the next version of a document, or replace the one named", wire.PutDocumentQuery),
    _get(Op.GET_DOCUMENT, _DOCUMENT, "One document, by key or id", wire.VersionQuery),
    _send(Op.UPDATE_DOCUMENT, "PATCH", _DOCUMENT, "Change a document by a merge patch (RFC 7396) of its body", wire.UpdateDocumentQuery),
    _send(Op.DELETE_DOCUMENT, "DELETE", _DOCUMENT, "Delete a document, or the version named", wire.VersionQuery),
    _list(Op.LIST_PROJECTS, "/projects", "The projects traces are sent to, or those records belong to", wire.ProjectsQuery),
    _send(Op.CREATE_PROJECT, "POST", "/projects", "Make a project", wire.CreateProjectQuery, ok=201),
    _get(Op.GET_PROJECT, "/projects/{project_id}", "One project, by id or name"),
    _send(Op.UPDATE_PROJECT, "PATCH", "/projects/{project_id}", "Change a project"),
    _send(Op.DELETE_PROJECT, "DELETE", "/projects/{project_id}", "Delete a project with what belongs to it"),
    _get(Op.CURRENT_PROJECT, "/project", "The account's own project"),
    _send(Op.ADD_SPANS, "POST", "/spans", "Keep the figures of spans"),
)

ROUTES = (*_DATASETS, *_EXPERIMENTS, *_RUNS, *_LIBRARY)
