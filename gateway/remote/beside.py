"""Replies together with what the gateway keeps beside their records."""

from gateway.remote.asides import Asides, ids_of, restored
from gateway.remote.completion import completed
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call


async def beside(asides: Asides, call: Call, document: Json, kept: JsonObject) -> Json:
    """The reply with what is kept beside its records; what a write could not say is kept now."""
    scope = call.caller.scope
    spec = SPECS[call.op]
    if spec.writes:
        record = document.get("id") if isinstance(document, dict) else None
        if isinstance(document, dict) and "ids" in document:
            for one, fields in zip(document["ids"], next(iter(kept.values()), ()), strict=False):
                await asides.put(scope, one, fields, anew=True)
        if record and (kept or (spec.creates and await asides.some(scope))):
            await asides.put(scope, record, kept, anew=spec.creates)
        if not record or not kept:
            return document
        return completed(call, restored(document, kept))
    items = document["items"] if spec.item is not None else [document]
    found = await asides.of(scope, ids_of(items))
    if not found:
        return document
    whole = [restored(item, found.get(item.get("id") or "")) for item in items]
    return completed(call, {**document, "items": whole} if spec.item is not None else whole[0])
