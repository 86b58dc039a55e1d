"""The counts of an experiment where the vendor does not show them: told by its examples and its runs."""

from collections import Counter
from collections.abc import Generator, Mapping
from typing import Any

from gateway.remote.recipes.base import Cooking, Step, everything
from schemas.json import JsonObject
from schemas.operations import Call, ListExamplesArgs, Op
from schemas.status import ExperimentStatus, RunStatus

COUNTED = frozenset({"counts", "status", "progress"})
"""Fields of an experiment that follow from its examples and runs."""


def decided_by_counts(call: Call) -> bool:
    """Whether the items of a list are chosen or ordered by such a field."""
    said = call.args.model_dump_json(include={"where", "sort"}, exclude_none=True)
    return any(name in said for name in COUNTED)


def counted(call: Call, reply: JsonObject, *, fresh: bool = False) -> Cooking:
    """An experiment, or a page of them, with what `COUNTED` names. A `fresh` one has no runs yet."""
    if "items" not in reply:
        return {**reply, **(yield from _figures(call, reply, fresh))}
    figures: list[JsonObject] = []
    for item in reply["items"]:
        figures += [(yield from _figures(call, item, fresh))]
    return {**reply, "items": [{**item, **told} for item, told in zip(reply["items"], figures, strict=True)]}


def _figures(call: Call, experiment: JsonObject, fresh: bool) -> Generator[Step, Any, JsonObject]:
    examples = 0
    if experiment.get("dataset_id"):
        version = experiment.get("dataset_version_id")
        where = ListExamplesArgs(dataset_id=experiment["dataset_id"], **({"version_id": version} if version else {}))
        examples = len((yield Call(Op.LIST_EXAMPLES, where, None, call.caller))["items"])
    found: Counter[str] = Counter()
    if not fresh:
        yield from everything(
            Op.LIST_RUNS, call.caller, lambda run: found.update([run["status"]]), experiment_id=experiment["id"], scores=False
        )
    expected = examples * int(experiment.get("repetitions") or 1)
    return _told(examples, expected, found)


def _told(examples: int, expected: int, found: Mapping[str, int]) -> JsonObject:
    succeeded, failed = found.get(RunStatus.SUCCEEDED, 0), found.get(RunStatus.FAILED, 0)
    missing = expected - succeeded - failed
    counts = {"examples": examples, "expected": expected, "succeeded": succeeded, "failed": failed, "missing": missing}
    progress = 1.0 if missing <= 0 else (succeeded + failed) / expected
    return {"counts": counts, "status": _status(succeeded, failed, missing).value, "progress": progress}


def _status(succeeded: int, failed: int, missing: int) -> ExperimentStatus:
    """It waits for its caller's runs, and is over when none is missing."""
    if missing > 0:
        return ExperimentStatus.WAITING
    if not failed:
        return ExperimentStatus.COMPLETED
    return ExperimentStatus.COMPLETED_WITH_ERRORS if succeeded else ExperimentStatus.FAILED
