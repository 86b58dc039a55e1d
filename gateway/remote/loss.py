"""What a target cannot say: refused where it changes what would happen, otherwise put where it comes back from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.notes import Fate, Notes
from gateway.local.extensions import joined
from schemas.base import Model
from schemas.errors import Code, CrosswalkError, Issue
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Op
from schemas.references import PARTS
from schemas.status import ExperimentStatus

KEY = "crosswalk"
"""The name under which what is ours stands in a vendor's metadata."""

_DEFINITION = ("/variants/*/steps", "/evaluators", "/pipelines", "/repetitions", "/dataset_id")
CONSEQUENTIAL: Mapping[Op, tuple[str, ...]] = {
    Op.CREATE_EXPERIMENT: (*_DEFINITION, "/dataset_version_id", "/splits", "/examples", "/draft"),
    Op.UPDATE_EXPERIMENT: _DEFINITION,
    Op.CREATE_DATASET: ("/examples/*/input", "/examples/*/reference", "/mode"),
    Op.ADD_EXAMPLES: ("/examples/*/input", "/examples/*/reference"),
    Op.UPDATE_EXAMPLE: ("/input", "/reference"),
    Op.DELETE_EXAMPLES: ("/example_ids", "/where", "/everything"),
    Op.PUT_SCORE: ("/create",),
    Op.START_EXPERIMENT: ("/again",),
    Op.CREATE_EVALUATOR: ("/definition", "/kind"),
    Op.UPDATE_EVALUATOR: ("/definition", "/kind"),
    Op.RUN_EVALUATOR: ("/input", "/output", "/reference"),
    Op.CREATE_PROMPT: ("/definition",),
}
"""Fields whose loss changes what would happen, as JSON Pointers into an operation's arguments and body.

A threshold is none: it is kept, and whoever reads through the gateway is told verdicts by it. Runs are never refused: by then it is too late.
"""

_WAITING = "/variants/*/steps/*/config"
"""What is said of a step that somebody else carries out: no concern of the target's."""

_PARTS = {name: kind for name, kind in PARTS.items() if name != "variants"}
"""Records inside others, which have metadata of their own."""

_EXTENSIONS = "extensions"
_EXTENDED = ("examples", "runs", "scores")
"""Records inside others that have extensions of their own."""

_RECORDS = frozenset({"runs", "examples"})
"""Lists of records that get ids of their own."""

_CHANGED = (Fate.LOST, Fate.COERCED)


CHANGES = frozenset(op for op in Op if op.value.startswith("update_"))
"""Operations whose fields take back what was said before when they say nothing."""


def consequential(op: Op, notes: Notes) -> list[str]:
    """The lost fields that are not merely descriptive."""
    said = CONSEQUENTIAL.get(op, ())
    lost = [note.canonical for note in notes.of(Fate.LOST) if note.canonical != _WAITING]
    return [pointer for pointer in lost if any(_touches(pointer, other) for other in said)]


def saying_nothing(op: Op, body: Model | None, notes: Notes) -> Notes:
    """The notes without those of fields that say what is meant anyway."""
    if body is None or op in CHANGES:
        return notes
    fields = type(body).model_fields
    kept = Notes()
    for note in notes.all():
        name = note.canonical.strip("/")
        usual = fields[name].get_default(call_default_factory=True) if name in fields else None
        if note.fate is not Fate.LOST or name not in fields or getattr(body, name) != usual:
            kept.add(note.fate, note.wire, note.canonical, note.reason)
    return kept


def refused(title: str, op: Op, pointers: Iterable[str]) -> CrosswalkError:
    """The error that names what would have been lost."""
    names = sorted(dict.fromkeys(pointers))
    issues = tuple(Issue(tuple(name.strip("/").split("/")), f"{title} cannot be told this", "lost") for name in names)
    message = f"{title} cannot be told {', '.join(names)}: {op.replace('_', ' ')} would not do what was asked."
    return CrosswalkError(Code.LOSS_REFUSED, message, issues=issues)


def nobody(op: Op, names: Iterable[str]) -> CrosswalkError:
    """The error that names evaluators that cannot judge."""
    said = ", ".join(repr(name[:100]) for name in names)
    message = f"No evaluator that can judge here is named {said}: {op.replace('_', ' ')} would not do what was asked."
    return CrosswalkError(Code.LOSS_REFUSED, message, issues=(Issue(("evaluators",), f"cannot judge here: {said}", "lost"),))


def packed(body: Model, notes: Notes, slots: Mapping[Kind, str], own: Kind | None) -> tuple[Model, frozenset[str]]:
    """The body with what the dialect cannot say in the metadata of the record it belongs to; and the pointers that this keeps."""
    changed = dict.fromkeys(note.canonical for note in notes.all() if note.fate in _CHANGED and note.canonical)
    document, kept = body.model_dump(exclude_unset=True), set()
    plain: JsonObject = body.model_dump(mode="json", exclude_unset=True)
    for pointer in changed:
        if _pack(document, plain, pointer.strip("/").split("/"), slots, own):
            kept.add(pointer)
    return (type(body).model_validate(document) if kept else body), frozenset(kept)


def escaped(body: Model | None, slots: Mapping[Kind, str], own: Kind | None) -> Model | None:
    """The body, where the caller's own metadata use the name of ours, with those metadata inside ours: so they come back as they were."""
    if body is None:
        return None
    document = body.model_dump(exclude_unset=True)
    return type(body).model_validate(document) if _escape(document, slots, own) else body


def _escape(document: JsonObject, slots: Mapping[Kind, str], own: Kind | None) -> bool:
    parts = [(item, kind) for name, kind in _PARTS.items() for item in _items(document.get(name))]
    found = [_escape(item, slots, kind) for item, kind in parts]
    slot = slots.get(own) if own is not None else None
    held = document.get(slot) if slot else None
    if slot is None or not isinstance(held, dict) or KEY not in held:
        return any(found)
    document[slot] = {KEY: {slot: held}}
    return True


def _items(value: Json) -> list[JsonObject]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _pack(document: JsonObject, plain: JsonObject, path: list[str], slots: Mapping[Kind, str], own: Kind | None) -> bool:
    name = path[0]
    kind = _PARTS.get(name)
    if len(path) > 2 and path[1] == "*" and kind in slots and isinstance(plain.get(name), list):
        pairs = zip(document[name], plain[name], strict=True)
        packed = [_pack(item, source, path[2:], slots, kind) for item, source in pairs]
        return any(packed)
    slot = slots.get(own) if own is not None else None
    if slot is None or name not in plain or name == slot or type(document.get(slot, {})) is not dict:
        return False
    held: JsonObject = document.get(slot, {}).get(KEY, {})
    value = joined(held.get(name) or {}, plain[name]) if name == _EXTENSIONS else plain[name]
    document[slot] = {**document.get(slot, {}), KEY: {**held, name: value}}
    return True


def extended(document: JsonObject, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Where a body and the records in it have extensions, as pointers with `*` for the items of lists, and of which dialects."""
    if document.get(_EXTENSIONS):
        yield f"{prefix}/{_EXTENSIONS}", set(document[_EXTENSIONS])
    for name in _EXTENDED:
        for item in document.get(name) or ():
            yield from extended(item, f"{prefix}/{name}/*")


def unkept(body: Model | None, notes: Notes, kept: frozenset[str]) -> JsonObject:
    """The fields of a body that neither the dialect nor a slot can hold, for the gateway's own store."""
    if body is None:
        return {}
    plain: JsonObject = body.model_dump(mode="json", exclude_unset=True)
    pointers = [note.canonical for note in notes.all() if note.fate in _CHANGED and note.canonical not in kept]
    paths = [pointer.strip("/").split("/") for pointer in pointers]
    names = dict.fromkeys(path[0] for path in paths)
    return {name: _parts(plain[name], [path for path in paths if path[0] == name]) for name in names if name in plain}


def _parts(value: Json, paths: list[list[str]]) -> Json:
    """A field to keep. Of a list of records only the fields in question, one object for each."""
    if paths[0][0] not in _RECORDS or any(len(path) < 3 for path in paths):
        return value
    names = dict.fromkeys(path[2] for path in paths)
    return [{name: record[name] for name in names if name in record} for record in value]


def unpacked(document: Json, slots: Mapping[Kind, str], own: Kind | None) -> Json:
    """A record as it was meant: what is ours taken out of its metadata and put in its place."""
    if not isinstance(document, dict):
        return document
    for name, kind in _PARTS.items():
        if isinstance(document.get(name), list):
            document = {**document, name: [unpacked(item, slots, kind) for item in document[name]]}
        elif isinstance(document.get(name), dict):
            document = {**document, name: unpacked(document[name], slots, kind)}
    slot = slots.get(own) if own is not None else None
    held = document.get(slot) if slot else None
    if not isinstance(held, dict) or not isinstance(held.get(KEY), dict):
        return document
    ours = held[KEY]
    rest = {name: value for name, value in held.items() if name != KEY}
    meant = _meant(document, ours)
    if isinstance(meant.get(_EXTENSIONS), dict):
        meant[_EXTENSIONS] = joined(document.get(_EXTENSIONS) or {}, meant[_EXTENSIONS])
    return {**document, str(slot): rest, **meant}


def _meant(document: JsonObject, ours: Mapping[str, Any]) -> JsonObject:
    """What was kept wins, except a status that the records have overtaken."""
    stated, derived = ours.get("status"), document.get("status")
    fields = dict(ours)
    overtaken = stated is not None and derived is not None and not _terminal(stated) and _terminal(derived)
    if overtaken and not ours.get("executed"):
        fields.pop("status")
    return fields


def _terminal(status: str) -> bool:
    return any(word.value == status and word.terminal for word in ExperimentStatus)


def _touches(pointer: str, other: str) -> bool:
    return pointer == other or pointer.startswith(f"{other}/") or other.startswith(f"{pointer}/")
