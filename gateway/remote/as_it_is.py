"""The version that stands for a dataset as it is, where a vendor has none or takes one only when it is told to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.remote.talk import AS_IT_IS
from schemas.errors import Code, CrosswalkError
from schemas.operations import SPECS, Call, Op

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget


async def current(target: RemoteTarget, call: Call) -> Call:
    """The call without that version. Raises CrosswalkError (unsupported) where only one that was taken will do."""
    if call.op is not Op.GET_DATASET_VERSION and await stands(target, call, getattr(call.args, "version_id", None)):
        if SPECS[call.op].args.model_fields["version_id"].is_required():
            raise CrosswalkError(
                Code.UNSUPPORTED, f"{target.adapter.title} needs a version that was taken: this id is the dataset as it is."
            )
        rest = call.args.model_dump(exclude_unset=True, exclude={"version_id"})
        call = replace(call, args=SPECS[call.op].args.model_validate(rest))
    if call.body is not None and await stands(target, call, getattr(call.body, "dataset_version_id", None)):
        rest = call.body.model_dump(exclude_unset=True, exclude={"dataset_version_id"})
        call = replace(call, body=type(call.body).model_validate(rest))
    return call


async def stands(target: RemoteTarget, call: Call, version: str | None) -> bool:
    """Whether a version's id means the dataset as it is."""
    if not version:
        return False
    native = await target.foreign.native({"version_id": version}, None, call.caller.scope)
    return bool(native["version_id"].startswith(AS_IT_IS))
