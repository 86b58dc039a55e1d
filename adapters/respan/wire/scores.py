"""Score records on the wire."""

from typing import Any

from pydantic import model_validator

from adapters.base import WireModel


class ScoreBody(WireModel):
    """A score: whose, of which log, and the value in the field of its kind."""

    evaluator_id: str | None = None
    evaluator_slug: str | None = None
    log_id: str | None = None
    timestamp: str | None = None
    environment: str | None = None
    prompt_id: str | None = None
    prompt_version_number: int | None = None
    dataset_id: str | None = None
    automation_id: str | None = None
    scorer: str | None = None
    numerical_value: float | None = None
    string_value: str | None = None
    boolean_value: bool | None = None
    categorical_value: list[str] | None = None
    json_value: str | None = None
    score_value_type: str | None = None
    explanation: str | None = None


class NewScoreBody(ScoreBody):
    """A score of an evaluator that is named."""

    @model_validator(mode="after")
    def _named(self) -> "NewScoreBody":
        if not self.evaluator_id and not self.evaluator_slug:
            raise ValueError("Provide either evaluator_id or evaluator_slug.")
        return self


class LogScoreBody(NewScoreBody):
    """The same where the log is named in the body."""

    log_id: str


class ScoreReply(WireModel):
    """A score. One of the value fields holds the value."""

    id: str | None
    created_at: str | None
    type: str | None
    environment: str | None
    score_value_type: str | None
    numerical_value: float | None
    string_value: str | None
    boolean_value: bool | None
    categorical_value: list[str] | None
    json_value: str | None
    is_passed: bool | None
    cost: float | None
    evaluator_id: str | None
    evaluator_slug: str | None
    evaluator_name: str | None
    scorer: str | None
    log_id: str | None
    dataset_id: str | None
    status: str | None
    error_message: str | None
    explanation: str | None
    evaluator: dict[str, Any] | None = None
