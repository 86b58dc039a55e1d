"""Evaluators and single runs of them on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from adapters.base import WireModel

Type = Literal["llm", "human", "code"]
ValueType = Literal["numerical", "boolean", "percentage", "single_select", "multi_select", "json", "text", "categorical", "comment"]


class ScoreConfig(WireModel):
    """The bounds of a number, or the choices `{name, value}`."""

    min_score: float | None = None
    max_score: float | None = None
    choices: list[dict[str, Any]] | None = None


class EvaluatorPatchBody(WireModel):
    """What to change of an evaluator. `configurations` is the legacy spelling of `llm_config` and `score_config`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    evaluator_slug: Annotated[str, Field(min_length=1)] | None = None
    type: Type | None = None
    score_value_type: ValueType | None = None
    eval_class: str | None = None
    description: str | None = None
    score_config: ScoreConfig | None = None
    passing_conditions: dict[str, Any] | None = None
    llm_config: dict[str, Any] | None = None
    code_config: dict[str, Any] | None = None
    configurations: dict[str, Any] | None = None
    categorical_choices: list[dict[str, Any]] | None = None
    starred: bool | None = None
    tags: list[Any] | None = None
    version_description: str | None = None


class EvaluatorBody(EvaluatorPatchBody):
    """An evaluator to keep."""

    name: Annotated[str, Field(min_length=1)]


class Inputs(WireModel):
    """What to judge; any JSON each. `llm_input` and `llm_output` are the legacy names."""

    input: Any = None
    output: Any = None
    expected_output: Any = None
    metrics: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    llm_input: Any = None
    llm_output: Any = None


class RunBody(WireModel):
    """One thing to judge, and how."""

    inputs: Inputs
    generation_method: str | None = None


class EvaluatorReply(WireModel):
    """An evaluator."""

    id: str
    version_id: str | None
    version: int | None
    is_read_only: bool | None
    version_description: str | None
    name: str
    evaluator_slug: str | None
    type: str
    score_value_type: str
    eval_class: str | None = None
    description: str | None
    score_config: ScoreConfig | None
    passing_conditions: dict[str, Any] | None
    llm_config: dict[str, Any] | None = None
    code_config: dict[str, Any] | None = None
    configurations: dict[str, Any] | None = None
    categorical_choices: list[dict[str, Any]] | None = None
    starred: bool | None
    tags: list[dict[str, Any]] | None
    created_at: str | None
    updated_at: str | None
