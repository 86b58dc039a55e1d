"""Replies together with what the gateway keeps beside their records."""

from gateway.remote.asides import Asides, ids_of, restored
from gateway.remote.completion import completed
from gateway.remote.incarnation import INCARNATION, another, marked
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call
from schemas.references import kind_of


async def beside(asides: Asides, call: Call, document: Json, kept: JsonObject, sent: JsonObject | None = None) -> Json:
    """The reply with what is kept beside its records; what a write could not say is kept now. `sent` is what the vendor was told of the record."""
    spec = SPECS[call.op]
    if not spec.writes:
        return await _read(asides, call, document)
    scope = call.caller.scope
    record = document.get("id") if isinstance(document, dict) else None
    if isinstance(document, dict) and "ids" in document:
        for one, fields in zip(document["ids"], next(iter(kept.values()), ()), strict=False):
            await asides.put(scope, one, fields, anew=True)
    if record and (kept or (spec.creates and await asides.some(scope))):
        mark = marked(asides.telling, kind_of(call.op), document, sent or {}) if kept else {}
        await asides.put(scope, record, {**kept, **mark}, anew=spec.creates)
    if not record:
        return document
    known = kept if spec.creates else await _own(asides, call, document, (await asides.of(scope, [record])).get(record))
    return completed(call, restored(document, known)) if known else document


async def _read(asides: Asides, call: Call, document: Json) -> Json:
    items = document["items"] if SPECS[call.op].item is not None else [document]
    found = await asides.of(call.caller.scope, ids_of(items))
    if not found:
        return document
    whole = [restored(item, await _own(asides, call, item, found.get(item.get("id") or ""))) for item in items]
    return completed(call, {**document, "items": whole} if SPECS[call.op].item is not None else whole[0])


async def _own(asides: Asides, call: Call, item: JsonObject, kept: JsonObject | None) -> JsonObject | None:
    """What is kept of this very record: what was kept of another one that had its id is forgotten."""
    mark = marked(asides.telling, kind_of(call.op), item)
    if kept is None or not mark:
        return kept
    scope, record = call.caller.scope, str(item["id"])
    if another(kept, mark):
        await asides.forget(scope, record)
        return None
    if INCARNATION not in kept:
        await asides.put(scope, record, mark, anew=False)
    return kept
