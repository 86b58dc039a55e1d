"""Prompts, the prompt registry, deployments and traffic tests."""

from adapters.evalguard.quirks.prompt_recipes import content
from adapters.evalguard.quirks.values import asked
from adapters.evalguard.tables.common import DOCUMENT_HIDDEN, DOCUMENT_ID, PROJECT_ID, PROMPT_ID, TIME
from adapters.mapping import Each, Fold, Row, Shape
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import JsonObject


def _text(wire: str) -> Fold:
    """The one text of a prompt under the name it has on a route; messages of other dialects are shown as JSON text."""

    def decode(fields: JsonObject, scope: Scope) -> JsonObject:
        return {"template": fields[wire]}

    def encode(fields: JsonObject, scope: Scope) -> JsonObject:
        if fields.get("template") is None and fields.get("messages") is not None:
            scope.note(Fate.COERCED, wire, "messages", "shown as JSON text, because a prompt is one text here")
        return {wire: content(fields)}

    return Fold((wire,), ("template", "messages"), decode, encode)


_HIDDEN = {"slug": "prompts go by their name", "metadata": "prompts have no metadata", "alias": "the vendor gives the ids"}
_ROWS = (
    Row("name", "name"),
    _text("content"),
    Row("description", "description"),
    Row("model", "model"),
    Row("tags", "tags"),
    Row("config", "parameters"),
)
NEW_PROMPT = Shape((Row("projectId", "project", PROJECT_ID), *_ROWS, Row("variables", "variables")), hidden=_HIDDEN)
"""`POST /prompts`: the version counts up by name (documented; further fields seen in clients)."""

PROMPT = Shape(
    (
        Row("id", "id", PROMPT_ID),
        Row("version", "version"),
        *_ROWS,
        Row("variables", "variables", default=None),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**_HIDDEN, "project": "named by the list it stands in", "updated_at": "a version never changes"},
)
"""One version of a prompt (seen in client)."""

_CHANGE_LOG = "extensions/evalguard/change_log"
_REGISTRY_HIDDEN = {
    **_HIDDEN,
    **dict.fromkeys(("model", "tags", "parameters"), "the registry holds templates alone"),
    "project": "the registry is that of the key's own project",
}
REGISTRATION = Shape(
    (Row("name", "name"), _text("template"), Row("variables", "variables"), Row("description", "description")), hidden=_REGISTRY_HIDDEN
)
"""`POST /prompts/registry` (documented)."""

REGISTERED_CHANGE = Shape(
    (Row("prompt_id", "name", asked(PROMPT_ID)), _text("template"), Row("change_log", _CHANGE_LOG)),
    hidden={**_REGISTRY_HIDDEN, "variables": "they stay", "description": "it stays"},
)
"""`PUT /prompts/registry` (documented): until its recipe has found the name, the prompt goes by its id."""

_VERSION = Shape(
    (
        Row("version", "version"),
        Row("hash", "hash"),
        Row("change_log", _CHANGE_LOG, default=None),
        Row("created_at", "created_at", TIME),
    ),
    hidden={
        **_REGISTRY_HIDDEN,
        **dict.fromkeys(("id", "name", "description", "template", "messages", "variables"), "told of the latest version"),
        "updated_at": "a version never changes",
    },
)
REGISTERED = Shape(
    (
        Row("id", "prompt_id", PROMPT_ID),
        Row("name", "name"),
        Row("version", "version"),
        Row("hash", "hash"),
        _text("template"),
        Row("variables", "variables", default=None),
        Row("description", "description", default=None),
        Row("change_log", _CHANGE_LOG, default=None),
        Row("created_at", "created_at", TIME),
        Row("versions", "versions", Each(_VERSION)),
    ),
    hidden={**_REGISTRY_HIDDEN, "id": "a prompt goes by the id of its first version", "updated_at": "a version never changes"},
)
"""A registered prompt (documented: the hash; the rest is inferred). Its id is that of its first version, which stays."""

DEPLOYMENT = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("name", "body/name"),
        Row("version", "body/version"),
        Row("hash", "body/hash", default=None),
        Row("env", "body/env"),
        Row("deployed_at", "updated_at", TIME),
    ),
    hidden={**DOCUMENT_HIDDEN, "body": "told field by field", "created_at": "told by its deployment"},
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

TRAFFIC_TEST = Shape(
    (
        Row("id", "id", DOCUMENT_ID),
        Row("prompt_id", "body/prompt_id"),
        Row("control_hash", "body/control_hash"),
        Row("variant_hash", "body/variant_hash"),
        Row("traffic_split", "body/traffic_split"),
        Row("created_at", "created_at", TIME),
    ),
    hidden={**DOCUMENT_HIDDEN, "body": "told field by field"},
)
"""How traffic is to be split between two versions of a prompt (documented; the answer is inferred)."""
