"""Eval runs on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, ProjectQuery, Uuid

Status = Literal["pending", "queued", "running", "passed", "failed", "error"]


class Case(Body):
    """One case: the reference answer is `expectedOutput` here and `expected` elsewhere; both are read."""

    input: str
    expectedOutput: str | None = None
    expected: str | None = None
    metadata: dict[str, Any] | None = None


class NewEval(Body):
    """`POST /evals`. Cases and scorers may be empty when `external`; with `retryOf` what is absent comes from that run."""

    projectId: Uuid | None = None
    name: Annotated[str, Field(min_length=1)] | None = None
    model: str | None = None
    prompt: str | None = None
    cases: list[Case] | None = None
    scorers: list[str] | None = None
    external: bool = False
    retryOf: Uuid | None = None

    @model_validator(mode="after")
    def _complete(self) -> "NewEval":
        if self.retryOf is None:
            missing = [name for name in ("projectId", "name", "model", "prompt", "cases", "scorers") if getattr(self, name) is None]
            if missing:
                raise PydanticCustomError("missing", "{names}: Required", {"names": ", ".join(missing)})
        if not self.external:
            empty = [name for name in ("cases", "scorers") if getattr(self, name) == []]
            if empty:
                raise PydanticCustomError("too_short", "{names}: Must contain at least 1 element", {"names": ", ".join(empty)})
        return self


class EvalSummaryPatch(Body):
    """The figures a caller states about the whole run."""

    score: float | None = None
    passRate: float | None = None
    totalLatency: float | None = None


class EvalPatch(Body):
    """`PATCH /evals/{runId}`."""

    status: Status
    summary: EvalSummaryPatch | None = None


class ResultRow(Body):
    """One uploaded row, in the client's spelling or the documentation's."""

    test_case_index: Annotated[int, Field(ge=0)] | None = None
    input: str
    expected: str | None = None
    output: str | None = None
    scores: dict[str, Any] | None = None
    latency_ms: float | None = None
    passed: bool | None = None
    score: float | None = None
    cost: float | None = None
    expectedOutput: str | None = None
    actualOutput: str | None = None
    latency: float | None = None
    tokenUsage: dict[str, Any] | None = None
    scorerResults: dict[str, Any] | None = None


class Results(Body):
    """`POST /evals/{runId}/results`: at most 1000 rows a call."""

    results: Annotated[list[ResultRow], Field(min_length=1, max_length=1000)]


class CompareQuery(ProjectQuery):
    """`GET /evals/compare`."""

    runA: Uuid
    runB: Uuid


class CiReport(Body):
    """`POST /evals/ci`: what a test framework's plugin saw."""

    source: str
    summary: dict[str, Any]
    cases: list[dict[str, Any]]
    projectId: Uuid | None = None


class EvalRow(WireModel):
    """A run as lists show it."""

    id: str
    name: str
    model: str
    status: str
    score: float | None
    config: dict[str, Any]
    created_at: str
    completed_at: str | None
    created_by: str | None
    duration: int | None
    error: str | None


class Result(WireModel):
    """One case's result."""

    id: str
    test_case_index: int
    input: str
    expected: str | None
    output: str | None
    scores: dict[str, Any]
    score: float
    latency_ms: float
    cost: float
    passed: bool


class Summary(WireModel):
    """A run in figures: milliseconds, USD."""

    totalCases: int
    passedCases: int
    failedCases: int
    passRate: float
    avgScore: float
    totalLatency: float
    totalCost: float


class EvalRead(WireModel):
    """A run, flat and nested at once."""

    id: str
    name: str
    model: str
    status: str
    score: float | None
    passRate: float
    run: EvalRow
    results: list[Result]
    summary: Summary


class EvalStarted(WireModel):
    """A run that was just created."""

    id: str
    status: str
    totalTests: int
    model: str
    message: str
    external: bool | None = None


class Compared(WireModel):
    """Two runs side by side; scores 0 … 100."""

    run_a: dict[str, Any]
    run_b: dict[str, Any]
    score_diff: float | None
    regressions: int
    improvements: int
    unchanged: int
    cases: list[dict[str, Any]]


class StartedAnswer(Answer):
    """`POST /evals`."""

    data: EvalStarted


class EvalAnswer(Answer):
    """`GET /evals/{runId}`."""

    data: EvalRead


class EvalRowAnswer(Answer):
    """`PATCH /evals/{runId}`."""

    data: EvalRow


class EvalsAnswer(Answer):
    """`GET /evals`."""

    data: list[EvalRow]


class ResultsAnswer(Answer):
    """`GET /evals/{runId}/results`."""

    data: list[Result]


class ComparedAnswer(Answer):
    """`GET /evals/compare`."""

    data: Compared
