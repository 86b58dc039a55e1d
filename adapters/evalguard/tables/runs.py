"""Cases and their results."""

from adapters.evalguard.quirks import figures, scores
from adapters.evalguard.tables.common import EXAMPLE_ID, FIGURE, RUN_ID, TEXT
from adapters.mapping import Fold, Row, Shape
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import JsonObject
from schemas.status import RunStatus

CASE = Shape(
    (
        Row("input", "input", TEXT),
        Row("expectedOutput", "reference", TEXT),
        Row("expected", "reference", TEXT, way="in"),
        Row("expected_output", "reference", TEXT, way="in"),
        Row("metadata", "metadata"),
    ),
    hidden={
        "output": "a case holds no answer",
        "splits": "cases have no splits",
        "source": "cases have no source",
        "alias": "the vendor gives the ids",
    },
)
"""A case as requests give it."""

SNAPSHOT_CASE = Shape(
    (
        Row("id", "id", EXAMPLE_ID),
        Row("input", "input", TEXT),
        Row("expected_output", "reference", TEXT, default=None),
        Row("metadata", "metadata"),
    ),
    hidden={**CASE.hidden, "dataset_id": "named by the version", "position": "their order", "created_at": "cases have no times"},
)
"""A case as a snapshot shows it."""

ENTRY = Shape(
    (
        Fold(
            ("score", "passed", "reason"),
            ("value", "value_type", "passed", "label", "explanation", "error", "threshold", "scale"),
            scores.decode_entry,
            scores.encode_entry,
        ),
    ),
    hidden={
        "evaluator": "the key it stands under",
        "evaluator_id": "scorers go by one name",
        "evaluator_name": "scorers go by one name",
        "annotator_kind": "not told",
        "metadata": "a score has no metadata",
        "trace_id": "a score has no trace",
        "started_at": "a score has no times",
        "ended_at": "a score has no times",
        "created_at": "a score has no times",
        "updated_at": "a score has no times",
        "id": "a score has no id",
        "run_id": "named by the result",
        "experiment_id": "named by the run",
    },
)
"""One score of a result."""

METADATA = "_metadata"
_KEPT = "extensions/evalguard/_metadata"


def _decode_scores(fields: JsonObject, scope: Scope) -> JsonObject:
    """A map of scores; the newer spelling wins where both are given. `_metadata` is the logger's own and no score."""
    entries: JsonObject = {**(fields.get("scorerResults") or {}), **(fields.get("scores") or {})}
    metadata = entries.pop(METADATA, None)
    inner = scope.at("scores/*", "scores/*")
    given = ((name, entry if isinstance(entry, dict) else {"score": entry}) for name, entry in entries.items())
    decoded: JsonObject = {"scores": [{"evaluator": name, **ENTRY.decode(entry, inner)} for name, entry in given]}
    return decoded if metadata is None else {**decoded, _KEPT: metadata}


def _encode_scores(fields: JsonObject, scope: Scope) -> JsonObject:
    inner = scope.at("scores/*", "scores/*")
    shown: JsonObject = {}
    for score in fields.get("scores") or ():
        shown[score["evaluator"]] = ENTRY.encode({name: value for name, value in score.items() if name != "evaluator"}, inner)
    metadata = fields.get(_KEPT)
    return {"scores": {**shown, METADATA: metadata} if metadata else shown}


def _encode_outcome(fields: JsonObject, scope: Scope) -> JsonObject:
    """One figure and one verdict for the case, whatever its scorers said (reference section 9, inferred)."""
    threshold = scores.threshold_of(scope)
    for name in ("passed", "score"):
        if fields.get(name) is None:
            scope.note(Fate.DEFAULTED, name, name, "made from its scores")
    error, status = fields.get("error"), fields.get("status")
    if status not in (None, RunStatus.FAILED if error is not None else RunStatus.SUCCEEDED):
        scope.note(Fate.COERCED, "", "status", "a result is there or it is not")
    outcome = {"score": figures.plain(scores.score_of(fields, threshold)), "passed": scores.passed_of(fields, threshold)}
    # No field of the vendor's: a case that could not be run has an empty output there, and nothing would say why.
    return outcome if error is None else {**outcome, "error": error}


def _decode_outcome(fields: JsonObject, scope: Scope) -> JsonObject:
    status = RunStatus.FAILED if fields.get("error") is not None else RunStatus.SUCCEEDED
    return {"status": status.value, **{name: value for name, value in fields.items() if value is not None}}


def encode_latency(fields: JsonObject, scope: Scope) -> JsonObject:
    for name in ("started_at", "ended_at"):
        if fields.get(name) is not None:
            scope.note(Fate.LOST, "", name, "only how long a case took is told")
    if fields.get("latency_ms") is None:
        scope.note(Fate.DEFAULTED, "latency_ms", "latency_ms", "from its times, or 0")
    return {"latency_ms": figures.plain(figures.latency(fields) or 0)}


def _decode_latency(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"latency_ms": fields["latency_ms"]} if fields.get("latency_ms") is not None else {}


SCORES = Fold(("scores", "scorerResults"), ("scores", _KEPT), _decode_scores, _encode_scores)
_ROWS = (
    Row("test_case_index", "example_position"),
    Row("input", "input", TEXT, default=""),
    Row("expected", "reference", TEXT, default=None),
    Row("output", "output", TEXT, default=None),
    SCORES,
    Fold(("score", "passed", "error"), ("score", "passed", "error", "scores", "status"), _decode_outcome, _encode_outcome),
    Fold(("latency_ms",), ("latency_ms", "started_at", "ended_at"), _decode_latency, encode_latency),
)
_HIDDEN = {
    "variant_id": "named by the run",
    "variant": "named by the run",
    "experiment_id": "named by the run",
    "example_id": "cases go by their index",
    "repetition": "each repetition is a result of the same case",
    "native_status": "a result has no status",
    "trace_id": "a result has no trace",
    "model": "named by the run",
    "prompt_tokens": "a result has no tokens",
    "completion_tokens": "a result has no tokens",
    "total_tokens": "a result has no tokens",
    "metadata": "a result has no metadata",
    "steps": "one call, no steps",
    "created_at": "a result has no times",
    "updated_at": "a result has no times",
    "alias": "the vendor gives the ids",
    "example": "its input and expected answer stand in the result",
    "delivery": "not told",
}

RESULT = Shape((Row("id", "id", RUN_ID), *_ROWS, Row("cost", "cost", FIGURE, default=0)), hidden=_HIDDEN)
"""A case's result as it is read."""


def _decode_tokens(fields: JsonObject, scope: Scope) -> JsonObject:
    usage = fields.get("tokenUsage") or {}
    names = (("prompt", "prompt_tokens"), ("completion", "completion_tokens"), ("total", "total_tokens"))
    return {canonical: usage[wire] for wire, canonical in names if isinstance(usage.get(wire), int)}


def _encode_tokens(fields: JsonObject, scope: Scope) -> JsonObject:
    names = (("prompt", "prompt_tokens"), ("completion", "completion_tokens"), ("total", "total_tokens"))
    usage = {wire: fields[canonical] for wire, canonical in names if fields.get(canonical) is not None}
    return {"tokenUsage": usage} if usage else {}


NEW_RESULT = Shape(
    (
        *_ROWS[:4],
        Row("expectedOutput", "reference", TEXT, way="in"),
        Row("actualOutput", "output", TEXT, way="in"),
        *_ROWS[4:],
        Row("latency", "latency_ms", way="in"),
        Row("cost", "cost"),
        Fold(("tokenUsage",), ("prompt_tokens", "completion_tokens", "total_tokens"), _decode_tokens, _encode_tokens),
    ),
    hidden=_HIDDEN,
)
"""A row as it is uploaded, in the client's spelling or the documentation's (reference section 6.5)."""
