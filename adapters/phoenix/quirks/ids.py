"""Node ids: standard base64, with padding, of `TypeName:number`. No look-up: both forms of an id hold the same number."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import NamedTuple

from adapters.mapping import ABSENT
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason, malformed, wrong_kind
from schemas.ids import MAX_NUMBER, Ids, Kind
from schemas.json import Json, JsonObject

TYPE_NAMES = {
    Kind.DATASET: "Dataset",
    Kind.DATASET_VERSION: "DatasetVersion",
    Kind.EXAMPLE: "DatasetExample",
    Kind.SPLIT: "DatasetSplit",
    Kind.LABEL: "DatasetLabel",
    Kind.EXPERIMENT: "Experiment",
    Kind.RUN: "ExperimentRun",
    Kind.SCORE: "ExperimentEvaluation",
    Kind.TAG: "ExperimentTag",
    Kind.PROJECT: "Project",
    Kind.SPAN: "Span",
}
DOCUMENTS = frozenset({Kind.LABEL})
"""Kinds of records that are kept as documents: their ids count documents."""

KINDS = {name: kind for kind, name in TYPE_NAMES.items()}
LARGEST_LIMIT = 2**62
_CANONICAL = re.compile(r"\b[0-9a-f]{32}\b")
_NODE = re.compile(r"\b[A-Za-z0-9]{8,60}={0,2}")


class Node(NamedTuple):
    """A node id taken apart. `number` is None when what follows the colon is no integer."""

    type_name: str
    number: int | None


def read_node(text: str) -> Node | None:
    """A node id's parts; None for missing padding, other than UTF-8, or no colon. Characters outside the alphabet are skipped, as the server skips them."""
    try:
        decoded = base64.b64decode(text.encode("ascii", "ignore"), validate=False).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    type_name, colon, number = decoded.partition(":")
    if not colon:
        return None
    try:
        return Node(type_name, int(number))
    except ValueError:
        return Node(type_name, None)


def write_node(type_name: str, number: int) -> str:
    """The node id of record `number`."""
    return base64.b64encode(f"{type_name}:{number}".encode()).decode()


def refers_to(text: str) -> str:
    """The type a node id names, "" when it is none."""
    node = read_node(text)
    return node.type_name if node else ""


def made(kind: Kind, number: int, scope: Scope) -> str:
    """The canonical id of record `number` (any integer: a row that no database could hold names nothing).

    Documents are the gateway's own, whichever target the rest is at: their numbers are those of its store.
    """
    number = number if 0 < number <= MAX_NUMBER else MAX_NUMBER
    if kind in DOCUMENTS or kind is Kind.DOCUMENT:
        return Ids(scope.ids.salt).make(Kind.DOCUMENT, number)
    return scope.ids.make(kind, number)


@dataclass(frozen=True)
class NodeId:
    """The node id of one kind of record. Row `01` and ` 1 ` are row 1; a row no database could hold names nothing.

    `type_name` is the type's name where the kind does not tell it (documents are of many types).
    """

    kind: Kind
    type_name: str = ""

    @property
    def type(self) -> str:
        """The type's name in ids."""
        return self.type_name or TYPE_NAMES[self.kind]

    def decode(self, value: Json, scope: Scope) -> str:
        node = read_node(value) if isinstance(value, str) else None
        if node is None:
            raise malformed(self.kind, str(value))
        if node.type_name != self.type or node.number is None:
            raise wrong_kind(self.kind, value)
        return made(self.kind, node.number, scope)

    def encode(self, value: Json, scope: Scope) -> str:
        identity = scope.ids.parse(str(value))
        if identity is None:
            # An id from elsewhere has no number to write: saying so is better than an id that means nothing.
            raise malformed(self.kind, str(value))
        return write_node(self.type, identity.number)


@dataclass(frozen=True)
class NodeOrName:
    """A record named by node id or by its name. A name passes as it is when it fits `pattern`."""

    kind: Kind
    pattern: str = ""

    def decode(self, value: Json, scope: Scope) -> str:
        text = str(value)
        node = read_node(text)
        if node is not None and node.number is not None and node.type_name == TYPE_NAMES[self.kind]:
            return made(self.kind, node.number, scope)
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise malformed(self.kind, text)
        return text

    def encode(self, value: Json, scope: Scope) -> str:
        identity = scope.ids.parse(str(value))
        return str(value) if identity is None else write_node(TYPE_NAMES[self.kind], identity.number)


@dataclass(frozen=True)
class NodeOnly(NodeId):
    """A node id of one kind where the server does not tell another kind's id from what is none."""

    def decode(self, value: Json, scope: Scope) -> str:
        try:
            return super().decode(value, scope)
        except CrosswalkError:
            raise malformed(self.kind, str(value)) from None


class IdsInText:
    """A text in which ids are spelled, as the description of an experiment's project names dataset and version."""

    def decode(self, value: Json, scope: Scope) -> str:
        def canonical(found: re.Match[str]) -> str:
            node = read_node(found[0])
            kind = KINDS.get(node.type_name) if node else None
            return scope.ids.make(kind, node.number) if kind and node and node.number and 0 < node.number <= MAX_NUMBER else found[0]

        return _NODE.sub(canonical, str(value))

    def encode(self, value: Json, scope: Scope) -> str:
        def node(found: re.Match[str]) -> str:
            identity = scope.ids.parse(found[0])
            return write_node(TYPE_NAMES[identity.kind], identity.number) if identity and identity.kind in TYPE_NAMES else found[0]

        return _CANONICAL.sub(node, str(value))


@dataclass(frozen=True)
class Place:
    """A list's place and size: `cursor` is the node id of the first item of the page, and need not exist any more.

    `any_type` takes the number of whatever id comes (the list of runs does); `ascending` says how the list is ordered; `type_name` as of `NodeId`.
    """

    kind: Kind
    any_type: bool = False
    ascending: bool = False
    type_name: str = ""

    def decode(self, given: JsonObject, scope: Scope) -> JsonObject:
        """The canonical `cursor` and `limit`. Raises BAD_CURSOR."""
        place: JsonObject = {}
        if "limit" in given:
            place["limit"] = min(given["limit"], LARGEST_LIMIT)
        if given.get("cursor"):
            number = self._number(given["cursor"])
            if number > 0:
                place["cursor"] = made(self.kind, number, scope)
            elif not self.ascending:
                # Below the first row: an empty page.
                place["limit"] = 0
        return place

    def encode(self, place: JsonObject, scope: Scope) -> JsonObject:
        """The query of a canonical `cursor` and `limit`."""
        cursor = place.get("cursor")
        return {
            "cursor": NodeId(self.kind, self.type_name).encode(cursor, scope) if cursor else ABSENT,
            "limit": place.get("limit", ABSENT),
        }

    def _number(self, cursor: str) -> int:
        node = read_node(cursor)
        if node is None or node.number is None or not (self.any_type or node.type_name == NodeId(self.kind, self.type_name).type):
            raise CrosswalkError(Code.INVALID_REQUEST, f"Invalid cursor format: {cursor}", Reason.BAD_CURSOR, self.kind, cursor)
        return node.number
