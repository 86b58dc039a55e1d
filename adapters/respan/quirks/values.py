"""The value of a score stands in the field that its declared type names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.codecs import JsonText, Vocabulary
from adapters.mapping import ABSENT, Codec
from adapters.notes import Fate
from adapters.respan.quirks.fields import extension
from adapters.respan.tables.common import EVALUATOR_ID
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.run import ValueType

# The first word of a meaning is the one written; `percentage`, `categorical` and `comment` are kept with the score they came with.
VALUE_TYPES = Vocabulary(
    {
        "numerical": ValueType.NUMBER,
        "boolean": ValueType.BOOLEAN,
        "single_select": ValueType.LABEL,
        "multi_select": ValueType.LABELS,
        "text": ValueType.TEXT,
        "json": ValueType.JSON,
        "percentage": ValueType.NUMBER,
        "categorical": ValueType.LABELS,
        "comment": ValueType.TEXT,
    }
)
# Documented for all but the selections: `string_value` for one choice and `categorical_value` for several are seen in client code.
FIELD_OF: Mapping[ValueType, str] = {
    ValueType.NUMBER: "numerical_value",
    ValueType.BOOLEAN: "boolean_value",
    ValueType.LABEL: "string_value",
    ValueType.LABELS: "categorical_value",
    ValueType.TEXT: "string_value",
    ValueType.JSON: "json_value",
}
_EMPTY: JsonObject = {
    "numerical_value": None,
    "string_value": None,
    "boolean_value": None,
    "categorical_value": [],
    "json_value": None,
}
# What a value without a declared type is, by the field it came in; also the order of the readers' fallback.
_TYPE_OF: Mapping[str, ValueType] = {
    "numerical_value": ValueType.NUMBER,
    "boolean_value": ValueType.BOOLEAN,
    "string_value": ValueType.LABEL,
    "categorical_value": ValueType.LABELS,
    "json_value": ValueType.JSON,
}
_JSON = JsonText()
_TYPE = "score_value_type"
_SLUG = "evaluator_slug"


def read_value(given: JsonObject, scope: Scope) -> JsonObject:
    """The value from the declared field, else from the first that has one; a text beside a number is its label."""
    word = given.get(_TYPE)
    declared = VALUE_TYPES.words.get(word) if isinstance(word, str) else None
    name = FIELD_OF[ValueType(declared.value)] if declared else ""
    none_chosen = name == FIELD_OF[ValueType.LABELS] and given.get(name) == []
    if given.get(name) in (None, []):
        name = next((field for field in _TYPE_OF if given.get(field) not in (None, [])), name if none_chosen else "")
    if not name and declared is None:
        return {}
    kind = ValueType(declared.value) if declared else _TYPE_OF[name]
    value = given.get(name)
    found: JsonObject = {"value": _read(kind, name, value, scope), "value_type": kind.value}
    if word is not None and VALUE_TYPES.encode(kind.value, scope) != word:
        found[f"extensions/{scope.dialect}/{_TYPE}"] = word
    if given.get("string_value") is not None and name != "string_value":
        found["label"] = given["string_value"]
    return found


def _read(kind: ValueType, name: str, value: Json, scope: Scope) -> Json:
    if name == "json_value":
        return _JSON.decode(value, scope)
    if kind is ValueType.LABEL and isinstance(value, list):
        # The scores API takes a single choice as a list of one.
        return value[0] if len(value) == 1 else ", ".join(map(str, value))
    if kind is ValueType.LABELS and isinstance(value, str):
        return [value]
    return value


def show_value(doc: JsonObject, scope: Scope) -> JsonObject:
    """All value fields, empty but for the one that the type names. A label stands in `string_value` where that is free."""
    if "value" not in doc and "value_type" not in doc:
        return {}
    value, kind = doc.get("value"), kind_of_score(doc)
    said = dict(_EMPTY)
    if kind is not None and value is not None:
        said[FIELD_OF[kind]] = _shown(kind, value, scope)
    elif kind is ValueType.LABELS:
        scope.note(Fate.COERCED, FIELD_OF[kind], "value", "no labels are an empty list here")
    if doc.get("label") is not None and said["string_value"] is None:
        said["string_value"] = str(doc["label"])
        if value in (None, []):
            for name in ("value", "value_type", "label"):
                scope.note(Fate.COERCED, "string_value", name, "a text beside no value is the value")
    elif doc.get("label") not in (None, said["string_value"]):
        scope.note(Fate.LOST, "string_value", "label", "the value's own text stands there")
    return {_TYPE: _word(doc, kind, scope), **said}


def kind_of_score(doc: JsonObject) -> ValueType | None:
    """The kind of a score's value, declared or seen."""
    return ValueType(doc["value_type"]) if doc.get("value_type") else kind_of(doc.get("value"))


def kind_of(value: Json) -> ValueType | None:
    """The kind of a value nobody declared."""
    for types, kind in ((bool, ValueType.BOOLEAN), ((int, float), ValueType.NUMBER), (str, ValueType.LABEL)):
        if isinstance(value, types):
            return kind
    return None if value is None else ValueType.JSON


def _shown(kind: ValueType, value: Json, scope: Scope) -> Json:
    if kind is ValueType.JSON:
        return _JSON.encode(value, scope)
    if kind is ValueType.LABELS:
        return [str(item) for item in (value if isinstance(value, list) else [value])]
    if kind is ValueType.NUMBER and isinstance(value, bool):
        return float(value)
    if kind in (ValueType.LABEL, ValueType.TEXT) and not isinstance(value, str):
        return _JSON.encode(value, scope)
    return value


def _word(doc: JsonObject, kind: ValueType | None, scope: Scope) -> Json:
    said = extension(doc, scope, _TYPE)
    if kind is None:
        return None if said is ABSENT else said
    if said is not ABSENT and VALUE_TYPES.words.get(said) is kind:
        return said
    return VALUE_TYPES.encode(kind.value, scope)


def read_evaluator(given: JsonObject, scope: Scope) -> JsonObject:
    """Whose score it is."""
    found: JsonObject = {}
    if given.get("evaluator_id") is not None:
        found["evaluator_id"] = EVALUATOR_ID.decode(given["evaluator_id"], scope)
    if given.get("evaluator_name") is not None:
        found["evaluator_name"] = given["evaluator_name"]
    if given.get(_SLUG) is not None:
        found[f"extensions/{scope.dialect}/{_SLUG}"] = given[_SLUG]
    named = given.get(_SLUG) or found.get("evaluator_id")
    if named is not None:
        found["evaluator"] = named
    return found


def show_evaluator(doc: JsonObject, scope: Scope) -> JsonObject:
    """Id, slug and name of the evaluator. A plain name is its own id and slug."""
    key, identifier = doc.get("evaluator"), doc.get("evaluator_id")
    scorer = extension(doc, scope, "scorer")
    if key and scorer is not ABSENT:
        key = str(key).removesuffix(f":{scorer}")
    if key is None and identifier is None:
        return {}
    slug = extension(doc, scope, _SLUG)
    if slug is ABSENT:
        slug = key if key and scope.ids.parse(str(key)) is None else None
    shown = EVALUATOR_ID.encode(identifier or key, scope)
    return {"evaluator_id": shown, _SLUG: slug, "evaluator_name": doc.get("evaluator_name") or slug or shown}


def read_explanation(given: JsonObject, scope: Scope) -> JsonObject:
    """The explanation of a score."""
    return {"explanation": given["explanation"]}


def show_explanation(doc: JsonObject, scope: Scope) -> JsonObject:
    """The explanation; an entry has no field for an error, so that what went wrong stands here when nothing else does."""
    if "explanation" not in doc and "error" not in doc:
        return {}
    error = doc.get("error")
    if error is not None:
        scope.note(Fate.COERCED, "explanation", "error", "shown as the explanation")
        scope.note(Fate.COERCED, "explanation", "explanation", "shows the error, too")
    said = doc.get("explanation")
    return {"explanation": error if said is None else said}


@dataclass(frozen=True)
class Map:
    """A trace's `scores`: entries by evaluator, as the experiment names it; canonically a list."""

    entry: Codec

    def decode(self, value: Json, scope: Scope) -> list[JsonObject]:
        inner = scope.at("*", "*")
        return [{**self.entry.decode(entry, inner), "evaluator": EVALUATOR_ID.decode(key, scope)} for key, entry in value.items()]

    def encode(self, value: list[JsonObject], scope: Scope) -> JsonObject:
        inner = scope.at("*", "*")
        return {EVALUATOR_ID.encode(key, scope): self.entry.encode(score, inner) for key, score in _keyed(value)}


def _keyed(scores: list[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for score in scores:
        yield str(score.get("evaluator") or score.get("evaluator_name") or score.get("id")), score


def nothing(doc: JsonObject, scope: Scope) -> Json:
    """A field that is null unless the vendor said something."""
    return None


def show_score_status(doc: JsonObject, scope: Scope) -> Json:
    """`completed`, or `failed` for a score that is an error."""
    return "failed" if doc.get("error") else "completed"


def read_scored_by(given: JsonObject, scope: Scope) -> JsonObject:
    """The evaluator a new score names. A scorer makes it a score of its own, under `evaluator:scorer` as the histogram's keys have it."""
    named = given.get("evaluator_id") or given.get("evaluator_slug")
    if not named:
        return {}
    key = EVALUATOR_ID.decode(named, scope)
    found: JsonObject = {"evaluator": f"{key}:{given['scorer']}" if given.get("scorer") else key}
    if given.get("evaluator_id"):
        found["evaluator_id"] = key
    if given.get("scorer"):
        found[f"extensions/{scope.dialect}/scorer"] = given["scorer"]
    return found


def say_scored_by(doc: JsonObject, scope: Scope) -> JsonObject:
    """The other way round."""
    said: JsonObject = {}
    scorer = extension(doc, scope, "scorer")
    key = str(doc.get("evaluator") or "")
    if scorer is not ABSENT:
        said["scorer"] = scorer
        key = key.removesuffix(f":{scorer}")
    if doc.get("evaluator_id"):
        said["evaluator_id"] = EVALUATOR_ID.encode(doc["evaluator_id"], scope)
    else:
        said["evaluator_slug"] = EVALUATOR_ID.encode(key, scope)
    return said
