"""Datasets and their versions."""

from adapters.codecs import Function
from adapters.evalguard.tables.common import DATASET_ID, DOCUMENT_HIDDEN, EXAMPLE_ID, PROJECT_ID, TIME, VERSION_ID
from adapters.evalguard.tables.runs import CASE, SNAPSHOT_CASE
from adapters.mapping import Const, Each, Fold, Part, Row, Shape
from adapters.scope import Scope
from schemas.json import JsonObject

FIELD = Function(
    lambda name: {"expected_output": "reference"}.get(name, name), lambda name: {"reference": "expected_output"}.get(name, name)
)
"""A case's field as snapshots call it."""

_SOURCE = "extensions/evalguard/source"
_MANUAL = "manual"

NEW_DATASET = Shape(
    (
        Row("projectId", "project", PROJECT_ID),
        Row("name", "name"),
        Row("description", "description"),
        Row("source", _SOURCE),
        Row("cases", "examples", Each(CASE)),
        Row("tags", "tags"),
    ),
    hidden={"alias": "the vendor gives the ids", "metadata": "datasets have no metadata"},
)
"""`POST /datasets` (documented); tags are seen in rows only."""

DATASET_PATCH = Shape(
    (Row("name", "name"), Row("description", "description"), Row("source", _SOURCE), Row("tags", "tags")),
    hidden={"metadata": "datasets have no metadata"},
)

DATASET = Shape(
    (
        Row("id", "id", DATASET_ID),
        Row("project_id", "project", PROJECT_ID, default=None),
        Row("name", "name"),
        Row("description", "description"),
        Row("source", _SOURCE, default=_MANUAL),
        Row("item_count", "example_count"),
        Row("tags", "tags"),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
    ),
    hidden={
        "alias": "the vendor gives the ids",
        "metadata": "datasets have no metadata",
        "version_id": "versions are the snapshots somebody took",
        "changes": "told by the number of items",
    },
)
"""A dataset as the Go client decodes it (seen in client, verified)."""

NEW_CASES = Shape((Row("cases", "examples", Each(CASE)),))
"""`POST /datasets/{datasetId}/cases` (documented)."""


def _encode_added(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"added": len(fields.get("ids") or ())}


ADDED = Shape(
    (Fold(("added",), ("ids",), None, _encode_added), Row("ids", "ids", Each(EXAMPLE_ID))), hidden={"version_id": "not a snapshot"}
)
"""What appending answers (inferred: no source shows it)."""

NEW_VERSION = Shape((Row("description", "description"), Row("label", "label")))

_SNAPSHOT = "extensions/canonical/snapshot_number"


def _encode_number(fields: JsonObject, scope: Scope) -> JsonObject:
    """Snapshots count themselves; a state nobody asked to keep goes by its place among all states."""
    return {"version_num": fields.get(_SNAPSHOT) or fields.get("number")}


def _decode_number(fields: JsonObject, scope: Scope) -> JsonObject:
    return {"number": fields["version_num"]}


_VERSION_HIDDEN = {
    "dataset_id": "named by the route",
    "metadata": "versions have no metadata",
    "explicit": "only snapshots are listed",
    "updated_at": "not told",
    "alias": "the vendor gives the ids",
}
VERSION = Shape(
    (
        Row("id", "id", VERSION_ID),
        Fold(("version_num",), ("number", _SNAPSHOT), _decode_number, _encode_number),
        Row("version_label", "label", default=None),
        Row("description", "description", default=None),
        Row("content_hash", "content_hash"),
        Row("case_count", "example_count"),
        Row("source_at_snapshot", _SOURCE, default=None),
        Row("created_at", "created_at", TIME),
        Row("created_by", "created_by", default=None),
    ),
    hidden=_VERSION_HIDDEN,
)
"""A snapshot's row (documented, seen in clients)."""

VERSION_READ = Shape((Part("version", (*VERSION.rows, Row("cases", "examples", Each(SNAPSHOT_CASE)))),), hidden=_VERSION_HIDDEN)
"""A snapshot with its cases: the only typed way to read cases (reference section 7.3)."""


class Versions:
    """The snapshots, and whose they are."""

    item = VERSION

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"items": Each(VERSION).decode(value["versions"], scope.at("versions", "items")), "dataset_id": value["datasetId"]}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        versions = Each(VERSION).encode(value["items"], scope.at("versions", "items"))
        owner = value.get("dataset_id") or next((version.get("dataset_id") for version in value["items"]), None)
        return {"versions": versions, "datasetId": owner if owner is None else DATASET_ID.encode(owner, scope)}


VERSIONS = Versions()

_UNCHANGED = "extensions/canonical/unchanged"
_SAME_CONTENT = "The content has not changed since this version."


def _encode_taken(fields: JsonObject, scope: Scope) -> JsonObject:
    unchanged = bool(fields.get(_UNCHANGED))
    return {"unchanged": unchanged, **({"message": _SAME_CONTENT} if unchanged else {})}


def _decode_taken(fields: JsonObject, scope: Scope) -> JsonObject:
    return {_UNCHANGED: True} if fields.get("unchanged") else {}


VERSION_TAKEN = Shape(
    (Fold(("unchanged", "message"), (_UNCHANGED,), _decode_taken, _encode_taken), Part("version", VERSION.rows)), hidden=_VERSION_HIDDEN
)
"""What taking a snapshot answers: equal content is the same version (documented)."""

RESTORED = Shape(
    (
        Row("restoredFromVersion", "restored_from"),
        Row("caseCount", "example_count"),
        Row("preRestoreVersionNum", "kept_as", default=None),
    ),
    hidden={
        **_VERSION_HIDDEN,
        **dict.fromkeys(("id", "number", "label", "description", "content_hash", "created_at", "created_by"), "not told"),
    },
)
"""What restoring answers; `restored_from` and `kept_as` are the recipe's: which version came back, which one keeps what was there."""

CHANGE = Shape(
    (
        Row("type", "type"),
        Row("caseId", "example_id", EXAMPLE_ID),
        Row("field", "field", FIELD),
        Row("before", "before"),
        Row("after", "after"),
    )
)


def _encode_counts(fields: JsonObject, scope: Scope) -> JsonObject:
    changes = [{name: value for name, value in change.items() if value is not None} for change in fields.get("changes") or ()]
    counts = {name: fields.get(name, 0) for name in _COUNTS}
    return {"diff": {**counts, "sampleChanges": Each(CHANGE).encode(changes, scope.at("diff/sampleChanges", "changes"))}}


def _decode_counts(fields: JsonObject, scope: Scope) -> JsonObject:
    diff = fields["diff"]
    counts = {name: diff[name] for name in _COUNTS if name in diff}
    return {**counts, "changes": Each(CHANGE).decode(diff.get("sampleChanges") or [], scope.at("diff/sampleChanges", "changes"))}


_COUNTS = ("added", "removed", "modified", "unchanged")
DIFFERENCE = Shape(
    (
        Row("fromVersionNum", "from_number"),
        Row("toVersionNum", "to_number"),
        Fold(("diff",), (*_COUNTS, "changes"), _decode_counts, _encode_counts),
    )
)
"""What changed between two versions (documented, seen in clients)."""

HEALTH = Shape(
    (Row("health", "body/health"), Row("labelQuality", "body/labelQuality")),
    hidden={**DOCUMENT_HIDDEN, "id": "not told", "created_at": "not told"},
)
"""What the detectors of data quality found (seen in client)."""

DATASET_DELETED = Shape((Row("id", "id", DATASET_ID), Const("deleted", True)), hidden={"count": "one call deletes one record"})
