"""Scorers and evaluators on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, ProjectQuery, Uuid


class Definition(Body):
    """What an evaluator does."""

    kind: Literal["llm-judge", "code", "heuristic", "composite"]
    config: dict[str, Any] | None = None
    threshold: float | None = None


class NewEvaluator(Body):
    """`POST /evaluators`: a new version under its name."""

    projectId: Uuid
    name: Annotated[str, Field(min_length=1)]
    definition: Definition
    notes: str | None = None
    activate: bool = True


class EvaluatorsQuery(ProjectQuery):
    """`GET /evaluators`."""

    name: str | None = None


class EvaluatorDiff(Body):
    """`POST /evaluators/diff`."""

    projectId: Uuid
    name: Annotated[str, Field(min_length=1)]
    fromVersion: Annotated[int, Field(ge=1)]
    toVersion: Annotated[int, Field(ge=1)]


class DefinitionDiff(WireModel):
    """The fields of a definition that changed, by their paths."""

    changed: bool
    added: list[str]
    removed: list[str]
    modified: list[str]


class EvaluatorDifference(WireModel):
    """What changed from one version of an evaluator to another."""

    name: str
    fromVersion: int
    toVersion: int
    diff: DefinitionDiff


class EvaluatorDiffAnswer(Answer):
    """The answer to `POST /evaluators/diff`."""

    data: EvaluatorDifference


class Pair(Body):
    """What a person and a scorer said of one output."""

    human: bool
    machine: bool


class Scored(Body):
    """What a person said of one output, and the score it got."""

    humanPass: bool
    machineScore: Annotated[float, Field(allow_inf_nan=False)]


MOST_JUDGED = 100_000


class Calibration(Body):
    """`POST /scorers/calibrate`: at least one of `pairs` and `scored`."""

    pairs: Annotated[list[Pair], Field(max_length=MOST_JUDGED)] | None = None
    scored: Annotated[list[Scored], Field(max_length=MOST_JUDGED)] | None = None
    projectId: Uuid | None = None
    scorerId: str | None = None
    currentThreshold: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _something(self) -> "Calibration":
        if not self.pairs and not self.scored:
            raise PydanticCustomError("missing", "pairs, scored: At least one is required")
        return self
