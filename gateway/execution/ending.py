"""How an experiment ended: its status from what was recorded, and its verdict from its scores."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.execution.operations import Operations
from schemas.experiment import Experiment, ExperimentForm, ExperimentPatch
from schemas.json import Json, JsonObject
from schemas.operations import Op
from schemas.query import Condition
from schemas.status import ExperimentStatus, RunStatus, Verdict


async def ending(operations: Operations, experiment: Experiment) -> ExperimentPatch:
    """What to say of an experiment that has nothing left to run.

    `completed`; `completed_with_errors` when some rows failed; `failed`, with the error of one of them, when all did. An experiment without any
    example is completed.
    """
    counts = experiment.counts
    said: JsonObject = {"status": ExperimentStatus.COMPLETED, "error": None}
    if counts.failed > 0 and counts.succeeded <= 0:
        said = {"status": ExperimentStatus.FAILED, "error": await _an_error(operations, experiment)}
    elif counts.failed > 0:
        said["status"] = ExperimentStatus.COMPLETED_WITH_ERRORS
    return ExperimentPatch(**said, **(await _verdict(operations, experiment)))


async def revision(operations: Operations, experiment: Experiment) -> ExperimentPatch | None:
    """What to say of an experiment that its caller runs, that had ended, and that has got runs or scores since; None when it is as it was.

    It names a status even where only the verdict changes: whoever has stated how it ended is not contradicted (conflict).
    """
    if experiment.status not in (ExperimentStatus.COMPLETED, ExperimentStatus.COMPLETED_WITH_ERRORS):
        return None
    patch = await ending(operations, experiment)
    same = patch.status is experiment.status and patch.verdict in (None, experiment.verdict)
    return None if same else patch


async def _an_error(operations: Operations, experiment: Experiment) -> str:
    failed = Condition(field="status", operator="eq", value=RunStatus.FAILED.value)
    page = await operations.ask(Op.LIST_RUNS, experiment_id=experiment.id, where=failed, limit=1, scores=False)
    texts = [run.get("error") for run in page["items"]]
    rows = "The only row" if experiment.counts.failed == 1 else f"All {experiment.counts.failed} rows"
    return f"{rows} failed: {texts[0] if texts and texts[0] else 'no reason is known'}"


async def _verdict(operations: Operations, experiment: Experiment) -> JsonObject:
    """Passed when every judged run passed; for evaluations and where a threshold is asked for, as soon as there is anything to judge by."""
    if experiment.form is not ExperimentForm.EVALUATION and experiment.threshold is None:
        return {}
    judged = False
    async for run in operations.items(Op.LIST_RUNS, experiment_id=experiment.id, waiting=False):
        passed = run_passed(run)
        if passed is False:
            return {"verdict": Verdict.FAILED} if run["status"] != RunStatus.FAILED or experiment.counts.succeeded > 0 else {}
        judged = judged or passed is not None
    return {"verdict": Verdict.PASSED} if judged else {}


def run_passed(run: Mapping[str, Json]) -> bool | None:
    """Whether a run passed: it must not have failed, and every score with a verdict must have passed; a score that could not be given has not.

    What the caller said of the run counts where there are no scores. None when nothing says anything.
    """
    if run["status"] == RunStatus.FAILED:
        return False
    verdicts = [False if score.get("error") is not None else score.get("passed") for score in run.get("scores") or ()]
    known = [verdict for verdict in verdicts if verdict is not None]
    if known:
        return all(known)
    said: bool | None = run.get("passed")
    return said
