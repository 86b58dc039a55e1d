"""What is computed from runs: summary, histogram, comparison."""

from pydantic import Field

from schemas.base import Model
from schemas.experiment import Winner
from schemas.json import Json, JsonObject
from schemas.run import ValueType


class EvaluatorSummary(Model):
    """One evaluator's scores over an experiment. `mean` is of numbers (booleans as 0 and 1), null when there are none."""

    evaluator: str
    evaluator_id: str | None = None
    evaluator_name: str | None = None
    variant_id: str | None = None
    value_type: ValueType | None = None
    count: int = 0
    errors: int = 0
    mean: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    true_count: int = 0
    false_count: int = 0
    passed: int = 0
    failed: int = 0


class Summary(Model):
    """An experiment's runs in figures: milliseconds, USD, tokens. `passed` runs are those said to have, else those that no score's verdict failed."""

    experiment_id: str
    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    waiting: int = 0
    passed: int = 0
    total_cost: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    total_latency_ms: float = 0.0
    average_latency_ms: float | None = None
    tokens_per_second: float | None = None
    mean_score: float | None = None
    evaluators: list[EvaluatorSummary] = Field(default_factory=list)


class Bin(Model):
    """One bar of a histogram: `lower` ≤ value < `upper`; the last bar includes its upper edge."""

    lower: float
    upper: float
    count: int
    label: str | None = None


class Histogram(Model):
    """The distribution of one evaluator's numeric scores."""

    evaluator: str
    evaluator_id: str | None = None
    evaluator_name: str | None = None
    value_type: ValueType | None = None
    bins: list[Bin] = Field(default_factory=list)
    count: int = 0
    mean: float | None = None
    minimum: float | None = None
    maximum: float | None = None


class ComparisonCell(Model):
    """One experiment's or variant's result for one example (the mean over its repetitions)."""

    experiment_id: str
    run_id: str | None = None
    output: Json = None
    error: str | None = None
    score: float | None = None
    passed: bool | None = None


class ComparisonRow(Model):
    """One example across what is compared."""

    example_id: str
    position: int
    input: Json = None
    reference: Json = None
    cells: list[ComparisonCell] = Field(default_factory=list)


class ComparisonSide(Model):
    """One of the things compared."""

    experiment_id: str
    name: str
    variant: str = ""
    model: str | None = None
    dataset_id: str | None = None
    runs: int = 0
    scored: int = 0
    mean: float | None = None
    pass_rate: float | None = None
    created_at: Json = None


class Comparison(Model):
    """Experiments (or a group's variants) row by row on one metric, and whether the difference is more than chance.

    `statement` says it in a sentence; `tests` hold each pairwise test `{test, statistic, p_value, …}`.
    """

    metric: str | None = None
    alpha: float
    sides: list[ComparisonSide]
    rows: list[ComparisonRow] = Field(default_factory=list)
    next_cursor: str | None = None
    tests: list[JsonObject] = Field(default_factory=list)
    winner: Winner | None = None
    statement: str = ""
