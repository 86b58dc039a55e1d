"""Scores: entries of a trace's map, score records, and the words for their kinds of value."""

from adapters.codecs import Vocabulary
from adapters.mapping import AnyRow, Fold, Preset, Row, Shape
from adapters.respan.quirks import values
from adapters.respan.quirks.fields import Computed
from adapters.respan.quirks.filters import Field, Fields, Filters, ids
from adapters.respan.quirks.pages import Page, Sort
from adapters.respan.tables.common import EVALUATOR_ID, SCORE_ID, TIME, TRACE_ID
from schemas.run import AnnotatorKind

ANNOTATORS = Vocabulary({"llm": AnnotatorKind.LLM, "human": AnnotatorKind.HUMAN, "code": AnnotatorKind.CODE}, unknown=AnnotatorKind.CODE)

_VALUE_FIELDS = ("numerical_value", "string_value", "boolean_value", "categorical_value", "json_value")
_NO_PLACE = "no field in this dialect"
_HIDDEN = {
    "id": "an entry of a map has no id",
    "alias": "an entry of a map has no id",
    "run_id": "the trace it stands in",
    "experiment_id": "the experiment it stands in",
    "annotator_kind": "the evaluator says it",
    "scale": "the evaluator says it",
    "passed": "shown by the score record",
    "threshold": "the evaluator says it",
    "metadata": _NO_PLACE,
    "trace_id": _NO_PLACE,
    "started_at": _NO_PLACE,
    "ended_at": _NO_PLACE,
    "created_at": "shown by the score record",
    "updated_at": _NO_PLACE,
}

_VALUE = Fold(
    ("score_value_type", *_VALUE_FIELDS),
    ("value", "value_type", "label", "extensions"),
    values.read_value,
    values.show_value,
)
# One entry of a trace's `scores`; the key of the map is the evaluator as the experiment names it.
ENTRY = Shape(
    (
        Fold(
            ("evaluator_id", "evaluator_slug", "evaluator_name"),
            ("evaluator", "evaluator_id", "evaluator_name", "extensions"),
            values.read_evaluator,
            values.show_evaluator,
        ),
        _VALUE,
        Fold(("explanation",), ("explanation", "error"), values.read_explanation, values.show_explanation),
    ),
    hidden=_HIDDEN,
    echo=True,
)
SCORES = values.Map(ENTRY)

SCORE = Shape(
    (
        Row("id", "id", SCORE_ID),
        Row("created_at", "created_at", TIME),
        Row("type", "annotator_kind", ANNOTATORS),
        Computed("environment", values.nothing),
        _VALUE,
        Row("is_passed", "passed"),
        Computed("cost", values.nothing),
        Fold(
            ("evaluator_id", "evaluator_slug", "evaluator_name"),
            ("evaluator", "evaluator_id", "evaluator_name", "extensions"),
            values.read_evaluator,
            values.show_evaluator,
        ),
        Computed("scorer", values.nothing),
        Row("log_id", "run_id", TRACE_ID),
        Computed("prompt_id", values.nothing),
        Computed("prompt_version_number", values.nothing),
        Computed("dataset_id", values.nothing),
        Computed("automation_id", values.nothing),
        Computed("status", values.show_score_status),
        Row("error_message", "error"),
        Row("explanation", "explanation"),
    ),
    hidden={
        **{name: reason for name, reason in _HIDDEN.items() if name not in ("id", "run_id", "annotator_kind", "passed", "created_at")},
        "experiment_id": "a score belongs to a log",
    },
    echo=True,
)
PAGE = Page(SCORE)

_KEPT = "extensions/respan/"
_CONTEXT = ("timestamp", "environment", "prompt_id", "prompt_version_number", "dataset_id", "automation_id")
_HIDDEN_NEW = {
    **{name: _HIDDEN[name] for name in ("annotator_kind", "scale", "threshold", "metadata", "trace_id", "started_at", "ended_at")},
    "evaluator_name": "the evaluator says it",
    "passed": "follows from the evaluator's conditions",
    "error": "a score that failed is not submitted",
}
_NEW: tuple[AnyRow, ...] = (
    _VALUE,
    Row("explanation", "explanation"),
    *(Row(name, _KEPT + name) for name in _CONTEXT),
)
NEW_SCORE = Shape(
    (
        Fold(
            ("evaluator_id", "evaluator_slug", "scorer"),
            ("evaluator", "evaluator_id", "extensions"),
            values.read_scored_by,
            values.say_scored_by,
        ),
        *_NEW,
    ),
    ignored={"log_id": "the log is named by the path or as an argument"},
    hidden=_HIDDEN_NEW,
)
SCORE_PATCH = Shape(
    (Preset("evaluator", "", "a score keeps its evaluator"), *_NEW),
    ignored=dict.fromkeys(("log_id", "evaluator_id", "evaluator_slug", "scorer"), "a score keeps its log and its evaluator"),
    hidden={**_HIDDEN_NEW, "evaluator_id": "a score keeps its evaluator"},
)
LOG = Shape((Row("log_id", "run_id", TRACE_ID),), keep=False)

FIELDS = Fields(
    {
        "id": Field(("id",), ids(SCORE_ID)),
        "log_id": Field(("run_id",), ids(TRACE_ID)),
        "evaluator_id": Field(("evaluator_id", "evaluator"), ids(EVALUATOR_ID)),
        "evaluator_slug": Field(("evaluator", f"{_KEPT}evaluator_slug".replace("/", "."))),
        "evaluator_name": Field(("evaluator_name",)),
        "type": Field(("annotator_kind",)),
        "is_passed": Field(("passed",)),
        "created_at": Field(("created_at",)),
        "explanation": Field(("explanation",)),
        **{name: Field(("value",)) for name in _VALUE_FIELDS},
    }
)
FILTERS = Filters(FIELDS)
SORT = Sort({"created_at": "created_at", "id": "id", "evaluator_slug": "evaluator", "numerical_value": "value"})
