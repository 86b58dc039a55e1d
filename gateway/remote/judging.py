"""Scores for runs that callers bring to a vendor that judges none: each evaluator of the experiment that has not judged a run yet does so."""

from __future__ import annotations

from dataclasses import replace

from gateway.execution.orders import Orders
from gateway.execution.runner import Bounds, Crew
from gateway.execution.scoring import Scoring
from gateway.execution.steps import Workshop
from schemas.errors import Code, CrosswalkError
from schemas.experiment import Experiment
from schemas.operations import Op

MARK = "judged"
"""Kept beside an experiment whose runs the gateway judges."""


async def judge(experiment: Experiment, workshop: Workshop, bounds: Bounds, orders: Orders) -> None:
    """Scores whatever lacks scores. How the experiment stands follows from its runs, and is not said. Raises CrosswalkError when the vendor cannot be asked."""
    judges = replace(workshop.judges, method=experiment.generation_method, threshold=experiment.threshold)
    ready = await judges.all(experiment.evaluators)
    scoring = Scoring(workshop.operations, experiment, ready)
    orders.scores, orders.rows = True, False
    await scoring.work(orders, Crew(bounds, experiment.concurrency, orders))


async def read(workshop: Workshop, record: str) -> Experiment | None:
    """The experiment; None when it is gone. Raises CrosswalkError."""
    try:
        return Experiment.model_validate(await workshop.operations.ask(Op.GET_EXPERIMENT, experiment_id=record))
    except CrosswalkError as error:
        if error.code is Code.NOT_FOUND:
            return None
        raise
