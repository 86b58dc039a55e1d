"""What a record belongs to, where a call names the record alone and the vendor's path names both."""

from collections.abc import Mapping
from dataclasses import replace

from adapters.base import Owner
from gateway.remote.ids import ForeignIds
from schemas.ids import Kind
from schemas.operations import SPECS, Call
from schemas.query import Condition


async def with_run(call: Call, foreign: ForeignIds) -> Call:
    """The call with the run of the score it names, where the score is known by its run and its evaluator."""
    score = getattr(call.args, "score_id", None)
    if not score or getattr(call.args, "run_id", None):
        return call
    native = str((await foreign.native({"score_id": score}, None, call.caller.scope))["score_id"])
    run, _, evaluator = native.partition("/")
    identity = foreign.ids.parse(run) if evaluator else None
    if identity is None or identity.kind is not Kind.RUN:
        return call
    said = {**call.args.model_dump(exclude_unset=True), "run_id": run}
    return replace(call, args=SPECS[call.op].args.model_validate(said))


async def with_owner(call: Call, owners: Mapping[Kind, Owner], foreign: ForeignIds) -> Call:
    """The call with the experiment of the run it names, where the vendor's id of the run tells it. Raises CrosswalkError (not_found)."""
    owner, run = owners.get(Kind.RUN), getattr(call.args, "run_id", "")
    if owner is None or not run or getattr(call.args, "experiment_id", None):
        return call
    native = (await foreign.native({"run_id": run}, None, call.caller.scope))["run_id"]
    if native == run:
        return call
    found = await foreign.adopt({"experiment_id": owner(native)}, None, call.caller.scope)
    said = {**call.args.model_dump(exclude_unset=True), **found}
    return replace(call, args=SPECS[call.op].args.model_validate(said))


def of_account(call: Call) -> Call:
    """A list of what is in the account's own project, which everything is in that names none, where the vendor has no words for projects."""
    said = {name: getattr(call.args, name) for name in call.args.model_fields_set}
    where = Condition(
        any=[
            Condition(field="project", operator="isnull", value=True),
            Condition(field="project", operator="eq", value=said.pop("project")),
        ]
    )
    if said.get("where") is not None:
        where = Condition(all=[said["where"], where])
    return replace(call, args=SPECS[call.op].args.model_validate({**said, "where": where}))
