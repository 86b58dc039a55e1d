"""Spans: the figures of traces that were sent here."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from gateway.local import projects
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import spans
from schemas.document import Spans
from schemas.operations import Caller, Op
from schemas.query import Args

CHUNK = 500

_NEW = spans.insert()
_CLEAR = spans.delete().where(
    spans.c.trace_id == bindparam("the_trace"), spans.c.span_id == bindparam("the_span"), spans.c.scope == bindparam("the_scope")
)
_FIGURES = (
    select(
        spans.c.trace_id,
        func.sum(spans.c.prompt_tokens).label("prompt_tokens"),
        func.sum(spans.c.completion_tokens).label("completion_tokens"),
        func.sum(spans.c.cost).label("cost"),
        func.min(spans.c.started_at).label("started_at"),
        func.max(spans.c.ended_at).label("ended_at"),
    )
    .where(spans.c.trace_id.in_(bindparam("traces", expanding=True)), spans.c.scope == bindparam("scope"))
    .group_by(spans.c.trace_id)
)


def add(tx: Transaction, _args: Args, body: Spans, caller: Caller) -> Reply:
    """Keeps spans, each in place of an earlier one of the same trace and span id; their trace projects are made when new."""
    latest = {(span.trace_id, span.span_id): span for span in body.spans}
    if latest:
        for name in dict.fromkeys(span.project for span in latest.values()):
            projects.ensure(tx, name, caller.scope)
        tx.execute(_CLEAR, [{"the_trace": trace, "the_span": span, "the_scope": caller.scope} for trace, span in latest])
        tx.execute(_NEW, [{**span.model_dump(), "scope": caller.scope, "created_at": tx.now} for span in latest.values()])
    return {"id": "", "count": len(body.spans)}


def figures(tx: Transaction, traces: Iterable[str], scope: str) -> dict[str, dict[str, Any]]:
    """What the spans of each trace sum up to: `prompt_tokens`, `completion_tokens`, `cost` (USD), `started_at`, `ended_at`; None where no span told.

    Traces without spans are left out.
    """
    wanted: Sequence[str] = sorted(set(traces))
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), CHUNK):
        for row in tx.rows(_FIGURES, {"traces": wanted[start : start + CHUNK], "scope": scope}):
            said = row._asdict()
            found[said.pop("trace_id")] = said
    return found


HANDLERS = {Op.ADD_SPANS: add}
