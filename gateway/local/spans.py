"""Spans: the figures of traces that were sent here."""

from sqlalchemy import bindparam

from gateway.local import projects
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import spans
from schemas.document import Spans
from schemas.operations import Caller, Op
from schemas.query import Args

_NEW = spans.insert()
_CLEAR = spans.delete().where(
    spans.c.trace_id == bindparam("the_trace"), spans.c.span_id == bindparam("the_span"), spans.c.scope == bindparam("the_scope")
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


HANDLERS = {Op.ADD_SPANS: add}
