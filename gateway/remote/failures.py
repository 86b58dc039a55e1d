"""Runs that failed, where the vendor has no field for that: whoever said so said it here, and they are counted by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.base import DOUBTFUL
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call
from schemas.status import RunStatus

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget


async def told_apart(target: RemoteTarget, call: Call, reply: Json) -> Json:
    """An experiment whose doubtful runs are counted as failed where that was said of them."""
    if not isinstance(reply, dict) or DOUBTFUL not in reply:
        return reply
    experiment = {name: value for name, value in reply.items() if name != DOUBTFUL}
    doubtful = [{"id": native} for native in reply[DOUBTFUL]]
    scope = call.caller.scope
    if not doubtful or not await target.asides.some(scope):
        return experiment
    runs = await target.foreign.adopt(doubtful, Kind.RUN, scope)
    kept = await target.asides.of(scope, [run["id"] for run in runs])
    failed = sum(_failed(fields) for fields in kept.values())
    counts = experiment["counts"]
    return {**experiment, "counts": {**counts, "succeeded": counts["succeeded"] - failed, "failed": counts["failed"] + failed}}


def _failed(kept: JsonObject) -> bool:
    return kept.get("status") == RunStatus.FAILED.value or kept.get("error") is not None
