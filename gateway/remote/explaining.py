"""A vendor's error told about the record that the caller named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import SPECS, Call, Op
from schemas.references import FIELDS

if TYPE_CHECKING:
    from gateway.remote.talk import Talk


async def explained(talk: Talk, call: Call, error: CrosswalkError) -> CrosswalkError:
    """The error about the record the caller named, where the vendor's words say which kind it is, or a crash hides that there is none."""
    crashed = error.vendor_status == 500 and SPECS[call.op].writes and call.op is not Op.GET_EXPERIMENT
    if crashed or (error.code is Code.CONFLICT and call.op is Op.ADD_RUN):
        error = await _crashed(talk, call, error)
    if error.code is Code.NOT_FOUND and error.reference is None:
        named = {FIELDS[name]: value for name, value in call.args.model_dump(exclude_unset=True).items() if name in FIELDS and value}
        if call.body is not None:
            said = call.body.model_dump(exclude_unset=True)
            named.update({FIELDS[name]: value for name, value in said.items() if name in FIELDS and isinstance(value, str)})
        kind = error.kind if error.kind in named else next(iter(named), None)
        if kind is not None:
            error.kind, error.reference = kind, named[kind]
            error.reason = error.reason or Reason.UNKNOWN_RECORD
    return error


async def _crashed(talk: Talk, call: Call, error: CrosswalkError) -> CrosswalkError:
    """A vendor that crashes on a reference to nothing, or takes it for a run that is there already: asked for the experiment, it says so."""
    experiment = getattr(call.args, "experiment_id", None)
    if experiment is None:
        return error
    try:
        await talk.read_raw(Op.GET_EXPERIMENT, call)
    except CrosswalkError as reason:
        return reason if reason.code is Code.NOT_FOUND else error
    return error
