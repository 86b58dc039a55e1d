"""Summaries and histograms."""

from adapters.codecs import Function
from adapters.mapping import Each, Fold, Row, Shape
from adapters.respan.quirks import figures, values
from adapters.respan.quirks.fields import Computed
from adapters.respan.tables.common import PLAIN

_SECONDS = Function(lambda seconds: seconds * 1000, lambda milliseconds: round(milliseconds / 1000, 6))
_EVALUATOR = Fold(
    ("evaluator_id", "evaluator_slug", "evaluator_name"),
    ("evaluator", "evaluator_id", "evaluator_name", "extensions"),
    values.read_evaluator,
    values.show_evaluator,
)
_TYPE = Fold(("score_value_type",), ("value_type", "extensions"), figures.read_aggregate_type, figures.show_aggregate_type)

AGGREGATE = Shape(
    (
        _EVALUATOR,
        _TYPE,
        Row("avg_score", "mean"),
        Fold(("true_count", "false_count"), ("true_count", "false_count", "value_type"), figures.read_counts, figures.show_counts),
        Computed("evaluator_family_id", figures.absent),
    ),
    hidden={
        "variant_id": "an experiment has one workflow",
        "count": "only booleans are counted",
        "errors": "only scores are counted",
        "minimum": "the histogram's stats say it",
        "maximum": "the histogram's stats say it",
        "passed": "only booleans are counted",
        "failed": "only booleans are counted",
    },
)
SUMMARY = Shape(
    (
        Row("number_of_requests", "runs"),
        Row("total_cost", "total_cost", PLAIN, default=0),
        Row("total_tokens", "total_tokens", PLAIN, default=0),
        Row("total_prompt_tokens", "prompt_tokens", PLAIN, default=0),
        Row("total_completion_tokens", "completion_tokens", PLAIN, default=0),
        Row("avg_latency", "average_latency_ms", _SECONDS, default=0),
        Row("avg_tps", "tokens_per_second", PLAIN, default=0),
        Computed("avg_ttft", figures.zero),
        Row("scores", "evaluators", figures.Aggregates(AGGREGATE)),
    ),
    hidden={
        "experiment_id": "the experiment that was asked for",
        "succeeded": "only the total is shown",
        "failed": "only the total is shown",
        "waiting": "only the total is shown",
        "passed": "no thresholds on traces",
        "total_latency_ms": "the average is shown",
        "mean_score": "evaluators are shown one by one",
    },
)

_BIN = Shape((Row("lower", "lower"), Row("upper", "upper"), Row("count", "count"), Row("label", "label")))
HISTOGRAM = Shape(
    (
        _EVALUATOR,
        Row("bins", "bins", Each(_BIN)),
        Row("stats/min", "minimum", PLAIN, default=0),
        Row("stats/max", "maximum", PLAIN, default=0),
        Row("stats/mean", "mean", PLAIN, default=0),
        Row("stats/total", "count", PLAIN, default=0),
    ),
    hidden={"value_type": "boolean bins carry labels"},
)
