"""How an eval run is said: its word is a verdict once it is finished (reference section 11), and it has one score."""

from collections.abc import Mapping
from datetime import timedelta

from adapters.codecs import parse_time
from adapters.evalguard.quirks.figures import milliseconds, plain, summary
from adapters.evalguard.quirks.scores import threshold_of
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.status import ExperimentStatus, Verdict

Meaning = tuple[ExperimentStatus, Verdict | None]

EVAL_WORDS: Mapping[str, Meaning] = {
    "pending": (ExperimentStatus.PENDING, None),
    "running": (ExperimentStatus.RUNNING, None),
    "passed": (ExperimentStatus.COMPLETED, Verdict.PASSED),
    "failed": (ExperimentStatus.COMPLETED, Verdict.FAILED),
    "error": (ExperimentStatus.FAILED, None),
    # Read, and written only when this very word was said: a client that knows no `queued` stops polling at it.
    "queued": (ExperimentStatus.PENDING, None),
    "completed": (ExperimentStatus.COMPLETED, None),
    "cancelled": (ExperimentStatus.CANCELLED, None),
}
NEAREST: Mapping[ExperimentStatus, str] = {
    ExperimentStatus.PENDING: "pending",
    ExperimentStatus.RUNNING: "running",
    ExperimentStatus.FAILED: "error",
    ExperimentStatus.DRAFT: "pending",
    ExperimentStatus.WAITING: "running",
    ExperimentStatus.CANCELLED: "error",
    ExperimentStatus.UNKNOWN: "running",
}
"""Where no word says the same: nothing unfinished shows as finished, nothing that stopped early as passed."""

_EXACT = frozenset({ExperimentStatus.PENDING, ExperimentStatus.RUNNING, ExperimentStatus.FAILED})


def decode_status(fields: JsonObject, scope: Scope) -> JsonObject:
    """Status, and the verdict where the word is one. An unknown word is never success."""
    word = str(fields.get("status"))
    if word not in EVAL_WORDS:
        scope.note(Fate.COERCED, "status", "status", "unknown word")
        return {"status": ExperimentStatus.UNKNOWN.value, "native_status": word}
    status, verdict = EVAL_WORDS[word]
    said: JsonObject = {"status": status.value} | ({"verdict": verdict.value} if verdict else {})
    return said | ({"native_status": word} if word == "queued" else {})


def encode_status(fields: JsonObject, scope: Scope) -> JsonObject:
    """The word for how far a run is and, once it is finished, for its verdict."""
    status = ExperimentStatus(fields.get("status") or ExperimentStatus.UNKNOWN)
    native = fields.get("native_status")
    if native == "queued" and status is ExperimentStatus.PENDING:
        return {"status": native}
    if status in NEAREST:
        if status not in _EXACT:
            scope.note(Fate.COERCED, "status", "status", f"{status} has no word here")
        return {"status": NEAREST[status]}
    return {"status": _verdict(fields, status, scope)}


def _verdict(fields: JsonObject, status: ExperimentStatus, scope: Scope) -> str:
    """A finished run without a verdict passes when no row failed to run and every scorer's mean reaches the threshold (the minimum counts, reference section 9)."""
    if status is not ExperimentStatus.COMPLETED:
        scope.note(Fate.COERCED, "status", "status", f"{status} is said as its verdict")
    if fields.get("verdict") is not None:
        return str(fields["verdict"])
    figures = fields.get("summary") or {}
    means = [
        entry["mean"] for entry in figures.get("evaluators") or () if entry.get("mean") is not None and entry.get("variant_id") is None
    ]
    reached = min(means, default=1.0) >= threshold_of(scope)
    reason = (
        "no verdict was recorded: decided by the scorers' means and the threshold" if means else "nothing was judged, so nothing failed"
    )
    scope.note(Fate.COERCED, "status", "verdict", reason)
    spoiled = status is ExperimentStatus.COMPLETED_WITH_ERRORS or figures.get("failed")
    return (Verdict.PASSED if reached and not spoiled else Verdict.FAILED).value


def encode_score(fields: JsonObject, scope: Scope) -> JsonObject:
    """A finished run's score: what was stated about the whole, else the mean of its rows; null until then."""
    stated = (fields.get("reported") or {}).get("score")
    mean = (fields.get("summary") or {}).get("mean_score")
    known = stated if stated is not None else mean if ExperimentStatus(fields.get("status", "unknown")).terminal else None
    return {"score": known if known is None else plain(known)}


def decode_score(fields: JsonObject, scope: Scope) -> JsonObject:
    """A stated score."""
    return {"reported/score": fields["score"]} if fields.get("score") is not None else {}


def encode_duration(fields: JsonObject, scope: Scope) -> JsonObject:
    """Whole milliseconds, or null: a float breaks the Go client (reference section 6.2)."""
    took = milliseconds(fields.get("started_at") or fields.get("created_at"), fields.get("completed_at"))
    return {"duration": None if took is None else max(0, round(took))}


def decode_duration(fields: JsonObject, scope: Scope) -> JsonObject:
    """The start of a run, which is not told, from its end and its duration."""
    end, took = fields.get("completed_at"), fields.get("duration")
    return {"started_at": parse_time(end, scope) - timedelta(milliseconds=took)} if end is not None and took is not None else {}


def decode_totals(fields: JsonObject, scope: Scope) -> JsonObject:
    """A pass rate somebody stated; the rest is counted from the rows."""
    return {"reported/pass_rate": fields["passRate"]} if fields.get("passRate") is not None else {}


def encode_totals(fields: JsonObject, scope: Scope) -> JsonObject:
    """The pass rate (as stated, else over the rows) and the summary of the rows."""
    total = summary(fields.get("runs") or [], threshold_of(scope))
    stated: Json = fields.get("reported") or {}
    took = stated.get("total_latency_ms")
    rate = stated.get("pass_rate")
    return {
        "passRate": total["passRate"] if rate is None else plain(rate),
        "summary": total | ({} if took is None else {"totalLatency": took}),
    }
