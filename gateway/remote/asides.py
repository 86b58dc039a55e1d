"""What a target has no place for, kept beside its records in our own store."""

from collections.abc import Iterable, Sequence
from math import isclose

from cachetools import TTLCache
from sqlalchemy import bindparam, select

from gateway.local.extensions import joined
from gateway.remote.incarnation import INCARNATION, Telling, another
from gateway.store import Store, Transaction
from gateway.store.tables import asides
from schemas.base import Record
from schemas.json import Json, JsonObject
from schemas.status import ExperimentStatus

ANNOUNCED = "announced"
"""Kept beside an experiment each of whose missing runs is one that waits for its caller."""

_EXTENSIONS = "extensions"
_CHUNK = 400
_SCOPES = 10_000
# Another gateway on the same store may keep something at any time.
_TRUSTED_SECONDS = 1.0
_OWN = (asides.c.target == bindparam("space"), asides.c.scope == bindparam("owner"))
_ANY = select(asides.c.record).where(*_OWN).limit(1)
_FIND = select(asides.c.record, asides.c.body).where(*_OWN, asides.c.record.in_(bindparam("records", expanding=True)))
_DROP = asides.delete().where(*_OWN, asides.c.record == bindparam("one"))


_OF_A_RECORD = (*Record.model_fields, "run_id", "experiment_id")
"""What a score is known by, whatever it says."""


class Asides:
    """The fields kept aside of one target's records, by canonical id and by the scope of those who may see them.

    `telling` says how records are told apart whose ids the vendor gives again: what is kept of the one is not shown with the other.
    """

    def __init__(self, store: Store, space: int, telling: Telling | None = None) -> None:
        self._store = store
        self._space = space
        self.telling = telling or {}
        self._some: set[str] = set()
        self._none: TTLCache[str, bool] = TTLCache(_SCOPES, _TRUSTED_SECONDS)

    async def put(self, scope: str, record: str, fields: JsonObject, *, anew: bool) -> None:
        """Keep these fields; `anew` forgets what was kept before, for a record that has just been made. So does a mark of another record among them."""
        if fields or anew:
            await self._store.write(_put, self._space, scope, record, fields, anew)
        if fields:
            self._some.add(scope)
            self._none.pop(scope, None)

    async def of(self, scope: str, records: Sequence[str]) -> dict[str, JsonObject]:
        """What is kept of each of these records."""
        if not records or not await self.some(scope):
            return {}
        return await self._store.read(find, self._space, scope, list(dict.fromkeys(records)))

    async def forget(self, scope: str, record: str) -> None:
        """Drop what is kept of a record that is gone."""
        await self._store.write(_drop, self._space, scope, record)

    async def some(self, scope: str) -> bool:
        """Whether anything is kept for this scope."""
        if scope in self._some or scope in self._none:
            return scope in self._some
        if await self._store.read(_holds, self._space, scope):
            self._some.add(scope)
        elif scope not in self._some:
            self._none[scope] = True
        return scope in self._some


def _holds(tx: Transaction, space: int, scope: str) -> bool:
    return tx.first(_ANY, {"space": space, "owner": scope}) is not None


def find(tx: Transaction, space: int, scope: str, records: Sequence[str]) -> dict[str, JsonObject]:
    """What is kept of each of these records of a target."""
    found: dict[str, JsonObject] = {}
    for start in range(0, len(records), _CHUNK):
        rows = tx.rows(_FIND, {"space": space, "owner": scope, "records": records[start : start + _CHUNK]})
        found.update((row.record, row.body) for row in rows)
    return found


def _put(tx: Transaction, space: int, scope: str, record: str, fields: JsonObject, anew: bool) -> None:
    known = {} if anew else find(tx, space, scope, [record]).get(record, {})
    known = {} if another(known, fields) else known
    _drop(tx, space, scope, record)
    if known or fields:
        body = {**known, **fields, **_extended(known, fields)}
        tx.execute(asides.insert(), {"target": space, "scope": scope, "record": record, "body": body, "updated_at": tx.now})


def _drop(tx: Transaction, space: int, scope: str, record: str) -> None:
    tx.execute(_DROP, {"space": space, "owner": scope, "one": record})


def _extended(known: JsonObject, said: JsonObject) -> JsonObject:
    """The extensions of a record with those that were said of it, where either has any."""
    if not isinstance(said.get(_EXTENSIONS), dict):
        return {}
    return {_EXTENSIONS: joined(known.get(_EXTENSIONS) or {}, said[_EXTENSIONS])}


def restored(document: JsonObject, kept: JsonObject | None) -> JsonObject:
    """A record with what was kept of it. Of its counts only those stand that were kept; a status is what was kept unless the record has ended since; its
    scores are those that the target shows.
    """
    if not kept:
        return document
    whole = {**document, **kept, **_extended(document, kept)}
    whole.pop(INCARNATION, None)
    if isinstance(kept.get("counts"), dict):
        whole["counts"] = {**(document.get("counts") or {}), **kept["counts"]}
    if kept.get(ANNOUNCED) and isinstance(whole.get("counts"), dict):
        missing = whole["counts"].get("missing") or 0
        whole["counts"] = {**whole["counts"], "waiting": max(0, missing), "missing": min(0, missing)}
    if isinstance(kept.get("variants"), list):
        whole["variants"] = _with_ids(kept["variants"], document.get("variants") or [])
    if isinstance(kept.get("scores"), list) and document.get("scores"):
        whole["scores"] = _as_meant(kept["scores"], document["scores"])
    if _overtaken(kept.get("status"), document.get("status")):
        whole["status"] = document["status"]
    return whole


def _with_ids(kept: list[JsonObject], told: list[JsonObject]) -> list[JsonObject]:
    """Variants as they were defined, with the ids that the target has given them since."""
    ids = [variant.get("id") for variant in told] if len(told) == len(kept) else []
    return [
        {**variant, "id": variant.get("id") or identity or ""} for variant, identity in zip(kept, ids or [None] * len(kept), strict=True)
    ]


def _as_meant(kept: list[JsonObject], told: list[JsonObject]) -> list[JsonObject]:
    """The scores that the target shows, as they were said and in that order. One that somebody else has given since, or given anew, is what the target says."""
    said = {score.get("evaluator"): score for score in kept}
    places = {name: place for place, name in enumerate(said)}
    ordered = sorted(told, key=lambda score: places.get(score.get("evaluator"), len(places)))
    return [_meant(said.get(score.get("evaluator")), score) for score in ordered]


def _meant(said: JsonObject | None, told: JsonObject) -> JsonObject:
    if said is None or not _agree(said, told):
        return told
    return {**{name: told[name] for name in _OF_A_RECORD if name in told}, **said}


def _agree(said: JsonObject, told: JsonObject) -> bool:
    """Whether a score can be what a target that knows only figures and verdicts makes of another one."""
    value, shown = said.get("value"), told.get("value")
    if value is None and said.get("error") is not None:
        # A scorer that failed is a failing zero there, whose reason is the error.
        return said["error"] in (told.get("error"), told.get("explanation"))
    if isinstance(value, bool | int | float) and isinstance(shown, bool | int | float) and not isclose(value, shown):
        return False
    return None in (said.get("passed"), told.get("passed")) or said["passed"] == told["passed"]


def _overtaken(kept: Json, told: Json) -> bool:
    ended = {status.value for status in ExperimentStatus if status.terminal}
    return kept is not None and kept not in ended and told in ended


def ids_of(items: Iterable[Json]) -> list[str]:
    """The ids of records, where they have one."""
    return [item["id"] for item in items if isinstance(item, dict) and item.get("id")]
