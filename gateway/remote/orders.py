"""Starting and cancelling what the gateway runs on a target that only stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from gateway.remote import intent
from gateway.remote.incarnation import marked
from schemas.errors import Code, CrosswalkError, Reason
from schemas.experiment import Experiment, ExperimentPatch
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, Op
from schemas.status import ExperimentStatus

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget, Undertaker

Perform = Callable[[Call], Awaitable[Json]]


async def ordered(target: RemoteTarget, call: Call, perform: Perform, undertaker: Undertaker) -> Json:
    """The experiment after a start or a cancel. Raises CrosswalkError: unsupported for what its caller runs, conflict for what has ended."""
    if getattr(call.args, "again", False):
        raise CrosswalkError(Code.UNSUPPORTED, f"{target.adapter.title} keeps the runs it has: nothing can be run anew.")
    record = str(getattr(call.args, "experiment_id", ""))
    before = await perform(call.then(Op.GET_EXPERIMENT, experiment_id=record))
    if not intent.runnable(Experiment.model_validate(before).variants):
        raise CrosswalkError(Code.UNSUPPORTED, "Its caller runs this experiment: the gateway cannot start or cancel it.")
    if call.op is Op.CANCEL_EXPERIMENT:
        if ExperimentStatus(before["status"]).terminal:
            raise CrosswalkError(Code.CONFLICT, "The experiment has already ended.", Reason.TERMINAL, Kind.EXPERIMENT, record)
        await undertaker.abandon(call.caller.scope, record)
    status = ExperimentStatus.CANCELLED if call.op is Op.CANCEL_EXPERIMENT else ExperimentStatus.PENDING
    after = await perform(call.then(Op.UPDATE_EXPERIMENT, ExperimentPatch(status=status), experiment_id=record))
    if call.op is Op.START_EXPERIMENT:
        await undertaken(target, undertaker, call, after)
    return after


async def undertaken(target: RemoteTarget, undertaker: Undertaker, call: Call, experiment: JsonObject, token: str | None = None) -> None:
    """Have the gateway run this very experiment, not one that may have its id later."""
    mark = marked(target.asides.telling, Kind.EXPERIMENT, experiment)
    await target.asides.put(call.caller.scope, experiment["id"], mark, anew=False)
    await undertaker.undertake(call.caller.scope, experiment["id"], token)
