"""Evaluation pipelines in experiments: a version's tasks become uses of evaluators, so that the experiment is really judged by them.

A use remembers the version it came from, by which this dialect shows it again. Scores stand in `scores` under the evaluator's id, never in
`task_metrics`: which of the two a server fills is not documented, and every client reads `scores`.
"""

from collections.abc import Generator
from typing import Any

from adapters.respan.quirks.asking import ask, optional
from adapters.respan.quirks.errors import bad_field
from adapters.respan.tables.common import EVALUATOR_ID, VERSION_ID
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, unknown
from schemas.experiment import EvaluatorUse, ExperimentDefinition, ExperimentPatch
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import Call, DocumentArgs, EvaluatorArgs, ExperimentArgs, Op

KIND = "workflow"
"""The kind of document that keeps a version of a workflow; its key is the family."""
EVALUATING = {"type": "evaluators", "trigger_event_type": "eval_only"}
"""What a workflow must be to judge experiments (documented)."""
_FIELD = "evaluator_workflow_ids"

_Steps = Generator[Call, Any, Any]


def defined(call: Call, definition: ExperimentDefinition, scope: Scope) -> _Steps:
    """A definition whose pipelines are uses of evaluators. Raises CrosswalkError for a version that is not there or cannot be run."""
    uses = yield from _uses(call, definition.pipelines, scope)
    return definition.model_copy(update={"evaluators": [*definition.evaluators, *uses], "pipelines": []}) if uses else definition


def patched(call: Call, patch: ExperimentPatch, scope: Scope) -> _Steps:
    """A change that names pipelines likewise. Pipelines take the place of evaluators, and no pipelines leave the evaluators that were named."""
    if patch.pipelines is None:
        return patch
    uses = yield from _uses(call, patch.pipelines, scope)
    named = patch.evaluators or []
    if not uses and patch.evaluators is None:
        assert isinstance(call.args, ExperimentArgs)
        known = yield ask(call, Op.GET_EXPERIMENT, call.args)
        named = [EvaluatorUse.model_validate(use) for use in known["evaluators"] if not use.get("pipeline")]
    return patch.model_copy(update={"evaluators": [*named, *uses], "pipelines": []})


def _uses(call: Call, names: list[str], scope: Scope) -> _Steps:
    uses: list[EvaluatorUse] = []
    for name in dict.fromkeys(names):
        uses += yield from _of_version(call, name, scope)
    return uses


def _of_version(call: Call, name: str, scope: Scope) -> _Steps:
    wanted = VERSION_ID.decode(name, scope)
    version = yield ask(call, Op.GET_DOCUMENT, DocumentArgs(kind=KIND, key=wanted))
    if version["id"] != wanted:  # the id of a family is no version's
        raise unknown(Kind.DOCUMENT, name)
    body = version["body"]
    if any(body.get(field) != word for field, word in EVALUATING.items()):
        raise bad_field(_FIELD, f"{name[:100]} is not an evaluation pipeline: its type is evaluators, its trigger eval_only.", name)
    if not body.get("tasks"):
        raise bad_field(_FIELD, f"{name[:100]} has no tasks.", name)
    uses = []
    for task in body["tasks"]:
        uses.append((yield from _use(call, task, wanted, scope)))  # noqa: PERF401 (a generator cannot yield in a comprehension)
    return uses


def _use(call: Call, task: JsonObject, version: str, scope: Scope) -> _Steps:
    if task["type"] != "eval":
        raise CrosswalkError(Code.UNSUPPORTED, f"Tasks of type {task['type'][:100]} are not run here: the task {task['id']} is one.")
    reference, wrong = flaw(task, scope)
    if wrong is None:
        found = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=reference)))
        wrong = None if found else "there is no such evaluator."
    if wrong is not None:
        raise bad_field(_FIELD, f"the task {task['id']}: {wrong}")
    return EvaluatorUse(evaluator=reference, pipeline=version, generation_method=task.get("generation_method"))


def flaw(task: JsonObject, scope: Scope) -> tuple[str, str | None]:
    """The evaluator that a task names, and what keeps the task from being run (None: nothing that can be seen without asking)."""
    config = task.get("config") or {}
    reference = config.get("evaluator_id") or config.get("evaluator_slug")
    if not isinstance(reference, str):
        return "", "the config of an eval task names its evaluator in evaluator_id or evaluator_slug."
    method = task.get("generation_method")
    if method is not None and not isinstance(method, str):
        return "", "generation_method is a text."
    return str(EVALUATOR_ID.decode(reference, scope)), None
