"""The translation engine: rows that say where a field stands on the wire and in the canonical model, used in both directions.

doc  = shape.decode(wire, scope)      what no row claims goes to doc["extensions"][dialect] and into the notes
wire = shape.encode(doc, scope)       what the dialect cannot say goes into the notes as lost
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import invalid
from schemas.json import Json, JsonObject


class Absent:
    """The value of a field that is not there, which is neither null nor empty."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Any = Absent()
_ANY_JSON = frozenset({"input", "output", "reference", "value"})

Path = tuple[str, ...]


@runtime_checkable
class Codec(Protocol):
    """Translates one value. Neither method sees null or absent values unless the codec says `takes_null`."""

    def decode(self, value: Json, scope: Scope) -> Json:
        """Wire → canonical; raises `CrosswalkError` for a value that cannot be meant."""

    def encode(self, value: Json, scope: Scope) -> Json:
        """Canonical → wire."""


class Same:
    """The value is the same on both sides."""

    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value


SAME = Same()


@dataclass(frozen=True)
class Row:
    """One field: its path on the wire, its path in the canonical model (`/` between steps, digits index lists), how its value is translated.

    `default` is what the wire shows when the canonical side has nothing (a factory when callable). `way` limits the row: "in" is accepted
    and never written, "out" is written and on the way in claimed without effect.
    """

    wire: str
    canonical: str
    codec: Codec = SAME
    default: Json = ABSENT
    way: str = "both"

    @cached_property
    def wire_path(self) -> Path:
        return tuple(self.wire.split("/"))

    @cached_property
    def canonical_path(self) -> Path:
        return tuple(self.canonical.split("/"))

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return (self.wire_path,)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return (self.canonical_path,) if self.way != "in" else ()

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        if self.way == "out":
            return
        value = pick(wire, self.wire_path)
        if value is ABSENT or pick(doc, self.canonical_path) is not ABSENT:
            return
        if self.codec is not SAME and (value is not None or getattr(self.codec, "takes_null", False)):
            value = self.codec.decode(value, scope.at(self.wire, self.canonical))
        if value is not ABSENT:
            put(doc, self.canonical_path, value)

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        if self.way == "in":
            return
        value = pick(doc, self.canonical_path)
        if self.codec is SAME:
            pass
        elif value is None and not getattr(self.codec, "takes_null", False):
            value = None if self.default is ABSENT else self._fallback()
        elif value is not ABSENT:
            value = self.codec.encode(value, scope.at(self.wire, self.canonical))
        if value is ABSENT:
            value = self._fallback()
        if value is not ABSENT:
            put(wire, self.wire_path, value)

    def _fallback(self) -> Json:
        return self.default() if callable(self.default) else self.default


@dataclass(frozen=True)
class Fold:
    """Several fields that only make sense together, by a pair of small pure functions.

    `decode` takes the wire fields that are there and gives canonical fields; `encode` the reverse. Both get and give flat mappings keyed by the names listed.
    """

    wire: tuple[str, ...]
    canonical: tuple[str, ...]
    decode_fields: Callable[[JsonObject, Scope], JsonObject] | None = None
    encode_fields: Callable[[JsonObject, Scope], JsonObject] | None = None

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return tuple(tuple(name.split("/")) for name in self.wire)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return tuple(tuple(name.split("/")) for name in self.canonical)

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        if self.decode_fields is None:
            return
        given = _gather(wire, self.wire)
        if given:
            _scatter(doc, self.decode_fields(given, scope), keep=True)

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        if self.encode_fields is not None:
            _scatter(wire, self.encode_fields(_gather(doc, self.canonical), scope), keep=False)


@dataclass(frozen=True)
class Const:
    """A wire field that always has the same value when we write it, and tells nothing when we read it."""

    wire: str
    value: Json

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return (tuple(self.wire.split("/")),)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return ()

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        return

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        put(wire, tuple(self.wire.split("/")), self.value() if callable(self.value) else self.value)


@dataclass(frozen=True)
class Preset:
    """A canonical field that the dialect always means and has no words for; `value` may be a function of the surroundings."""

    canonical: str
    value: Json
    reason: str = "the dialect cannot say anything else"

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return ()

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return (tuple(self.canonical.split("/")),)

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        put(doc, tuple(self.canonical.split("/")), self._meant(scope))

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        if pick(doc, tuple(self.canonical.split("/"))) not in (ABSENT, None, self._meant(scope)):
            scope.note(Fate.LOST, "", self.canonical, self.reason)

    def _meant(self, scope: Scope) -> Json:
        return self.value(scope) if callable(self.value) else self.value


@dataclass(frozen=True)
class Part:
    """An object on the wire whose fields belong to the same canonical document as those around it."""

    wire: str
    rows: tuple["AnyRow", ...]

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        return tuple((self.wire, *path) for row in self.rows for path in row.claims_wire)

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        return tuple(path for row in self.rows for path in row.claims_canonical)

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        content = wire.get(self.wire)
        if isinstance(content, dict):
            for row in self.rows:
                row.decode(content, doc, scope.at(self.wire, ""))

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        content: JsonObject = {}
        for row in reversed(self.rows):
            row.encode(doc, content, scope.at(self.wire, ""))
        wire[self.wire] = dict(reversed(content.items()))


class AnyRow(Protocol):
    """One row of a shape. A dialect may have rows of its own where a fact needs more than a path and a codec."""

    @property
    def claims_wire(self) -> tuple[Path, ...]:
        """The wire paths this row reads or writes."""

    @property
    def claims_canonical(self) -> tuple[Path, ...]:
        """The canonical paths this row reads or writes."""

    def decode(self, wire: JsonObject, doc: JsonObject, scope: Scope) -> None:
        """Take from `wire` into `doc`."""

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        """Take from `doc` into `wire`."""


@dataclass(frozen=True)
class Shape:
    """An object: its rows, and written excuses for what has none.

    `ignored` names wire fields that mean nothing to anybody, with the reason. `hidden` names canonical fields this dialect cannot show, with the
    reason; when such a field has a value, the notes say it was lost (in a reply: hidden). Where rows overlap the first one wins in both directions.
    `keep` false drops unclaimed wire fields after noting them (for objects without a place for extensions).
    `since` names the wire fields that came with a version of the vendor's server; `absent` are those that this one does not have,
    `unshown` the canonical fields that it therefore does not tell.
    """

    rows: tuple[AnyRow, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    keep: bool = True
    echo: bool = False
    since: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    unshown: frozenset[str] = frozenset()

    @cached_property
    def _wire_claims(self) -> dict[str, Any]:
        paths = [path for row in self.rows for path in row.claims_wire] + [(name,) for name in self.ignored]
        return _trie(paths)

    @cached_property
    def _canonical_claims(self) -> dict[str, Any]:
        paths = [path for row in self.rows for path in row.claims_canonical] + [("extensions",)]
        return _trie(paths)

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        """The canonical document of a wire object. Raises CrosswalkError (invalid_request) for what is none."""
        if not isinstance(value, dict):
            raise invalid("should be an object", *scope.wire.strip("/").split("/"), type="dict_type", input=value)
        doc: JsonObject = {}
        for row in self.rows:
            row.decode(value, doc, scope)
        rest = unclaimed(value, self._wire_claims)
        for pointer in self.ignored:
            if pointer in value:
                scope.note(Fate.IGNORED, pointer, "", self.ignored[pointer])
        fate, reason = (Fate.KEPT_ASIDE, "no canonical field") if self.keep else (Fate.LOST, "no place to keep it")
        for name in rest:
            scope.note(fate, name, "", reason)
        if rest and self.keep and scope.dialect:
            merge(doc.setdefault("extensions", {}).setdefault(scope.dialect, {}), rest)
        return doc

    def encode(self, value: Json, scope: Scope) -> JsonObject:
        """The wire object of a canonical document."""
        wire: JsonObject = {}
        if self.echo:
            merge(wire, pick(value, ("extensions", scope.dialect)) or {})
        for row in reversed(self.rows):
            row.encode(value, wire, scope)
        wire = self._ordered(wire)
        for name in self.absent:
            wire.pop(name, None)
        for name, content in unclaimed(value, self._canonical_claims).items():
            if says_something(name, content):
                scope.note(Fate.LOST, "", name, self.hidden.get(name, "no field in this dialect"))
        return wire

    def unsaid(self, value: JsonObject) -> Mapping[str, str]:
        """The canonical fields of a document that no row says, whatever their values, with the reason."""
        return {name: self.hidden.get(name, "no field in this dialect") for name in unclaimed(value, self._canonical_claims)}

    def extends(self, dialect: str) -> bool:
        """Whether what no canonical field claims of this dialect's is said, or part of it."""
        paths = (path for row in self.rows for path in row.claims_canonical)
        return (self.echo and dialect != "") or any(path[:2] == ("extensions", dialect) for path in paths)

    def without(self, names: frozenset[str]) -> "Shape":
        """The shape of a server that does not have these wire fields yet."""
        if not names:
            return self
        kept = tuple(row for row in self.rows if not row.claims_wire or any(path[0] not in names for path in row.claims_wire))
        gone = frozenset(path[0] for row in self.rows if row not in kept for path in row.claims_canonical)
        excuses = dict.fromkeys(gone, "this version of the server has no field for it")
        return replace(self, rows=kept, absent=names, unshown=gone, hidden={**excuses, **self.hidden})

    @cached_property
    def _order(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path[0] for row in self.rows for path in row.claims_wire))

    def _ordered(self, wire: JsonObject) -> JsonObject:
        # Rows stand in the order of the wire; walking them in reverse wrote them backwards.
        ordered = {name: wire[name] for name in self._order if name in wire}
        ordered.update((name, value) for name, value in wire.items() if name not in ordered)
        return ordered


@dataclass(frozen=True)
class Each:
    """A list whose items are each translated by one codec."""

    item: Codec

    def decode(self, value: Json, scope: Scope) -> list[Json]:
        inner = scope.at("*", "*")
        return [self.item.decode(entry, inner) for entry in value]

    def encode(self, value: Json, scope: Scope) -> list[Json]:
        inner = scope.at("*", "*")
        return [self.item.encode(entry, inner) for entry in value]


def says_something(name: str, value: Json) -> bool:
    """Whether a canonical field tells anything by its value: an empty one does where any JSON may stand."""
    return value is not None if name.rpartition("/")[2] in _ANY_JSON else value not in (None, [], {})


def pick(document: Json, path: Path) -> Json:
    """The value at `path`, or ABSENT."""
    for step in path:
        if isinstance(document, dict):
            if step not in document:
                return ABSENT
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return ABSENT
    return document


def put(document: JsonObject, path: Path, value: Json) -> None:
    """Set the value at `path`, making objects and lists on the way."""
    here: Any = document
    for step, following in zip(path, (*path[1:], None), strict=True):
        fresh: Any = value if following is None else ([] if following.isdigit() else {})
        if isinstance(here, list):
            index = int(step)
            here.extend({} for _ in range(index + 1 - len(here)))
            if following is None:
                here[index] = value
            here = here[index]
        elif following is None or step not in here or here[step] is None:
            here[step] = fresh
            here = fresh
        else:
            here = here[step]


def merge(into: JsonObject, other: JsonObject) -> None:
    """Add `other` to `into`, going into objects both have."""
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def unclaimed(document: Json, claims: dict[str, Any]) -> JsonObject:
    """The parts of an object (or list, by index) that no path of `claims` covers."""
    rest: JsonObject = {}
    items = document.items() if isinstance(document, dict) else ((str(index), item) for index, item in enumerate(document))
    for name, value in items:
        inner = claims.get(name)
        if inner is None:
            rest[name] = value
        elif inner and isinstance(value, dict | list):
            deeper = unclaimed(value, inner)
            if deeper:
                rest[name] = deeper
    return rest


def _trie(paths: Iterable[Path]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    whole: set[Path] = set()
    for path in sorted(paths, key=len):
        if any(path[:length] in whole for length in range(1, len(path))):
            continue
        whole.add(path)
        here = root
        for step in path:
            here = here.setdefault(step, {})
    return root


def _gather(document: JsonObject, names: tuple[str, ...]) -> JsonObject:
    found = ((name, pick(document, tuple(name.split("/")))) for name in names)
    return {name: value for name, value in found if value is not ABSENT}


def _scatter(document: JsonObject, fields: JsonObject, keep: bool) -> None:
    for name, value in fields.items():
        path = tuple(name.split("/"))
        if value is not ABSENT and not (keep and pick(document, path) is not ABSENT):
            put(document, path, value)
