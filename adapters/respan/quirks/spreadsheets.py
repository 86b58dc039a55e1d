"""Experiments of the first version: spreadsheets of rows and columns, whose runs are experiments like any other.

A spreadsheet is a document of its own kind: name, description, columns by id, and for each column the experiment that ran it last. Its rows are the
examples of a dataset, a row's id being the example's alias. Running it makes one experiment with a variant for each column, so that every dialect sees
what was run; the cells are read from there. A column that is changed is not run any more.
"""

from collections.abc import Generator, Iterable, Mapping
from secrets import token_hex
from typing import Any

from adapters.base import Plan
from adapters.respan.quirks.asking import ask, everything, optional
from adapters.respan.quirks.errors import bad_field
from adapters.respan.quirks.traces import name_evaluators
from adapters.respan.tables.common import TIME
from adapters.respan.tables.scores import ENTRY
from adapters.scope import Scope
from schemas.dataset import Example, ExamplePatch, NewDataset, NewExamples
from schemas.document import DocumentPatch, NewDocument
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.experiment import EvaluatorUse, ExperimentDefinition, ExperimentPatch, Step, StepKind, Variant
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import (
    Call,
    CreateDatasetArgs,
    CreateExperimentArgs,
    DatasetArgs,
    DeleteExamplesArgs,
    DocumentArgs,
    EvaluatorArgs,
    ExampleArgs,
    ExperimentArgs,
    ListExamplesArgs,
    ListRunsArgs,
    Op,
    PutDocumentArgs,
    StartArgs,
    UpdateDocumentArgs,
)
from schemas.status import ExperimentStatus, RunStatus

KIND = "spreadsheet"
"""The kind of document that keeps a spreadsheet; its key is the experiment's id. There is one version, changed in its place."""
_VERSION = 1

_Steps = Generator[Call, Any, Any]
_PARAMETERS = ("model", "temperature", "max_completion_tokens", "top_p", "frequency_penalty", "presence_penalty", "reasoning_effort")
# Where a column says nothing (documented for completions); the published client's own reading demands every one of them.
_USUAL = {"temperature": 1.0, "max_completion_tokens": 150, "top_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}
_PLAIN_TEXT = {"type": "text"}
_RUNS: Mapping[RunStatus, str] = {
    RunStatus.PENDING: "running",
    RunStatus.WAITING: "running",
    RunStatus.SUCCEEDED: "completed",
    RunStatus.FAILED: "error",
}
_EXPERIMENTS: Mapping[ExperimentStatus, str] = {
    ExperimentStatus.DRAFT: "ready",
    ExperimentStatus.PENDING: "running",
    ExperimentStatus.RUNNING: "running",
    ExperimentStatus.WAITING: "running",
    ExperimentStatus.COMPLETED: "completed",
    ExperimentStatus.COMPLETED_WITH_ERRORS: "completed",
    ExperimentStatus.FAILED: "error",
    ExperimentStatus.CANCELLED: "stopped",
}
# Of several cells the first of these words that one of them has is said of all.
_FIRST = ("running", "error", "stopped", "ready", "completed")


def create(call: Call, scope: Scope) -> Plan:
    """A spreadsheet with its columns and rows; nothing is run."""
    assert isinstance(call.body, NewDocument)
    given = call.body.body
    columns, examples = _columns(given["columns"]), _examples(given.get("rows") or [])
    new = NewDataset(name=given["name"], examples=examples, extensions={scope.dialect: {KIND: True}})
    dataset = yield ask(call, Op.CREATE_DATASET, CreateDatasetArgs(), new)
    described = {"name": given["name"], "description": given.get("description") or "", "dataset_id": dataset["id"]}
    body = NewDocument(body={**described, "columns": columns, "cells": {}})
    made = yield ask(call, Op.PUT_DOCUMENT, PutDocumentArgs(kind=KIND), body)
    return (yield from _whole(call, made, scope))


def _columns(given: list[JsonObject]) -> JsonObject:
    """Columns by id, each in a list: a merge patch replaces lists and would join objects."""
    said = [{name: value for name, value in column.items() if value is not None} for column in given]
    named = [{**_USUAL, **column, "id": column.get("id") or token_hex(16)} for column in said]
    if len({column["id"] for column in named}) < len(named):
        raise bad_field("columns", "Every column needs an id of its own.")
    return {column["id"]: [column] for column in named}


def _examples(rows: list[JsonObject]) -> list[Example]:
    return [Example(alias=row.get("id") or token_hex(16), input=row.get("input") or {}, reference=row.get("ideal_output")) for row in rows]


def _sheet(call: Call, key: str | None) -> _Steps:
    found = yield ask(call, Op.GET_DOCUMENT, DocumentArgs(kind=KIND, key=key))
    if found["key"] != key:
        raise unknown(Kind.EXPERIMENT, str(key))
    return found


def _named(call: Call) -> _Steps:
    """The spreadsheet a call names, and what its body says."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    return (yield from _sheet(call, call.args.key)), call.body.body


def _changed(call: Call, sheet: Any, **fields: Any) -> Call:
    place = UpdateDocumentArgs(kind=KIND, key=sheet["key"], version=_VERSION)
    return ask(call, Op.UPDATE_DOCUMENT, place, DocumentPatch(body=fields))


def _rows(call: Call, sheet: Any) -> _Steps:
    """The examples of the spreadsheet by the ids of their rows, in order."""
    wanted = ListExamplesArgs(dataset_id=sheet["body"]["dataset_id"])
    examples = yield from everything(call, Op.LIST_EXAMPLES, wanted)
    return {example.get("alias") or example["id"]: example for example in examples}


def one(call: Call, scope: Scope) -> Plan:
    """A spreadsheet with its results."""
    assert isinstance(call.args, DocumentArgs)
    sheet = yield from _sheet(call, call.args.key)
    return (yield from _whole(call, sheet, scope))


def listed(call: Call, scope: Scope) -> Plan:
    """A page of spreadsheets with their results."""
    page = yield call
    items = []
    for sheet in page["items"]:
        items.append((yield from _whole(call, sheet, scope)))  # noqa: PERF401 (a generator cannot yield in a comprehension)
    return {**page, "items": items}


def update(call: Call, scope: Scope) -> Plan:
    """Change name and description."""
    sheet, given = yield from _named(call)
    said = {name: given[name] or "" for name in ("name", "description") if name in given and (name != "name" or given[name])}
    changed = (yield _changed(call, sheet, **said)) if said else sheet
    return (yield from _whole(call, changed, scope))


def delete(call: Call, scope: Scope) -> Plan:
    """Delete a spreadsheet with its rows and everything that was run. The answer is a sentence: the published client reads JSON."""
    assert isinstance(call.args, DocumentArgs)
    sheet = yield from _sheet(call, call.args.key)
    yield from optional(ask(call, Op.DELETE_DATASET, DatasetArgs(dataset_id=sheet["body"]["dataset_id"])))
    yield call
    return {"message": "Experiment deleted successfully"}


def add_rows(call: Call, scope: Scope) -> Plan:
    """Append rows."""
    sheet, given = yield from _named(call)
    examples = _examples(given["rows"])
    place = DatasetArgs(dataset_id=sheet["body"]["dataset_id"])
    yield ask(call, Op.ADD_EXAMPLES, place, NewExamples(examples=examples))
    return {"message": "Rows added successfully", "added_rows": len(examples)}


def update_rows(call: Call, scope: Scope) -> Plan:
    """Change rows by id, all or none. Raises CrosswalkError (not_found) for a row that is not there."""
    sheet, given = yield from _named(call)
    known = yield from _rows(call, sheet)
    _all_known("rows", (row["id"] for row in given["rows"]), known)
    names = {"input": "input", "ideal_output": "reference"}
    for row in given["rows"]:
        place = ExampleArgs(dataset_id=sheet["body"]["dataset_id"], example_id=known[row["id"]]["id"])
        said = {canonical: row[wire] for wire, canonical in names.items() if wire in row}
        yield ask(call, Op.UPDATE_EXAMPLE, place, ExamplePatch.model_validate(said))
    return {"message": "Rows updated successfully", "updated_rows": len(given["rows"])}


def _all_known(what: str, wanted: Iterable[str], known: Mapping[str, Json]) -> None:
    for name in wanted:
        if name not in known:
            raise unknown(Kind.EXAMPLE if what == "rows" else Kind.EXPERIMENT, name)


def remove_rows(call: Call, scope: Scope) -> Plan:
    """Remove rows by id; those that are not there count as none."""
    sheet, given = yield from _named(call)
    known = yield from _rows(call, sheet)
    gone = [known[name]["id"] for name in dict.fromkeys(given["rows"]) if name in known]
    if gone:
        yield ask(call, Op.DELETE_EXAMPLES, DeleteExamplesArgs(dataset_id=sheet["body"]["dataset_id"], example_ids=gone))
    return {"message": "Rows removed successfully", "removed_rows": len(gone)}


def add_columns(call: Call, scope: Scope) -> Plan:
    """Append columns."""
    sheet, given = yield from _named(call)
    columns = _columns(given["columns"])
    for name in columns:
        if name in sheet["body"]["columns"]:
            raise bad_field("columns", f"There is a column with the id {name[:100]} already.", name)
    yield _changed(call, sheet, columns=columns)
    return {"message": "Columns added successfully", "added_columns": len(columns)}


def update_columns(call: Call, scope: Scope) -> Plan:
    """Replace columns by id, all or none; what they were run with is not theirs any more."""
    sheet, given = yield from _named(call)
    columns = _columns(given["columns"])
    _all_known("columns", columns, sheet["body"]["columns"])
    yield _changed(call, sheet, columns=columns, cells=dict.fromkeys(columns))
    return {"message": "Columns updated successfully", "updated_columns": len(columns)}


def remove_columns(call: Call, scope: Scope) -> Plan:
    """Remove columns by id; those that are not there count as none."""
    sheet, given = yield from _named(call)
    gone = [name for name in dict.fromkeys(given["columns"]) if name in sheet["body"]["columns"]]
    yield _changed(call, sheet, columns=dict.fromkeys(gone), cells=dict.fromkeys(gone))
    return {"message": "Columns removed successfully", "removed_columns": len(gone)}


def run(call: Call, scope: Scope) -> Plan:
    """Run every row with the columns named, or with all. Raises CrosswalkError (conflict) while the last run is under way."""
    sheet, given = yield from _named(call)
    columns = {name: column for name, (column,) in sheet["body"]["columns"].items()}
    wanted = [column["id"] for column in given.get("columns") or []] or list(columns)
    _all_known("columns", wanted, columns)
    if not wanted:
        raise bad_field("columns", "There is no column to run.")
    cells = yield from _cells(call, sheet)
    _refuse_running(sheet, cells)
    if not (yield from _rows(call, sheet)):
        raise bad_field("rows", "There is no row to run.")
    definition = ExperimentDefinition(
        name=sheet["body"]["name"],
        dataset_id=sheet["body"]["dataset_id"],
        variants=[Variant(name=name, steps=_chain(columns[key])) for key, name in _titles(wanted, columns).items()],
        extensions={scope.dialect: {KIND: sheet["key"]}},
    )
    made = yield ask(call, Op.CREATE_EXPERIMENT, CreateExperimentArgs(), definition)
    arms = [variant["id"] for variant in made["variants"]] if len(wanted) > 1 else [made["id"]]
    yield _changed(call, sheet, cells=dict(zip(wanted, arms, strict=True)))
    return {"message": "Experiment run started", "experiment_id": sheet["key"], "status": "running", "run_id": made["id"]}


def _titles(wanted: list[str], columns: Mapping[str, JsonObject]) -> dict[str, str]:
    """Names of variants, which are told apart where two columns have the same."""
    titles: dict[str, str] = {}
    for key in dict.fromkeys(wanted):
        name = columns[key]["name"]
        titles[key] = name if name not in titles.values() else f"{name} ({key})"
    return titles


def _chain(column: JsonObject) -> list[Step]:
    """A column as a chain: its messages filled from the row, then the model asked."""
    config = {name: column[name] for name in _PARAMETERS if column.get(name) is not None}
    if column.get("tools"):
        config |= {"tools": column["tools"], "tool_choice": column.get("tool_choice") or "auto"}
    if column.get("response_format") not in (None, _PLAIN_TEXT):
        config["response_format"] = column["response_format"]
    asked = Step(kind=StepKind.COMPLETION, config=config)
    messages = column.get("prompt_messages")
    return [Step(kind=StepKind.PROMPT, config={"messages": messages}), asked] if messages else [asked]


def run_evals(call: Call, scope: Scope) -> Plan:
    """Let evaluators judge what was run. Raises CrosswalkError (invalid_request) when nothing was, or nobody knows one of them."""
    sheet, given = yield from _named(call)
    names = list(dict.fromkeys(given["evaluator_slugs"]))
    for name in names:
        if (yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=name)))) is None:
            raise bad_field("evaluator_slugs", f"no evaluator or scorer is named {name!r}", name)
    cells = yield from _cells(call, sheet)
    if not cells:
        raise bad_field("evaluator_slugs", "Nothing was run yet, so that there is nothing to judge.")
    _refuse_running(sheet, cells)
    for experiment in {cell["id"]: cell for cell in cells.values()}.values():
        yield from _judged(call, experiment, names)
    return {"message": "Evaluation started", "experiment_id": sheet["key"], "evaluators": names, "status": "running"}


def _judged(call: Call, experiment: Any, names: list[str]) -> _Steps:
    before = [EvaluatorUse.model_validate(use) for use in experiment["evaluators"]]
    known = {use.evaluator for use in before}
    added = [EvaluatorUse(evaluator=name) for name in names if name not in known]
    one = ExperimentArgs(experiment_id=experiment["id"])
    yield ask(call, Op.UPDATE_EXPERIMENT, one, ExperimentPatch(evaluators=[*before, *added]))
    yield ask(call, Op.START_EXPERIMENT, StartArgs(experiment_id=experiment["id"]))


def _cells(call: Call, sheet: Any) -> _Steps:
    """By column, the experiment that ran it last; one that was deleted elsewhere is left out."""
    found: dict[str, Any] = {}
    for column, identifier in sheet["body"]["cells"].items():
        experiment = yield from optional(ask(call, Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=identifier)))
        if experiment is not None:
            found[column] = {**experiment, "word": _EXPERIMENTS.get(ExperimentStatus(experiment["status"]), "running")}
    return found


def _refuse_running(sheet: Any, cells: Mapping[str, Any]) -> None:
    if any(cell["word"] == "running" for cell in cells.values()):
        raise CrosswalkError(Code.CONFLICT, "This experiment is running.", Reason.BUSY, Kind.EXPERIMENT, sheet["key"])


def _whole(call: Call, sheet: Any, scope: Scope) -> _Steps:
    """A spreadsheet as its clients read it."""
    rows = yield from _rows(call, sheet)
    cells = yield from _cells(call, sheet)
    results: dict[str, list[JsonObject]] = {name: [] for name in rows}
    for column, experiment in cells.items():
        runs = yield from everything(call, Op.LIST_RUNS, ListRunsArgs(experiment_id=experiment["id"]))
        yield from name_evaluators(call, [score for run in runs for score in run.get("scores") or []])
        made = {run["example_id"]: run for run in runs}
        for name, example in rows.items():
            if example["id"] in made or experiment["word"] == "running":
                results[name].append(_result(column, made.get(example["id"]), scope))
    columns = [column for (column,) in sheet["body"]["columns"].values()]
    shown = [_row(name, example, results[name], len(columns)) for name, example in rows.items()]
    return {
        "id": sheet["key"],
        "name": sheet["body"]["name"],
        "description": sheet["body"]["description"],
        "status": _of_all([cell["word"] for cell in cells.values()]),
        "column_count": len(columns),
        "columns": columns,
        "row_count": len(shown),
        "rows": shown,
        "variables": list(dict.fromkeys(name for row in shown for name in row["input"])),
        "created_at": TIME.encode(sheet["created_at"], scope),
        "updated_at": TIME.encode(sheet["updated_at"], scope),
    }


def _of_all(words: list[str]) -> str:
    return next((word for word in _FIRST if word in words), "ready")


def _row(name: str, example: Any, results: list[JsonObject], columns: int) -> JsonObject:
    words = [*(result["status"] for result in results), *["ready"] * (columns - len(results))]
    given, wanted = example.get("input"), example.get("reference")
    return {
        "id": name,
        "input": given if isinstance(given, dict) else {"input": given},
        "ideal_output": wanted if wanted is None or isinstance(wanted, str) else str(wanted),
        "status": _of_all(words),
        "results": results,
    }


def _result(column: str, run: Any, scope: Scope) -> JsonObject:
    """One cell: the message a model gave, what went wrong, what it cost, who judged it how."""
    if run is None:
        return {"id": "", "column_id": column, "output": None, "error": None, "status": "running"}
    ended = run.get("ended_at")
    latency = run.get("latency_ms")
    return {
        "id": run["id"],
        "column_id": column,
        "output": _message(run.get("output")),
        "error": run.get("error"),
        "status": _RUNS.get(RunStatus(run["status"]), "error"),
        **({"ran_at": TIME.encode(ended, scope)} if ended else {}),
        "evaluation_result": {score["evaluator"]: _judgement(score, scope) for score in run.get("scores") or []},
        "llm_inference_metrics": {
            **{name: run.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")},
            "latency": None if latency is None else round(latency / 1000, 6),
        },
    }


def _message(output: Json) -> Json:
    if output is None or (isinstance(output, dict) and "role" in output):
        return output
    return {"role": "assistant", "content": output}


def _judgement(score: Any, scope: Scope) -> JsonObject:
    value = score.get("value")
    said = ENTRY.encode({name: content for name, content in score.items() if content is not None}, scope)
    return {**said, "primary_score": float(value) if isinstance(value, int | float) else None}
