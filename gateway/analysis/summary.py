"""An experiment's runs folded into totals, and into figures per evaluator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.analysis.values import Tally, figure, latency, overall, passed, verdict
from schemas.analysis import EvaluatorSummary, Summary
from schemas.json import JsonObject
from schemas.run import ValueType
from schemas.status import RunStatus

_UNFINISHED = (RunStatus.WAITING, RunStatus.PENDING)


@dataclass
class _Judged:
    """The scores of one evaluator, over everything or over one variant."""

    evaluator_id: str | None = None
    evaluator_name: str | None = None
    numbers: Tally = field(default_factory=Tally)
    count: int = 0
    errors: int = 0
    said: Counter[bool] = field(default_factory=Counter)
    verdicts: Counter[bool] = field(default_factory=Counter)
    types: set[ValueType] = field(default_factory=set)

    def add(self, score: JsonObject) -> None:
        self.evaluator_id = self.evaluator_id or score.get("evaluator_id")
        self.evaluator_name = self.evaluator_name or score.get("evaluator_name")
        if score.get("error") is not None:
            self.errors += 1
            return
        self.count += 1
        if score.get("value_type") is not None:
            self.types.add(score["value_type"])
        self._add_value(score)

    def _add_value(self, score: JsonObject) -> None:
        value, passed = figure(score), verdict(score)
        if value is not None:
            self.numbers.add(value)
        if isinstance(score.get("value"), bool):
            self.said[score["value"]] += 1
        if passed is not None:
            self.verdicts[passed] += 1

    def result(self, evaluator: str, variant_id: str | None) -> EvaluatorSummary:
        return EvaluatorSummary(
            evaluator=evaluator,
            evaluator_id=self.evaluator_id,
            evaluator_name=self.evaluator_name,
            variant_id=variant_id,
            value_type=next(iter(self.types)) if len(self.types) == 1 else None,
            count=self.count,
            errors=self.errors,
            mean=self.numbers.mean,
            minimum=self.numbers.minimum,
            maximum=self.numbers.maximum,
            true_count=self.said[True],
            false_count=self.said[False],
            passed=self.verdicts[True],
            failed=self.verdicts[False],
        )


class SummaryFold:
    """Folds runs, in any order, into a `Summary`.

    `arms`, the ids of variants in order, adds to every evaluator's figures over all runs those over each variant. Evaluators come by name, each
    first over everything (`variant_id` None), then by arm. Tokens per second are completion tokens over the time of the runs that know both.
    """

    def __init__(self, experiment_id: str, arms: Sequence[str] = ()) -> None:
        self._experiment_id = experiment_id
        self._arms = {arm: place for place, arm in enumerate(arms, start=1)}
        self._statuses: Counter[RunStatus] = Counter()
        self._passed = 0
        self._tokens: Counter[str] = Counter()
        self._cost, self._latency, self._scores = Tally(), Tally(), Tally()
        self._paced_tokens, self._paced_time = 0, Tally()
        self._judged: defaultdict[tuple[str, str | None], _Judged] = defaultdict(_Judged)

    def add(self, run: JsonObject) -> None:
        """Counts one run in, with its scores."""
        self._statuses[run["status"]] += 1
        self._passed += passed(run) is True
        self._add_spending(run)
        score = overall(run)
        if score is not None:
            self._scores.add(score)
        for entry in run.get("scores", ()):
            for variant in (None, run["variant_id"]) if run.get("variant_id") in self._arms else (None,):
                self._judged[entry["evaluator"], variant].add(entry)

    def _add_spending(self, run: JsonObject) -> None:
        prompt, completion, took = run.get("prompt_tokens") or 0, run.get("completion_tokens"), latency(run)
        total = run.get("total_tokens")
        self._tokens.update(prompt=prompt, completion=completion or 0, total=prompt + (completion or 0) if total is None else total)
        if run.get("cost") is not None:
            self._cost.add(run["cost"])
        if took is not None:
            self._latency.add(took)
        if took is not None and completion is not None:
            self._paced_tokens += completion
            self._paced_time.add(took)

    def result(self) -> Summary:
        """The figures of everything counted so far."""
        return Summary(
            experiment_id=self._experiment_id,
            runs=self._statuses.total(),
            succeeded=self._statuses[RunStatus.SUCCEEDED],
            failed=self._statuses[RunStatus.FAILED],
            waiting=sum(self._statuses[status] for status in _UNFINISHED),
            passed=self._passed,
            total_cost=self._cost.total,
            prompt_tokens=self._tokens["prompt"],
            completion_tokens=self._tokens["completion"],
            total_tokens=self._tokens["total"],
            total_latency_ms=self._latency.total,
            average_latency_ms=self._latency.mean,
            tokens_per_second=self._pace(),
            mean_score=self._scores.mean,
            evaluators=[self._judged[key].result(*key) for key in sorted(self._judged, key=self._place)],
        )

    def _place(self, key: tuple[str, str | None]) -> tuple[str, int]:
        evaluator, variant = key
        return evaluator, self._arms[variant] if variant else 0

    def _pace(self) -> float | None:
        seconds = self._paced_time.total / 1000
        return self._paced_tokens / seconds if seconds > 0 else None
