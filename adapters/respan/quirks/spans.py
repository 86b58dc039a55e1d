"""A run as a tree of spans, as recorded: `experiment_trace`, below it `workflow_execution` with the steps, and one span an evaluator."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from adapters.codecs import Time
from adapters.respan.quirks.values import FIELD_OF, kind_of_score, show_value
from adapters.respan.tables.common import EVALUATOR_ID, TRACE_STATUS
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.json_values import fingerprint

ROOT = "experiment_trace"
_EXECUTION = "workflow_execution"
# What `span_workflow_name` is when nobody named the workflow (documented).
_PREFIX = "workflow"
_MODEL_STEPS = ("completion",)
_TIME = Time()


def tree(run: JsonObject, trace: JsonObject, workflow_name: str | None, scope: Scope) -> list[JsonObject]:
    """The span tree of a run; `trace` is the run as this dialect shows it, `workflow_name` begins the names of its steps' spans.

    A run of the caller's own has no execution branch (recorded).
    """
    identifier = str(trace.get("id"))
    children = [*_execution(run, identifier, workflow_name or _PREFIX, scope), *_evaluators(run, identifier, scope)]
    root = {
        **{name: value for name, value in trace.items() if name not in ("scores", "span_tree")},
        "id": root_id(run, scope),
        "span_name": ROOT,
        "log_type": "workflow",
        "model": run.get("model"),
        "scores": trace.get("scores"),
        "children": children,
    }
    return [root]


def _execution(run: JsonObject, trace_id: str, prefix: str, scope: Scope) -> list[JsonObject]:
    steps = [step for step in run.get("steps") or [] if step.get("kind") != "wait"]
    if not steps:
        return []
    failed = any(step.get("error") for step in steps)
    return [
        {
            **_span(trace_id, _EXECUTION, "chat", "failed" if failed else "success"),
            "model": run.get("model"),
            "input": run.get("input"),
            "output": run.get("output"),
            "start_time": _said(run.get("started_at"), scope),
            "end_time": _said(run.get("ended_at"), scope),
            "children": [_step(step, f"{prefix}.{step.get('kind')}", index, trace_id, scope) for index, step in enumerate(steps)],
        }
    ]


def _step(step: JsonObject, name: str, index: int, trace_id: str, scope: Scope) -> JsonObject:
    prompt, completion = step.get("prompt_tokens") or 0, step.get("completion_tokens") or 0
    return {
        **_span(trace_id, name, "workflow", "failed" if step.get("error") else "completed", str(index)),
        "name": step.get("name"),
        "model": step.get("model"),
        "input": step.get("input"),
        "output": step.get("output"),
        "start_time": _said(step.get("started_at"), scope),
        "end_time": _said(step.get("ended_at"), scope),
        "total_cost": step.get("cost") or 0,
        "total_tokens": prompt + completion,
        "total_prompt_tokens": prompt,
        "total_completion_tokens": completion,
        "error_message": step.get("error"),
        "children": [],
    }


def _evaluators(run: JsonObject, trace_id: str, scope: Scope) -> Iterator[JsonObject]:
    for score in run.get("scores") or []:
        key = EVALUATOR_ID.encode(str(score.get("evaluator")), scope)
        shown = show_value(score, scope)
        result = {"evaluator_id": key, "primary_score": _primary(shown, score), "categorical_value": shown.get("categorical_value", [])}
        yield {
            **_span(trace_id, f"evaluator.{key}", "score", "failed" if score.get("error") else "completed"),
            "input": run.get("output"),
            "output": json.dumps({key: result}, ensure_ascii=False, separators=(",", ":"), default=str),
            "error_message": score.get("error"),
            "children": [],
        }


def _primary(shown: JsonObject, score: JsonObject) -> Json:
    kind = kind_of_score(score)
    return shown.get(FIELD_OF[kind]) if kind is not None else None


def _span(trace_id: str, name: str, log_type: str, status: str, salt: str = "") -> JsonObject:
    return {
        "id": _hex(f"{trace_id}/{name}/{salt}"),
        "trace_unique_id": trace_id,
        "span_name": name,
        "log_type": log_type,
        "status": status,
    }


def _said(moment: Json, scope: Scope) -> Json:
    return None if moment is None else _TIME.encode(moment, scope)


def _hex(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def root_id(doc: JsonObject, scope: Scope) -> str:
    """The id of the root span, which is not the trace's (recorded)."""
    return _hex(f"{doc.get('id')}/{ROOT}/")


def span_count(doc: JsonObject, scope: Scope) -> Json:
    """The spans of the tree above."""
    steps = [step for step in doc.get("steps") or [] if step.get("kind") != "wait"]
    return 1 + len(doc.get("scores") or []) + (1 + len(steps) if steps else 0)


def llm_call_count(doc: JsonObject, scope: Scope) -> Json:
    """How many steps asked a model."""
    return sum(1 for step in doc.get("steps") or [] if step.get("kind") in _MODEL_STEPS)


def error_count(doc: JsonObject, scope: Scope) -> Json:
    """Failed steps; a run that failed has at least one error."""
    failed = sum(1 for step in doc.get("steps") or [] if step.get("error"))
    return max(failed, 1 if doc.get("error") or TRACE_STATUS.encode(doc.get("status"), scope) == "failed" else 0)


def comparison_key(doc: JsonObject, scope: Scope) -> Json:
    """Equal for equal inputs: SHA-256 of the normalised input."""
    return fingerprint(doc.get("input"))


def trace_name(doc: JsonObject, scope: Scope) -> Json:
    """Every trace of an experiment is called the same (recorded)."""
    return ROOT


def cut(value: Json, length: int) -> Any:
    """The first characters of a text, or of a value's JSON text; null stays null."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text[:length]
