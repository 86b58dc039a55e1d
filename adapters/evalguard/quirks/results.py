"""Results as bare arrays."""

from adapters.base import note_unsaid
from adapters.evalguard.quirks.scores import judged
from adapters.evalguard.tables.common import RUN_ID
from adapters.evalguard.tables.runs import RESULT
from adapters.mapping import Each
from adapters.scope import Scope
from schemas.json import Json, JsonObject


class Results:
    """The results of a run, judged by the run's threshold."""

    item = RESULT

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {"items": Each(RESULT).decode(value, scope.at("", "items"))}

    def encode(self, value: Json, scope: Scope) -> Json:
        note_unsaid(value, {"items": True, "threshold": True}, scope)
        return Each(RESULT).encode(value["items"], judged(scope, value.get("threshold")).at("", "items"))


class Uploaded:
    """The ids of uploaded rows, each in an object (seen in client: `[{"id"}]`)."""

    partial = True

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {"ids": [RUN_ID.decode(row["id"], scope) for row in value]}

    def encode(self, value: Json, scope: Scope) -> Json:
        return [{"id": RUN_ID.encode(identity, scope)} for identity in value["ids"]]


RESULTS = Results()
UPLOADED = Uploaded()
