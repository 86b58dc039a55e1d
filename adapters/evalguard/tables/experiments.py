"""Prompt experiments and A/B experiments."""

from adapters.codecs import Vocabulary
from adapters.evalguard.quirks import figures, scores, variants
from adapters.evalguard.quirks.scores import judged
from adapters.evalguard.tables.common import DATASET_ID, EXPERIMENT_ID, PROJECT_ID, TIME
from adapters.evalguard.tables.runs import RESULT
from adapters.evalguard.tables.unsaid import REASONS, SCORERS, without
from adapters.mapping import AnyRow, Each, Fold, Preset, Row, Shape
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.experiment import ExperimentForm
from schemas.json import JsonObject
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
_NEW_HIDDEN = without(REASONS, "project", examples="cases stand in a dataset", threshold="the vendor's own threshold")
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
_EXPERIMENT_HIDDEN = without(
    REASONS,
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
