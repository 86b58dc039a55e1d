"""Eval runs."""

from adapters.evalguard.quirks import status, variants
from adapters.evalguard.quirks.scores import judged
from adapters.evalguard.tables.common import EXPERIMENT_ID, PROJECT_ID, TIME
from adapters.evalguard.tables.runs import CASE, RESULT
from adapters.evalguard.tables.unsaid import REASONS, SCORERS, without
from adapters.mapping import AnyRow, Const, Each, Fold, Part, Preset, Row, Shape
from adapters.scope import Scope
from schemas.experiment import ExperimentForm
from schemas.json import JsonObject

NEW_EVAL = Shape(
    (
        Row("projectId", "project", PROJECT_ID),
        Row("name", "name"),
        Fold(("model", "prompt", "external"), ("variants",), variants.decode_run, variants.encode_run),
        Row("cases", "examples", Each(CASE)),
        Row("scorers", "evaluators", SCORERS),
        Row("retryOf", "extensions/evalguard/retryOf", EXPERIMENT_ID),
        Preset("form", ExperimentForm.EVALUATION.value),
        Preset("threshold", lambda scope: scope.options.threshold, "a run passes from the vendor's own threshold on"),
    ),
    hidden=without(
        REASONS,
        "project",
        dataset_id="cases stand in the request",
        metric="a run has no variants to compare",
        alpha="a run has no variants to compare",
    ),
)
"""`POST /evals` (documented, seen in clients)."""


_NAMED = "extensions/evalguard/scorers"
"""The scorers of an external run as its caller called them."""


def _encode_config(fields: JsonObject, scope: Scope) -> JsonObject:
    said = variants.encode_run({"variants": fields.get("variants")}, scope)
    names = fields.get(_NAMED) or SCORERS.encode(fields.get("evaluators") or [], scope.at("config", "evaluators"))
    config: JsonObject = {"prompt": said["prompt"], "scorers": names}
    if said.get("external"):
        config["external"] = True
    return {"model": said["model"], "config": config}


def _decode_config(fields: JsonObject, scope: Scope) -> JsonObject:
    config = fields.get("config") or {}
    decoded = variants.decode_run({"model": fields.get("model") or None, **config}, scope)
    return {**decoded, "evaluators": SCORERS.decode(config.get("scorers") or [], scope)}


_STATUS = Fold(("status",), ("status", "verdict", "native_status", "summary"), status.decode_status, status.encode_status)
_SCORE = Fold(("score",), ("reported", "summary", "status"), status.decode_score, status.encode_score)
_RUN_ROWS: tuple[AnyRow, ...] = (
    Row("id", "id", EXPERIMENT_ID),
    Row("name", "name", default=""),
    Fold(("model", "config"), ("variants", "evaluators", _NAMED), _decode_config, _encode_config),
    _STATUS,
    _SCORE,
    Row("created_at", "created_at", TIME),
    Row("completed_at", "completed_at", TIME, default=None),
    Row("created_by", "created_by", default=None),
    Fold(("duration", "completed_at"), ("started_at", "created_at", "completed_at"), status.decode_duration, status.encode_duration),
    Row("error", "error", default=None),
)
_RUN_HIDDEN = without(
    REASONS,
    dataset_id="cases stand in the run",
    form="the route tells it",
    metric="a run has no variants to compare",
    alpha="a run has no variants to compare",
    threshold="not told",
)

EVAL_ROW = Shape(_RUN_ROWS, hidden=_RUN_HIDDEN)
"""A run in a list: snake_case, without `project_id` (reference section 6.3)."""


def _encode_results(fields: JsonObject, scope: Scope) -> JsonObject:
    inner = judged(scope, fields.get("threshold"))
    return {"results": Each(RESULT).encode(fields.get("runs") or [], inner.at("results", "runs"))}


def _decode_results(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"runs": Each(RESULT).decode(fields["results"] or [], scope.at("results", "runs"))}


def _encode_totals(fields: JsonObject, scope: Scope) -> JsonObject:
    return status.encode_totals(fields, judged(scope, fields.get("threshold")))


def _encode_model(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"model": variants.encode_run(fields, scope)["model"]}


EVAL = Shape(
    (
        Row("id", "id", EXPERIMENT_ID),
        Row("name", "name", default=""),
        Fold(("model",), ("variants",), None, _encode_model),
        _STATUS,
        _SCORE,
        Fold(("passRate", "summary"), ("runs", "reported", "threshold"), status.decode_totals, _encode_totals),
        Part("run", _RUN_ROWS),
        Fold(("results",), ("runs", "threshold"), _decode_results, _encode_results),
    ),
    hidden=_RUN_HIDDEN,
)
"""A run flat and nested at once, so that every client finds what it reads (reference section 6.2, verified with two clients)."""


def _encode_message(fields: JsonObject, scope: Scope) -> JsonObject:
    total = (fields.get("counts") or {}).get("examples", 0)
    return {"totalTests": total, "message": f"Evaluation started with {total} test case{'' if total == 1 else 's'}."}


def _decode_message(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"counts": {"examples": fields["totalTests"]}} if "totalTests" in fields else {}


def _encode_started(fields: JsonObject, scope: Scope) -> JsonObject:
    said = variants.encode_run(fields, scope)
    return {"model": said["model"], **({"external": True} if said.get("external") else {})}


EVAL_STARTED = Shape(
    (
        Row("id", "id", EXPERIMENT_ID),
        _STATUS,
        Fold(("totalTests", "message"), ("counts",), _decode_message, _encode_message),
        Fold(("model", "external"), ("variants",), variants.decode_run, _encode_started),
    ),
    hidden={
        **without(_RUN_HIDDEN, "counts"),
        **dict.fromkeys(("name", "evaluators", "reported", "created_at", "completed_at", "created_by", "error"), "told by reading the run"),
    },
)
"""What the creation of a run answers (seen in clients, verified)."""


def _decode_stated(fields: JsonObject, scope: Scope) -> JsonObject:
    """The figures of a patch; the score is clamped to 0 … 1 (seen in client)."""
    given = fields["summary"] or {}
    stated: JsonObject = {}
    if given.get("score") is not None:
        stated["score"] = max(0.0, min(1.0, given["score"]))
    names = (("passRate", "pass_rate"), ("totalLatency", "total_latency_ms"))
    return {"reported": {**stated, **{canonical: given[wire] for wire, canonical in names if given.get(wire) is not None}}}


def _encode_stated(fields: JsonObject, scope: Scope) -> JsonObject:
    stated = fields.get("reported") or {}
    names = (("score", "score"), ("passRate", "pass_rate"), ("totalLatency", "total_latency_ms"))
    said = {wire: stated[canonical] for wire, canonical in names if canonical in stated}
    return {"summary": said} if said else {}


def _encode_patch_status(fields: JsonObject, scope: Scope) -> JsonObject:
    return status.encode_status(fields, scope) if fields.get("status") else {}


_FIXED = (
    "name", "description", "dataset_id", "variants", "evaluators", "pipelines", "repetitions", "concurrency", "batch_size",
    "generation_method", "tags", "metadata", "tracing", "workflow_name", "starred", "error",
)  # fmt: skip
EVAL_PATCH = Shape(
    (
        Fold(("status",), ("status", "verdict", "native_status"), status.decode_status, _encode_patch_status),
        Fold(("summary",), ("reported",), _decode_stated, _encode_stated),
    ),
    hidden=dict.fromkeys(_FIXED, "only the status and the figures of a run can be changed"),
)
"""`PATCH /evals/{runId}` (documented)."""

DELETED = Shape((Row("id", "id", EXPERIMENT_ID), Const("deleted", True)), hidden={"count": "one call deletes one record"})
"""What a deletion answers: never 204, which the Python client takes for an error (reference section 14, verified)."""
