"""Evaluators and single runs of them."""

from adapters.base import Plan
from adapters.codecs import keyed
from adapters.mapping import AnyRow, Each, Fold, Row, Shape
from adapters.respan.quirks import evaluators as quirks
from adapters.respan.quirks import values
from adapters.respan.quirks.fields import Computed
from adapters.respan.quirks.filters import Field, Fields, Filters, ids, words
from adapters.respan.quirks.pages import Page, Sort
from adapters.respan.quirks.tags import TAG
from adapters.respan.tables.common import EVALUATOR_ID, TIME
from adapters.respan.tables.scores import SCORE
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.json import JsonObject
from schemas.operations import Call

_KEPT = "extensions/respan/"
_HIDDEN = {"alias": "an evaluator's id is the server's", "metadata": "no field in this dialect"}

_JUDGES: tuple[AnyRow, ...] = (
    Fold(
        ("type", "eval_class", "llm_config", "code_config", "configurations"),
        ("kind", "definition", "extensions"),
        quirks.read_definition,
        quirks.show_definition,
    ),
    Fold(("score_value_type",), ("value_type", "native_value_type"), quirks.read_type, quirks.show_type),
    Row("description", "description"),
    Fold(
        ("score_config", "categorical_choices", "configurations"),
        ("scale", "choices", "native_value_type"),
        quirks.read_scale,
        quirks.show_scale,
    ),
    Fold(("passing_conditions", "configurations"), ("passing", "threshold"), quirks.read_passing, quirks.show_passing),
    Row("starred", "starred"),
    Row("tags", "tags", Each(TAG)),
)
_BODY: tuple[AnyRow, ...] = (
    Row("name", "name"),
    Row("evaluator_slug", "slug"),
    *_JUDGES,
    Row("version_description", _KEPT + "version_description"),
)
NEW_EVALUATOR = Shape(_BODY, hidden=_HIDDEN)
EVALUATOR_PATCH = Shape(_BODY, hidden=_HIDDEN)
EVALUATOR = Shape(
    (
        Row("id", "id", EVALUATOR_ID),
        Computed("version_id", quirks.version_id),
        Computed("version", quirks.version),
        Computed("is_read_only", quirks.not_read_only),
        Computed("version_description", quirks.no_description),
        Row("name", "name"),
        Row("evaluator_slug", "slug"),
        *_JUDGES,
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
    ),
    hidden={**_HIDDEN, "version": "versions are counted by commit, not by change", "version_id": "versions are counted by commit"},
)
PAGE = Page(EVALUATOR)

TRIAL = Shape(
    (
        Row("inputs/input", "input"),
        Row("inputs/output", "output"),
        Row("inputs/expected_output", "reference"),
        Row("inputs/metadata", "metadata"),
        Row("inputs/metrics", "metrics"),
        Row("inputs/llm_input", "input", way="in"),
        Row("inputs/llm_output", "output", way="in"),
    ),
    ignored={"generation_method": "an evaluator judges in one way here"},
    hidden={"parameters": "an evaluator has its own"},
    keep=False,
)


class Result:
    """The score of a single run with its evaluator beside it."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        wire = {name: content for name, content in value.items() if name not in ("evaluator", "inputs")}
        return SCORE.decode(wire, scope)

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        score = {name: content for name, content in value.items() if name != "judge"}
        judge = value.get("judge")
        shown = SCORE.encode(score, scope)
        if judge is None:
            return shown
        # A score of nothing that was recorded has no id, and no log.
        shown |= {name: shown.get(name) or None for name in ("id", "log_id")}
        named = {"evaluator_id": EVALUATOR_ID.encode(judge["id"], scope), "evaluator_slug": judge.get("slug")}
        return {**shown, **named, "evaluator_name": judge["name"], "evaluator": EVALUATOR.encode(judge, scope)}


VERSION_BODY = keyed("body")


def change_version(call: Call, scope: Scope) -> Plan:
    """PATCH of one version."""
    return _changed(call, scope, False)


def replace_version(call: Call, scope: Scope) -> Plan:
    """PUT of one version."""
    return _changed(call, scope, True)


def _changed(call: Call, scope: Scope, wholly: bool) -> Plan:
    assert isinstance(call.body, NewDocument)
    return quirks.draft_call(call, scope, EVALUATOR_PATCH.decode(call.body.body, scope), wholly)


_KIND_WORDS = {"code": ("code", "builtin", "composite")}
_TYPE_WORDS = {word: (meaning.value,) for word, meaning in values.VALUE_TYPES.words.items()}
FIELDS = Fields(
    {
        "id": Field(("id", "alias"), ids(EVALUATOR_ID)),
        "name": Field(("name",)),
        "evaluator_slug": Field(("slug",)),
        "type": Field(("kind",), words(_KIND_WORDS)),
        "score_value_type": Field(("value_type",), words(_TYPE_WORDS)),
        "description": Field(("description",)),
        "starred": Field(("starred",)),
        "tags": Field(("tags",)),
        "created_at": Field(("created_at",)),
        "updated_at": Field(("updated_at",)),
    }
)
FILTERS = Filters(FIELDS)
SORT = Sort({"created_at": "created_at", "updated_at": "updated_at", "name": "name", "evaluator_slug": "slug"})
