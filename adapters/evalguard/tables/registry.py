"""Scorers, evaluators and reports."""

from adapters.codecs import Vocabulary
from adapters.evalguard.tables.common import DOCUMENT_HIDDEN, DOCUMENT_ID, EVALUATOR_ID, PROJECT_ID, TIME
from adapters.mapping import Fold, Row, Shape
from adapters.scope import Scope
from schemas.evaluator import EvaluatorKind
from schemas.json import JsonObject

# --- scorers and evaluators --------------------------------------------------------------------------------------------------------------

SCORER = Shape(
    (
        Row("id", "slug"),
        Row("name", "name"),
        Row("description", "description", default=""),
        Row("type", "metadata/category", default="custom"),
        Row("available", "metadata/available"),
        Row("reason", "metadata/unavailable_because"),
    ),
    hidden={
        "id": "scorers go by their plain name",
        **dict.fromkeys(
            (
                "alias",
                "kind",
                "value_type",
                "native_value_type",
                "definition",
                "scale",
                "choices",
                "threshold",
                "passing",
                "starred",
                "tags",
            ),
            "the registry tells names only",
        ),
        **dict.fromkeys(("version", "version_id", "created_at", "updated_at"), "scorers have no versions"),
    },
)
"""A scorer of the registry (seen in clients; `available` and `reason` are ours: whether it runs here, and why not)."""

EVALUATOR_KIND = Vocabulary(
    {
        "llm-judge": EvaluatorKind.LLM,
        "code": EvaluatorKind.CODE,
        "heuristic": EvaluatorKind.BUILTIN,
        "composite": EvaluatorKind.COMPOSITE,
    },
    otherwise={EvaluatorKind.HUMAN: "heuristic"},
)
_PROMPT, _TEMPLATE = "prompt", "template"


def _renamed(definition: JsonObject, old: str, new: str) -> JsonObject:
    return {new if name == old else name: value for name, value in definition.items()}


def _decode_definition(fields: JsonObject, scope: Scope) -> JsonObject:
    """A judge's `prompt` is its template; the rest of the configuration stays as it is."""
    given = fields["definition"]
    decoded: JsonObject = {
        "kind": EVALUATOR_KIND.decode(given.get("kind"), scope.at("definition/kind", "kind")),
        "definition": _renamed(given.get("config") or {}, _PROMPT, _TEMPLATE),
    }
    return {**decoded, "threshold": given["threshold"]} if "threshold" in given else decoded


def _encode_definition(fields: JsonObject, scope: Scope) -> JsonObject:
    kind = EVALUATOR_KIND.encode(fields.get("kind"), scope.at("definition/kind", "kind"))
    said: JsonObject = {"kind": kind}
    if fields.get("definition"):
        said["config"] = _renamed(fields["definition"], _TEMPLATE, _PROMPT)
    if fields.get("threshold") is not None:
        said["threshold"] = fields["threshold"]
    return {"definition": said}


_DEFINITION = Fold(("definition",), ("kind", "definition", "threshold"), _decode_definition, _encode_definition)
_NOTES, ACTIVE, PROJECT = "extensions/evalguard/notes", "extensions/evalguard/active", "extensions/evalguard/project"
_EVALUATOR_HIDDEN = {
    "alias": "the vendor gives the ids",
    "slug": "evaluators go by their name",
    **dict.fromkeys(("value_type", "native_value_type", "scale", "choices", "passing"), "evaluators give a score from 0 to 1"),
    **dict.fromkeys(("description", "starred", "tags", "metadata"), "evaluators have notes only"),
}
NEW_EVALUATOR = Shape(
    (
        Row("projectId", PROJECT, PROJECT_ID),
        Row("name", "name"),
        _DEFINITION,
        Row("notes", _NOTES),
        Row("activate", ACTIVE),
    ),
    hidden=_EVALUATOR_HIDDEN,
)
"""`POST /evaluators` (seen in clients)."""

_KIND = Fold(
    ("kind",), ("kind",), None, lambda fields, scope: {"kind": EVALUATOR_KIND.encode(fields.get("kind"), scope.at("kind", "kind"))}
)
EVALUATOR = Shape(
    (
        Row("id", "id", EVALUATOR_ID),
        Row("name", "name"),
        Row("version", "version"),
        _KIND,
        Row("is_active", ACTIVE, default=True),
        _DEFINITION,
        Row("notes", _NOTES, default=None),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**_EVALUATOR_HIDDEN, "version_id": "versions are counted", "updated_at": "a version never changes"},
)
"""One version of an evaluator (seen in clients: name, version, kind, is_active)."""

REPORT = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("source", "body/source"),
        Row("summary", "body/summary"),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**DOCUMENT_HIDDEN, "body": "the cases are kept, not repeated"},
)
"""What a CI report answers: clients look at nothing but that it is an object (verified)."""

CALIBRATION = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("scorerId", "body/scorerId", default=None),
        Row("agreement", "body/agreement"),
        Row("recommendation", "body/recommendation", default=None),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**DOCUMENT_HIDDEN, "body": "what was judged is kept, not repeated"},
)
"""How far people and a scorer agree (seen in client: scorerId, agreement; `recommendation` is inferred)."""
