"""Filters of lists: the vendor's maps (and the list of its first form) as canonical conditions.

A map names fields; each has one condition `{"operator", "value"}`, several of them in an array, or a bare value. `connector` on a condition says how
it joins what stands before it (AND unless told). A bundle `{"connector", "filter_params"}` joins its own fields by its connector.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from adapters.mapping import Codec
from adapters.notes import Fate
from adapters.respan.quirks.errors import bad_field
from adapters.scope import Scope
from schemas.errors import CrosswalkError
from schemas.filters import OPERATORS, matches
from schemas.json import Json, JsonObject

Values = Callable[[Json, Scope], list[Json]]
"""One value of a condition, as the values the canonical field may have."""

# Operators that ask about presence: their value is a yes or no, never one of the field's.
_ABOUT_PRESENCE = frozenset({"isnull", "isNull", "empty", "not_empty", "notEmpty", "has_key", "hasKey"})
# Index searches of the vendor's database; the nearest thing here is a substring.
_NEAREST = {"trigram_word_similar": "icontains", "full_text_search": "icontains"}
_FUNCTIONS = {"mapContainsKey": "has_key"}
_EVERYTHING: JsonObject = {"all": []}
_NOTHING: JsonObject = {"any": []}


def _same(value: Json, scope: Scope) -> list[Json]:
    return [value]


@dataclass(frozen=True)
class Field:
    """One filter field: the canonical fields it may be found in, and how its values are read."""

    canonical: tuple[str, ...]
    values: Values = _same


@dataclass(frozen=True)
class Constant:
    """A filter field that has the same value in every record of ours."""

    value: Json


@dataclass(frozen=True)
class Fields:
    """The filter fields of one list; `prefixes` are families such as `metadata__<key>`."""

    named: Mapping[str, Field | Constant]
    prefixes: Mapping[str, Callable[[str, Scope], Field]] = field(default_factory=dict)

    def find(self, name: str, scope: Scope) -> Field | Constant:
        """The field of that name; raises `CrosswalkError` for a name this list does not have."""
        known = self.named.get(name)
        if known is not None:
            return known
        for prefix, make in self.prefixes.items():
            if name.startswith(prefix) and len(name) > len(prefix):
                return make(name[len(prefix) :], scope)
        raise bad_field("filters", f"Unknown filter field: {name[:100]}", name[:100])


@dataclass(frozen=True)
class Filters:
    """The `filters` of a body as the `where` of a list's arguments."""

    fields: Fields

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        where = condition(value.get("filters"), self.fields, scope)
        return {} if where is None else {"where": where}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        # Whoever calls the vendor filters for itself: filtered lists were recorded to answer 500.
        if value.get("where") is not None:
            scope.note(Fate.EMULATED, "filters", "where", "filtered after reading")
        return {}


def condition(filters: Json, fields: Fields, scope: Scope) -> JsonObject | None:
    """The condition that filters mean, None when there are none. Raises `CrosswalkError` for a shape, field or operator nobody knows."""
    if filters in (None, {}, []):
        return None
    if isinstance(filters, list):
        return _joined(_first_form(item, fields, scope) for item in filters)
    if not isinstance(filters, dict):
        raise bad_field("filters", f'Expected a dictionary of items but got type "{type(filters).__name__}".', filters)
    if "filter_params" in filters:
        return _bundle(filters, fields, scope)[1]
    return _joined(part for name, given in filters.items() for part in _parts(name, given, fields, scope))


_Part = tuple[str, JsonObject]


def _parts(name: str, given: Json, fields: Fields, scope: Scope) -> Iterable[_Part]:
    if isinstance(given, dict) and "filter_params" in given:
        return [_bundle(given, fields, scope)]
    several = isinstance(given, list) and any(isinstance(item, dict) for item in given)
    return [_one(name, item, fields, scope) for item in (given if several else [given])]


def _bundle(given: JsonObject, fields: Fields, scope: Scope) -> _Part:
    connector, inner = _connector(given), given["filter_params"]
    if isinstance(inner, dict):
        parts = [part for name, item in inner.items() for part in _parts(name, item, fields, scope)]
    elif isinstance(inner, list):
        parts = [_first_form(item, fields, scope) for item in inner]
    else:
        raise bad_field("filters", "filter_params must be a dictionary or a list.", inner)
    return "AND", _joined((connector, part) for _, part in parts) or _EVERYTHING


def _first_form(item: Json, fields: Fields, scope: Scope) -> _Part:
    if isinstance(item, dict) and "filter_params" in item:
        return _bundle(item, fields, scope)
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        raise bad_field("filters", 'Every filter of a list needs a "field".', item)
    return _one(item["field"], {name: value for name, value in item.items() if name != "field"}, fields, scope)


def _one(name: str, given: Json, fields: Fields, scope: Scope) -> _Part:
    if not isinstance(given, dict):
        given = {"value": given}
    operator, value = _operator(given, scope), given.get("value")
    if given.get("operator_function") is not None:
        operator, value = _function(given), given.get("operator_args") or []
    return _connector(given), _leaf(fields.find(name, scope), operator, value, scope)


def _operator(given: JsonObject, scope: Scope) -> str:
    operator = given.get("operator", "")
    if operator is None:
        return ""
    if isinstance(operator, str) and operator in _NEAREST:
        scope.note(Fate.COERCED, "filters", "where", f"{operator} is answered as {_NEAREST[operator]}")
        return _NEAREST[operator]
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise bad_field("filters", f"Unknown operator: {str(operator)[:40]}", operator)
    return operator


def _function(given: JsonObject) -> str:
    name = given["operator_function"]
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise bad_field("filters", f"Unknown operator_function: {str(name)[:40]}", name)
    return _FUNCTIONS[name]


def _connector(given: JsonObject) -> str:
    word = str(given.get("connector") or "AND").upper()
    if word not in ("AND", "OR"):
        raise bad_field("filters", "connector is AND or OR.", given.get("connector"))
    return word


def _leaf(known: Field | Constant, operator: str, value: Json, scope: Scope) -> JsonObject:
    if isinstance(known, Constant):
        try:
            return _EVERYTHING if matches(operator, known.value, value) else _NOTHING
        except ValueError as error:
            raise bad_field("filters", str(error)) from None
    if operator not in _ABOUT_PRESENCE:
        value = [item for given in (value if isinstance(value, list) else [value]) for item in known.values(given, scope)]
    leaves: list[JsonObject] = [{"field": name, "operator": operator, "value": value} for name in known.canonical]
    if len(leaves) == 1:
        return leaves[0]
    negative = matches(operator, None, ["x"])
    return {"all": leaves} if negative else {"any": leaves}


def _joined(parts: Iterable[_Part]) -> JsonObject | None:
    """Conditions in their order, each joined to all before it by its own connector."""
    joined: JsonObject | None = None
    for connector, part in parts:
        kind = "any" if connector == "OR" else "all"
        if joined is None:
            joined = part
        elif set(joined) == {kind} and joined[kind]:
            joined = {kind: [*joined[kind], part]}
        else:
            joined = {kind: [joined, part]}
    return joined


def words(table: Mapping[str, Iterable[str]]) -> Values:
    """Values that are words with meanings: each becomes the canonical words it stands for."""

    def read(value: Json, scope: Scope) -> list[Json]:
        return list(table.get(str(value), [value]))

    return read


def ids(codec: Codec) -> Values:
    """Values that are ids; one that is no id of this kind matches nothing, which is not an error of a filter."""

    def read(value: Json, scope: Scope) -> list[Json]:
        try:
            return [codec.decode(value, scope)]
        except CrosswalkError:
            return [value]

    return read


def times(factor: float) -> Values:
    """Numbers that the canonical field counts `factor` times as high; anything else stays as it is."""

    def read(value: Json, scope: Scope) -> list[Json]:
        try:
            return [float(value) * factor]
        except (TypeError, ValueError):
            return [value]

    return read
