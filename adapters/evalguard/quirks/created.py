"""What the creation of an experiment answers: documented as a bare success, expected with an id (reference sections 4.1, 4.2, 16)."""

from adapters.evalguard.tables.common import ENVELOPE
from adapters.mapping import ABSENT, pick
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.json import Json

_ID_PLACES = (("experiment", "id"), ("experimentId",), ("experiment_id",), ("runId",), ("job_id",))


class Created:
    """The envelope, or with `bare_create` the bare success. Read, the id is taken from wherever a live service may put it."""

    def decode(self, value: Json, scope: Scope) -> Json:
        data = value.get("data")
        if isinstance(data, dict) and "id" in data:
            return data
        content = data if isinstance(data, dict) else {}
        found = next((identity for path in _ID_PLACES if (identity := pick(content, path)) is not ABSENT), value.get("id"))
        if found is None:
            # Nothing may be sent again: the vendor does not know repeated creations of experiments.
            raise CrosswalkError(Code.OUTCOME_UNKNOWN, "The experiment was started, but the answer does not say which it is.")
        return {**content, "id": found}

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"success": True} if scope.options.bare_create else ENVELOPE.encode(value, scope)


CREATED = Created()
