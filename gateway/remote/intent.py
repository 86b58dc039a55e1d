"""What the gateway means to do with an experiment on a vendor that only stores, as it is written into the record's own metadata."""

from collections.abc import Iterable

from adapters.base import Adapter
from gateway.remote.loss import KEY
from schemas.base import Model
from schemas.experiment import StepKind, Variant
from schemas.operations import Call, Op
from schemas.status import ExperimentStatus

OURS = frozenset({"variants", "evaluators", "threshold", "draft"})
"""Fields that the vendor need not know when the gateway runs the experiment."""

INTENTION = "intention"
"""Names in the metadata what the gateway noted before it made the experiment."""

EXECUTED = "executed"
"""Says in the metadata that the gateway runs the experiment, so that its status is what the gateway says."""


def runnable(variants: Iterable[Variant]) -> bool:
    """Whether the gateway can run it alone: one chain, in which nobody is waited for."""
    chains = [variant.steps for variant in variants]
    return len(chains) == 1 and bool(chains[0]) and all(step.kind is not StepKind.WAIT for step in chains[0])


def waits_for_caller(variants: Iterable[Variant]) -> bool:
    """Whether every chain does nothing but wait: the caller brings the runs."""
    chains = [variant.steps for variant in variants]
    return bool(chains) and all(chain and all(step.kind is StepKind.WAIT for step in chain) for chain in chains)


def runs_here(adapter: Adapter, call: Call) -> bool:
    """Whether a call makes an experiment that the gateway would have to run, as the vendor only stores."""
    return call.op is Op.CREATE_EXPERIMENT and adapter.stores and runnable(getattr(call.body, "variants", ()))


def judged_here(adapter: Adapter, call: Call) -> bool:
    """Whether a call makes an experiment whose caller brings the runs, which the gateway would have to judge as the vendor does not."""
    wanted = call.op is Op.CREATE_EXPERIMENT and not adapter.judges and bool(getattr(call.body, "evaluators", ()))
    return wanted and waits_for_caller(getattr(call.body, "variants", ()))


def noted(body: Model, slot: str, *, draft: bool, token: str | None = None) -> Model:
    """The definition with what is to become of it; `token` is what it is found by if its maker does not live to hear of it."""
    said = body.model_dump(exclude_unset=True)
    status = ExperimentStatus.DRAFT if draft else ExperimentStatus.PENDING
    content = said.get(slot) or {}
    ours = {**content.get(KEY, {}), "status": status.value, EXECUTED: True, **({INTENTION: token} if token else {})}
    return type(body).model_validate({**said, slot: {**content, KEY: ours}})
