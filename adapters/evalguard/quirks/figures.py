"""Results folded into figures: the totals of a run, and each scorer's mean and pass rate."""

from collections.abc import Iterable
from datetime import datetime
from statistics import fmean

from adapters.evalguard.quirks.scores import number_of, passed_of, score_of, verdict_of
from schemas.json import Json, JsonObject


def summary(runs: list[JsonObject], threshold: float) -> JsonObject:
    """The wire's summary of results: milliseconds, USD, rates 0 … 1; all 0 without results."""
    passed = sum(passed_of(run, threshold) for run in runs)
    return {
        "totalCases": len(runs),
        "passedCases": passed,
        "failedCases": len(runs) - passed,
        "passRate": plain(passed / len(runs)) if runs else 0,
        "avgScore": plain(_mean(score_of(run, threshold) for run in runs) or 0.0),
        "totalLatency": plain(sum(latency(run) or 0.0 for run in runs)),
        "totalCost": plain(sum(run.get("cost") or 0.0 for run in runs)),
    }


def by_scorer(runs: list[JsonObject], threshold: float) -> JsonObject:
    """Each scorer's mean and pass rate over the results it judged."""
    groups: dict[str, list[JsonObject]] = {}
    for run in runs:
        for score in run.get("scores") or ():
            groups.setdefault(score["evaluator"], []).append(score)
    return {name: _scorer(scores, threshold) for name, scores in groups.items()}


def _scorer(scores: list[JsonObject], threshold: float) -> JsonObject:
    verdicts = [bool(verdict_of(score, threshold)) for score in scores]
    mean = _mean(number for number in map(number_of, scores) if number is not None)
    rate = sum(verdicts) / len(verdicts)
    return {"avgScore": plain(rate if mean is None else mean), "passRate": plain(rate)}


def latency(run: JsonObject) -> float | None:
    """How long a case took in milliseconds; None when that is not known."""
    if run.get("latency_ms") is not None:
        return float(run["latency_ms"])
    return milliseconds(run.get("started_at"), run.get("ended_at"))


def milliseconds(started: Json, ended: Json) -> float | None:
    """The time between two moments; None unless both are known."""
    known = isinstance(started, datetime) and isinstance(ended, datetime)
    return (ended - started).total_seconds() * 1000 if known else None


def plain(number: float) -> float:
    """A whole number without its `.0`."""
    return int(number) if float(number).is_integer() else number


def _mean(numbers: Iterable[float]) -> float | None:
    found = list(numbers)
    return fmean(found) if found else None
