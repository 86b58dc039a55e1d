"""Prompts, scorers, evaluators, deployments and reports."""

from adapters.codecs import Vocabulary
from adapters.evalguard.quirks.values import compact
from adapters.evalguard.tables.common import DOCUMENT_ID, EVALUATOR_ID, PROJECT_ID, PROMPT_ID, TIME
from adapters.mapping import Each, Fold, Row, Shape
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.evaluator import EvaluatorKind
from schemas.json import JsonObject

# --- prompts -----------------------------------------------------------------------------------------------------------------------------


def _encode_content(fields: JsonObject, scope: Scope) -> JsonObject:
    template, messages = fields.get("template"), fields.get("messages")
    if template is None and messages is not None:
        scope.note(Fate.COERCED, "content", "messages", "shown as JSON text, because a prompt is one text here")
        return {"content": compact(messages)}
    return {"content": template if template is not None else ""}


def _decode_content(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"template": fields["content"]}


_PROMPT_HIDDEN = {"slug": "prompts go by their name", "metadata": "prompts have no metadata", "alias": "the vendor gives the ids"}
_PROMPT_ROWS = (
    Row("name", "name"),
    Fold(("content",), ("template", "messages"), _decode_content, _encode_content),
    Row("description", "description"),
    Row("model", "model"),
    Row("tags", "tags"),
    Row("config", "parameters"),
)
NEW_PROMPT = Shape((Row("projectId", "project", PROJECT_ID), *_PROMPT_ROWS, Row("variables", "variables")), hidden=_PROMPT_HIDDEN)
"""`POST /prompts`: the version counts up by name (documented; further fields seen in clients)."""

PROMPT = Shape(
    (
        Row("id", "id", PROMPT_ID),
        Row("version", "version"),
        *_PROMPT_ROWS,
        Row("variables", "variables", default=None),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**_PROMPT_HIDDEN, "project": "named by the list it stands in", "updated_at": "a version never changes"},
)
"""One version of a prompt (seen in client)."""

# --- scorers and evaluators --------------------------------------------------------------------------------------------------------------

SCORER = Shape(
    (
        Row("id", "slug"),
        Row("name", "name"),
        Row("description", "description", default=""),
        Row("type", "metadata/category", default="custom"),
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
"""A scorer of the registry (seen in clients)."""

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

# --- documents ---------------------------------------------------------------------------------------------------------------------------

_DOCUMENT_HIDDEN = {
    "kind": "named by the route",
    "key": "named by the body",
    "version": "not told",
    "updated_at": "not told",
    "alias": "the vendor gives the ids",
}


class Whole:
    """A body that is kept as it came."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"body": value}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        body: JsonObject = value["body"]
        return body


WHOLE = Whole()

REPORT = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("source", "body/source"),
        Row("summary", "body/summary"),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**_DOCUMENT_HIDDEN, "body": "the cases are kept, not repeated"},
)
"""What a CI report answers: clients look at nothing but that it is an object (verified)."""

DEPLOYMENT = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("name", "body/name"),
        Row("version", "body/version"),
        Row("env", "body/env"),
        Row("deployed_at", "updated_at", TIME),
    ),
    hidden={**_DOCUMENT_HIDDEN, "body": "told field by field", "created_at": "told by its deployment"},
)
"""A prompt version in an environment (inferred: no source shows the answer)."""


class Deployments:
    """What each environment has now (`current`) and everything it had (`history`)."""

    item = DEPLOYMENT
    partial = True

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"items": Each(DEPLOYMENT).decode(value["current"], scope)}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {name: Each(DEPLOYMENT).encode(value[name], scope.at(name, name)) for name in ("current", "history")}


DEPLOYMENTS = Deployments()
