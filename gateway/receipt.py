"""A receipt's content and the headers that announce it: which fields did not simply pass, and why. Pointers and reasons, never values."""

from urllib.parse import quote

from adapters.notes import Fate, Notes
from schemas.json import JsonObject

_SHOWN = 8
_LONGEST = 200
_MOST = 500


def content(notes: Notes, dialect: str, target: str, operation: str, origin: str, theirs: Notes | None = None) -> JsonObject | None:
    """What to keep of an exchange, None when every field simply passed or was merely not shown.

    `theirs` are the notes of a target that speaks another dialect: its pointers stand under `target_wire`.
    """
    fates: dict[str, list[JsonObject]] = {}
    for side, name in ((notes, "wire"), (theirs, "target_wire")):
        for note in side.all()[:_MOST] if side else ():
            fates.setdefault(note.fate.value, []).append({name: note.wire, "canonical": note.canonical, "reason": note.reason})
    if not fates.keys() - {Fate.HIDDEN.value}:
        return None
    return {"dialect": dialect, "target": target, "operation": operation, "origin": origin, **fates}


def lost_header(notes: Notes, theirs: Notes | None = None) -> str | None:
    """The value of `Crosswalk-Lost`: percent-encoded pointers, bounded, `+N` for those not shown; None when nothing was lost."""
    lost = [note.canonical or note.wire for side in (notes, theirs) if side for note in side.of(Fate.LOST)]
    if not lost:
        return None
    shown = [quote(pointer, safe="/*")[:_LONGEST] for pointer in lost[:_SHOWN]]
    return ", ".join([*shown, *([f"+{len(lost) - _SHOWN}"] if len(lost) > _SHOWN else [])])
