"""Which fields of canonical documents hold ids, and of what."""

from collections.abc import Callable, Mapping

from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Op

FIELDS: Mapping[str, Kind] = {
    "dataset_id": Kind.DATASET,
    "dataset_version_id": Kind.DATASET_VERSION,
    "version_id": Kind.DATASET_VERSION,
    "experiment_id": Kind.EXPERIMENT,
    "variant_id": Kind.EXPERIMENT,
    "group_id": Kind.EXPERIMENT,
    "example_id": Kind.EXAMPLE,
    "run_id": Kind.RUN,
    "score_id": Kind.SCORE,
    "project_id": Kind.PROJECT,
    "split_id": Kind.SPLIT,
}
"""Fields that refer to another record, by name."""

LISTS: Mapping[str, Kind] = {
    "experiment_ids": Kind.EXPERIMENT,
    "example_ids": Kind.EXAMPLE,
    "add_example_ids": Kind.EXAMPLE,
    "remove_example_ids": Kind.EXAMPLE,
}
"""Fields that list such references."""

RECORDS: Mapping[str, Kind] = {
    "Dataset": Kind.DATASET,
    "DatasetVersion": Kind.DATASET_VERSION,
    "Example": Kind.EXAMPLE,
    "Experiment": Kind.EXPERIMENT,
    "Run": Kind.RUN,
    "Score": Kind.SCORE,
    "Evaluator": Kind.EVALUATOR,
    "Prompt": Kind.PROMPT,
    "Tag": Kind.TAG,
    "Project": Kind.PROJECT,
    "Split": Kind.SPLIT,
    "Document": Kind.DOCUMENT,
}
"""What the `id` of a record names, by its model."""

PARTS: Mapping[str, Kind] = {
    "variants": Kind.EXPERIMENT,
    "scores": Kind.SCORE,
    "example": Kind.EXAMPLE,
    "run": Kind.RUN,
    "examples": Kind.EXAMPLE,
}
"""What the `id` of a record inside another one names, by the field it stands in."""

_OPAQUE = frozenset(
    {"input", "output", "reference", "metadata", "config", "definition", "body", "extensions", "parameters", "value", "tags", "source"}
)

Rename = Callable[[Kind, str], str]


def kind_of(op: Op) -> Kind | None:
    """What the `id` of an operation's reply (or of its items) names."""
    spec = SPECS[op]
    return RECORDS.get((spec.item or spec.reply).__name__)


def renamed(document: Json, rename: Rename, own: Kind | None = None) -> Json:
    """The document with every id in it replaced by `rename(kind, id)`; `own` is what its own `id` names.

    What callers put into records (inputs, outputs, metadata, …) is left alone, whatever it looks like. Unchanged parts are not copied.
    """
    if isinstance(document, list):
        return [renamed(item, rename, own) for item in document]
    if not isinstance(document, dict):
        return document
    return {name: _value(name, value, rename, own) for name, value in document.items()}


def _value(name: str, value: Json, rename: Rename, own: Kind | None) -> Json:
    if value is None or name in _OPAQUE:
        return value
    if name == "id" and own is not None and isinstance(value, str) and value:
        return rename(own, value)
    if name in FIELDS and isinstance(value, str) and value:
        return rename(FIELDS[name], value)
    if name in LISTS and isinstance(value, list):
        return [rename(LISTS[name], item) for item in value]
    if isinstance(value, dict | list):
        return renamed(value, rename, own if name == "items" else PARTS.get(name))
    return value


def found(document: JsonObject, own: Kind | None = None) -> list[tuple[Kind, str]]:
    """Every id in a document, with what it names, in order of appearance and once each."""
    seen: dict[tuple[Kind, str], None] = {}

    def note(kind: Kind, text: str) -> str:
        seen.setdefault((kind, text))
        return text

    renamed(document, note, own)
    return list(seen)
