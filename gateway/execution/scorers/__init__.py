"""Small scorers of the gateway's own: `find` one by name, `run` it on a sample."""

from gateway.execution.scorers.base import DEFAULT_THRESHOLD, Parameters, Sample, ScoreResult, ScorerSpec, failure
from gateway.execution.scorers.registry import SCORERS, find, run

__all__ = ["DEFAULT_THRESHOLD", "SCORERS", "Parameters", "Sample", "ScoreResult", "ScorerSpec", "failure", "find", "run"]
