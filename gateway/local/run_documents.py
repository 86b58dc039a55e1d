"""Runs as documents, with their scores, and with the figures of their traces where they have none of their own."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_revisions, experiments, runs, scores, spans
from schemas.ids import Kind

CHUNK = 500
_JOINED = runs.join(experiments, experiments.c.id == runs.c.experiment_id).join(
    example_revisions, example_revisions.c.id == runs.c.revision_id
)
_INPUT = func.coalesce(runs.c.input, example_revisions.c.input, type_=runs.c.input.type).label("input")
_REFERENCE = func.coalesce(runs.c.reference, example_revisions.c.reference, type_=runs.c.reference.type).label("reference")
_BASIC = (
    "example_position", "repetition", "input", "output", "reference", "status", "native_status", "error", "started_at", "ended_at", "latency_ms",
    "trace_id", "model", "prompt_tokens", "completion_tokens", "total_tokens", "cost", "passed", "score", "metadata", "delivery", "created_at",
    "updated_at", "extensions",
)  # fmt: skip
_SPECIAL = {"example_position": runs.c.position.label("example_position"), "input": _INPUT, "reference": _REFERENCE}
COLUMNS = (
    runs.c.id,
    runs.c.experiment_id,
    runs.c.example_id,
    experiments.c.variant,
    experiments.c.scope,
    *(_SPECIAL[name] if name in _SPECIAL else runs.c[name] for name in _BASIC),
)


def query(steps: bool = False) -> Select[Any]:
    """A query for what `many` renders; the steps are the bulky part."""
    return select(*COLUMNS, runs.c.steps).select_from(_JOINED) if steps else select(*COLUMNS).select_from(_JOINED)


_SCORES = (
    select(scores).where(scores.c.run_id.in_(bindparam("runs", expanding=True))).order_by(scores.c.run_id, scores.c.evaluator, scores.c.id)
)
_FIGURES = (
    select(
        spans.c.trace_id,
        func.sum(spans.c.prompt_tokens).label("prompt_tokens"),
        func.sum(spans.c.completion_tokens).label("completion_tokens"),
        func.sum(spans.c.cost).label("cost"),
    )
    .where(spans.c.scope == bindparam("scope"), spans.c.trace_id.in_(bindparam("traces", expanding=True)))
    .group_by(spans.c.trace_id)
)
_SCORE_FIELDS = (
    "evaluator", "evaluator_id", "evaluator_name", "annotator_kind", "value", "value_type", "scale", "passed", "threshold", "label", "explanation",
    "error", "metadata", "trace_id", "started_at", "ended_at", "extensions", "created_at", "updated_at",
)  # fmt: skip


def many(tx: Transaction, rows: Sequence[Row[Any]], with_scores: bool = True) -> list[Reply]:
    """Rows of `query` as documents; `steps` are there when the query asked for them."""
    documents = [_document(tx, row) for row in rows]
    if with_scores:
        found = scores_of(tx, [row.id for row in rows])
        for row, document in zip(rows, documents, strict=True):
            document["scores"] = found.get(row.id, [])
    if rows:
        _add_figures(tx, rows[0].scope, documents)
    return documents


def _document(tx: Transaction, row: Row[Any]) -> Reply:
    document = {name: getattr(row, name) for name in _BASIC}
    document["id"] = tx.ids.make(Kind.RUN, row.id)
    document["experiment_id"] = document["variant_id"] = tx.ids.make(Kind.EXPERIMENT, row.experiment_id)
    document["example_id"] = tx.ids.make(Kind.EXAMPLE, row.example_id)
    document["variant"] = row.variant or ""
    if hasattr(row, "steps"):
        document["steps"] = row.steps or []
    return document


def scores_of(tx: Transaction, numbers: Sequence[int]) -> dict[int, list[Reply]]:
    """The scores of each of these runs, by evaluator; runs without any are left out."""
    found: dict[int, list[Reply]] = defaultdict(list)
    for start in range(0, len(numbers), CHUNK):
        for row in tx.rows(_SCORES, {"runs": numbers[start : start + CHUNK]}):
            found[row.run_id].append(score(tx, row))
    return found


def score(tx: Transaction, row: Row[Any]) -> Reply:
    """A score's row as a document."""
    document = {name: getattr(row, name) for name in _SCORE_FIELDS}
    document["id"] = tx.ids.make(Kind.SCORE, row.id)
    document["run_id"] = tx.ids.make(Kind.RUN, row.run_id)
    document["experiment_id"] = tx.ids.make(Kind.EXPERIMENT, row.experiment_id)
    return document


_OWN = ("prompt_tokens", "completion_tokens", "cost")


def _add_figures(tx: Transaction, scope: str, documents: Sequence[Reply]) -> None:
    """A run without token counts or cost of its own shows the sums over its trace's spans."""
    lacking = [one for one in documents if one["trace_id"] and any(one[name] is None for name in _OWN)]
    traces = sorted({one["trace_id"] for one in lacking})
    figures: dict[str, Row[Any]] = {}
    for start in range(0, len(traces), CHUNK):
        found = tx.rows(_FIGURES, {"scope": scope, "traces": traces[start : start + CHUNK]})
        figures.update((row.trace_id, row) for row in found)
    for document in lacking:
        if document["trace_id"] in figures:
            _fill(document, figures[document["trace_id"]])


def _fill(document: Reply, row: Row[Any]) -> None:
    for name in _OWN:
        if document[name] is None:
            document[name] = getattr(row, name)
    prompt, completion = document["prompt_tokens"], document["completion_tokens"]
    if document["total_tokens"] is None and (prompt is not None or completion is not None):
        document["total_tokens"] = (prompt or 0) + (completion or 0)
