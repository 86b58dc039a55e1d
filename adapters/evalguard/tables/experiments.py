"""Eval runs, prompt experiments and A/B experiments."""

from collections.abc import Mapping

from adapters.codecs import Vocabulary
from adapters.evalguard.quirks import figures, scores, status, variants
from adapters.evalguard.quirks.scores import judged
from adapters.evalguard.tables.common import DATASET_ID, EXPERIMENT_ID, PROJECT_ID, TIME
from adapters.evalguard.tables.runs import CASE, RESULT
from adapters.mapping import AnyRow, Const, Each, Fold, Part, Preset, Row, Shape
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.experiment import ExperimentForm
from schemas.json import Json, JsonObject
from schemas.status import ExperimentStatus

EXPERIMENT_STATUS = Vocabulary(
    {
        "pending": ExperimentStatus.PENDING,
        "running": ExperimentStatus.RUNNING,
        "completed": ExperimentStatus.COMPLETED,
        "failed": ExperimentStatus.FAILED,
        "cancelled": ExperimentStatus.CANCELLED,
        # Words a live service may use instead: read, never written (reference section 11, inferred).
        **dict.fromkeys(("queued", "scheduled", "created", "draft"), ExperimentStatus.PENDING),
        **dict.fromkeys(("in_progress", "processing", "started"), ExperimentStatus.RUNNING),
        **dict.fromkeys(("complete", "done", "finished", "success", "succeeded", "passed"), ExperimentStatus.COMPLETED),
        **dict.fromkeys(("error", "errored"), ExperimentStatus.FAILED),
        **dict.fromkeys(("canceled", "aborted", "stopped"), ExperimentStatus.CANCELLED),
    },
    unknown=ExperimentStatus.UNKNOWN,
    otherwise={
        ExperimentStatus.DRAFT: "pending",
        ExperimentStatus.WAITING: "running",
        ExperimentStatus.COMPLETED_WITH_ERRORS: "completed",
        ExperimentStatus.UNKNOWN: "running",
    },
)


class Scorer:
    """A scorer is its bare name here; other dialects give it parameters."""

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {"evaluator": value}

    def encode(self, value: Json, scope: Scope) -> Json:
        if value.get("parameters"):
            scope.note(Fate.LOST, "", "parameters", "scorers take no parameters here")
        return value["evaluator"]


SCORERS = Each(Scorer())

_REASONS: Mapping[str, str] = {
    "alias": "the vendor gives the ids",
    "description": "experiments have no description",
    "dataset_version_id": "the latest version is used",
    "dataset_name": "only the id is told",
    "splits": "all cases are used",
    "group_id": "the variants stand in the experiment",
    "pipelines": "the vendor has no pipelines",
    "repetitions": "each case is run once",
    "concurrency": "the vendor decides",
    "batch_size": "the vendor decides",
    "generation_method": "a variant is one templated call",
    "progress": "told by the status alone",
    "counts": "counted from the results",
    "started_at": "only the creation is told",
    "project": "named by the list it stands in",
    "trace_project": "experiments have no traces",
    "tags": "experiments have no tags",
    "metadata": "experiments have no metadata",
    "tracing": "experiments have no traces",
    "workflow_name": "a variant is one templated call",
    "starred": "not told",
    "delivery": "not told",
    "updated_at": "not told",
}
"""Why a canonical field cannot be shown."""


def _without(reasons: Mapping[str, str], *names: str, **more: str) -> dict[str, str]:
    return {**{name: reason for name, reason in reasons.items() if name not in names}, **more}


# --- eval runs ---------------------------------------------------------------------------------------------------------------------------

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
    hidden=_without(
        _REASONS,
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
_RUN_HIDDEN = _without(
    _REASONS,
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
        **_without(_RUN_HIDDEN, "counts"),
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


# --- prompt and A/B experiments ----------------------------------------------------------------------------------------------------------


def _decode_template(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"steps": variants.steps_of(fields["template"], None)}


def _encode_template(fields: JsonObject, scope: Scope) -> JsonObject:
    steps = fields.get("steps") or []
    template = variants.template_of(steps)
    variants.note_unsaid(steps, variants.steps_of(template, variants.model_of(steps)), "steps", scope)
    return {"template": template}


_TEMPLATE = Fold(("template",), ("steps",), _decode_template, _encode_template)
NEW_VARIANT = Shape((Row("name", "name"), _TEMPLATE), hidden={"id": "the vendor gives the ids"})
VARIANT = Shape((Row("id", "id", EXPERIMENT_ID), Row("name", "name", default=""), _TEMPLATE))
_LOST_MODEL = "the variants ask different models; one can be said here"


def _decode_new_variants(fields: JsonObject, scope: Scope) -> JsonObject:
    """The variants, each with a name and a template, asking the one model (reference section 4.1: neither is required, no model can be named)."""
    found: list[JsonObject] = []
    inner = scope.at("variants/*", "variants/*")
    for number, given in enumerate(fields.get("variants") or (), 1):
        said = {name: value for name, value in given.items() if value is not None}
        filled = {"name": f"variant {number}", "template": variants.INPUT, **said}
        if filled != given:
            inner.note(Fate.DEFAULTED, "template", "steps", "a variant without a template asks the case itself")
        found.append(NEW_VARIANT.decode(filled, inner))
    model = fields.get("model") or variants.default_model(scope)
    return {"variants": variants.with_model(found, model)}


def _encode_new_variants(fields: JsonObject, scope: Scope) -> JsonObject:
    given: list[JsonObject] = fields.get("variants") or []
    model = _shared(given, scope)
    said: JsonObject = {"variants": Each(NEW_VARIANT).encode(given, scope.at("variants", "variants"))}
    return said if model in (None, scope.defaults.get("model")) else {**said, "model": model}


def _shared(given: list[JsonObject], scope: Scope) -> str | None:
    model = variants.model_shared(given)
    if model is None and any(variants.model_of(variant.get("steps") or []) for variant in given):
        scope.note(Fate.LOST, "model", "variants/*/steps", _LOST_MODEL)
    return model


_ARM = ("status", "summary", "scores", "results")


def _decode_variants(fields: JsonObject, scope: Scope) -> JsonObject:
    """Variants with what came of each: the definitions, and beside them the `arms`."""
    given: list[JsonObject] = fields["variants"]
    definitions = [VARIANT.decode({name: value for name, value in entry.items() if name not in _ARM}, scope) for entry in given]
    decoded: JsonObject = {"variants": variants.with_model(definitions, fields.get("model"))}
    if any("results" in entry for entry in given):
        decoded["arms"] = [_decode_arm(entry, scope) for entry in given]
    return decoded


def _decode_arm(entry: JsonObject, scope: Scope) -> JsonObject:
    return {
        "status": EXPERIMENT_STATUS.decode(entry.get("status"), scope),
        "runs": Each(RESULT).decode(entry.get("results") or [], scope.at("variants/*/results", "arms/*/runs")),
    }


def _encode_variants(fields: JsonObject, scope: Scope) -> JsonObject:
    given: list[JsonObject] = fields.get("variants") or []
    arms: list[JsonObject] = fields.get("arms") or []
    shown = Each(VARIANT).encode(given, scope.at("variants", "variants"))
    model = _shared(given, scope)
    if arms:
        inner = judged(scope, fields.get("threshold")).at("variants/*", "arms/*")
        shown = [{**definition, **_encode_arm(arm, inner)} for definition, arm in zip(shown, arms, strict=True)]
    return {"variants": shown} if model is None else {"model": model, "variants": shown}


def _encode_arm(arm: JsonObject, scope: Scope) -> JsonObject:
    threshold = scores.threshold_of(scope)
    return {
        "status": EXPERIMENT_STATUS.encode(arm["status"], scope),
        "summary": figures.summary(arm["runs"], threshold),
        "scores": figures.by_scorer(arm["runs"], threshold),
        "results": Each(RESULT).encode(arm["runs"], scope.at("results", "runs")),
    }


_NEW_ROWS: tuple[AnyRow, ...] = (
    Row("dataset_id", "dataset_id", DATASET_ID),
    Row("datasetId", "dataset_id", DATASET_ID, way="in"),
    Row("name", "name"),
    Fold(("variants", "model"), ("variants",), _decode_new_variants, _encode_new_variants),
    Row("scorers", "evaluators", SCORERS),
    Row("project_id", "project", PROJECT_ID),
    Row("projectId", "project", PROJECT_ID, way="in"),
)
_NEW_HIDDEN = _without(_REASONS, "project", examples="cases stand in a dataset", threshold="the vendor's own threshold")
NEW_EXPERIMENT = Shape(
    (*_NEW_ROWS, Preset("form", ExperimentForm.COMPARISON.value)),
    hidden={**_NEW_HIDDEN, "metric": "no test is made", "alpha": "no test is made"},
)
"""`POST /prompts/experiments` (documented; extra fields and spellings inferred)."""

NEW_AB_EXPERIMENT = Shape(
    (*_NEW_ROWS, Row("metric", "metric"), Row("alpha", "alpha"), Preset("form", ExperimentForm.AB.value)),
    hidden=_NEW_HIDDEN,
)
"""`POST /prompts/ab-experiments` (inferred: the page documents no body)."""

_WINNER = ("name", "metric", "test", "statistic", "p_value", "alpha", "compared_to", "effect", "significant")
WINNER = Shape(
    (Row("variant_id", "variant_id", EXPERIMENT_ID), *(Row(name, name) for name in _WINNER)),
    hidden={"degrees_of_freedom": "not told"},
)


def _known(fields: JsonObject, scope: Scope) -> JsonObject:
    """What an A/B experiment was asked to decide on; other experiments have no such fields."""
    return {name: value for name, value in fields.items() if value is not None}


_HEAD: tuple[AnyRow, ...] = (
    Row("id", "id", EXPERIMENT_ID),
    Row("name", "name"),
    Row("status", "status", EXPERIMENT_STATUS),
    Row("dataset_id", "dataset_id", DATASET_ID, default=None),
)
_TIMES: tuple[AnyRow, ...] = (
    Row("created_at", "created_at", TIME),
    Row("completed_at", "completed_at", TIME),
    Row("error", "error"),
    Fold(("metric", "alpha"), ("metric", "alpha"), _known, _known),
)
_EXPERIMENT_HIDDEN = _without(
    _REASONS,
    form="the route tells it",
    native_status="one status is told",
    verdict="experiments have no verdict",
    reported="figures are counted from the results",
    threshold="not told",
    created_by="not told",
)

EXPERIMENT_ROW = Shape(
    (
        *_HEAD,
        Fold(("variants", "model"), ("variants",), _decode_variants, _encode_variants),
        Row("scorers", "evaluators", SCORERS, default=list),
        *_TIMES,
    ),
    hidden=_EXPERIMENT_HIDDEN,
)
"""An experiment as it was defined: what its creation answers and lists show (inferred, reference section 4.2)."""

EXPERIMENT = Shape(
    (
        *_HEAD,
        Row("scorers", "evaluators", SCORERS, default=list),
        *_TIMES,
        Fold(("variants", "model"), ("variants", "arms", "threshold"), _decode_variants, _encode_variants),
        Row("winner", "winner", WINNER, default=None),
    ),
    hidden=_EXPERIMENT_HIDDEN,
)
"""An experiment with its results (inferred, reference section 4.4)."""

DELETED = Shape((Row("id", "id", EXPERIMENT_ID), Const("deleted", True)), hidden={"count": "one call deletes one record"})
"""What a deletion answers: never 204, which the Python client takes for an error (reference section 14, verified)."""
