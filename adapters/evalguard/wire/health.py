"""Questions about data quality on the wire (seen in clients)."""

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body

Number = Annotated[float, Field(allow_inf_nan=False)]
Matrix = Annotated[list[list[Number]], Field(max_length=100_000)]


class Question(Body):
    """`POST /datasets/health`: one entry a row in each list, at least one of `labels`, `embeddings` and `features`."""

    labels: Annotated[list[Annotated[int, Field(ge=0, lt=1000)]], Field(max_length=100_000)] | None = None
    embeddings: Matrix | None = None
    features: Matrix | None = None
    predProbs: Matrix | None = None
    numClasses: Annotated[int, Field(ge=1, le=1000)] | None = None
    outlierThreshold: Number | None = None
    duplicateThreshold: Number | None = None
    spuriousThreshold: Number | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "Question":
        given = [part for part in (self.labels, self.embeddings, self.features) if part]
        if not given:
            raise PydanticCustomError("missing", "labels, embeddings, features: At least one is required")
        if len({len(part) for part in (*given, *((self.predProbs,) if self.predProbs else ()))}) > 1:
            raise PydanticCustomError("value_error", "labels, embeddings, features and predProbs must have as many rows")
        for name in ("embeddings", "features", "predProbs"):
            if len(widths := {len(row) for row in getattr(self, name) or ()}) > 1 or 0 in widths:
                raise PydanticCustomError("value_error", "{name}: Rows must have one length", {"name": name})
        classes = self.numClasses or max(self.labels or (0,)) + 1
        if max(self.labels or (0,)) >= classes or (self.labels and self.predProbs and len(self.predProbs[0]) != classes):
            raise PydanticCustomError("value_error", "labels and predProbs must fit numClasses")
        return self


class Report(WireModel):
    """What the detectors found."""

    health: dict[str, Any]
    labelQuality: dict[str, Any] | None = None


class ReportAnswer(Answer):
    """The answer to `POST /datasets/health`."""

    data: Report
