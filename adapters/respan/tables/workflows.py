"""Workflows: versions, list items, filter fields and sort keys. A version's body is kept as it came, in this dialect's words."""

from adapters.codecs import keyed
from adapters.mapping import Const, Fold, Row, Shape
from adapters.respan.quirks.filters import Field, Fields, Filters, ids
from adapters.respan.quirks.pages import Page, Sort
from adapters.respan.quirks.picked import Picked
from adapters.respan.tables.common import PLAIN, TIME, VERSION_ID
from adapters.scope import Scope
from schemas.json import JsonObject

BODY = keyed("body")

VERSION = Shape(
    (
        Row("id", "id", VERSION_ID),
        Row("workflow_id", "key"),
        Row("version", "version"),
        Row("name", "body/name", default=None),
        Row("description", "body/description", default=None),
        Row("version_description", "body/version_description", default=None),
        Row("type", "body/type"),
        Row("trigger_event_type", "body/trigger_event_type", default=None),
        Row("schedule_cron", "body/schedule_cron", default=None),
        Row("is_enabled", "enabled"),
        Row("is_starred", "body/is_starred", PLAIN, default=False),
        Row("is_read_only", "body/is_read_only", PLAIN, default=False),
        Const("is_public", False),
        Row("created_at", "created_at", TIME),
        Row("updated_at", "updated_at", TIME),
        Row("deployed_version", "deployed", default=None),
        Const("tags", []),
        Row("tasks", "body/tasks", default=list),
    ),
    hidden={"kind": "the path says it"},
    keep=False,
)
_LISTED = tuple(row.claims_wire[0][0] for row in VERSION.rows if row.claims_wire[0][0] != "tasks")
PAGE = Page(Picked(VERSION, _LISTED))
VERSIONS_PAGE = Page(Picked(VERSION, _LISTED))
DEPLOYMENT = Picked(VERSION, ("id", "workflow_id", "version", "is_enabled", "is_read_only"))

_SEARCHED = {"type": "", "trigger_event_type": "", "search": "icontains"}


def _narrowed(given: JsonObject, scope: Scope) -> JsonObject:
    tests = [
        {"field": f"body.{'name' if name == 'search' else name}", "operator": _SEARCHED[name], "value": [value]}
        for name, value in given.items()
        if value is not None
    ]
    return {"where": {"all": tests}} if tests else {}


NARROWED = Fold(tuple(_SEARCHED), ("where",), _narrowed)

_PLAIN = ("name", "description", "type", "trigger_event_type", "schedule_cron", "is_starred", "is_read_only")
FIELDS = Fields(
    {
        "id": Field(("id",), ids(VERSION_ID)),
        "workflow_id": Field(("key",)),
        "version": Field(("version",)),
        "created_at": Field(("created_at",)),
        "updated_at": Field(("updated_at",)),
        **{name: Field((f"body.{name}",)) for name in _PLAIN},
    }
)
FILTERS = Filters(FIELDS)
SORT = Sort({**{name: f"body.{name}" for name in ("name", "type")}, **{name: name for name in ("created_at", "updated_at", "version")}})
