"""Evaluators (who judges) and prompts (what is asked), both versioned."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Model, Record
from schemas.json import Json, JsonObject
from schemas.run import Scale, ValueType


class EvaluatorKind(StrEnum):
    """How an evaluator judges. `code` is stored and never executed; `builtin` is one of the gateway's own scorers."""

    BUILTIN = "builtin"
    LLM = "llm"
    CODE = "code"
    HUMAN = "human"
    COMPOSITE = "composite"


class NewEvaluator(Model):
    """An evaluator to keep.

    `definition` by kind: builtin `{scorer, parameters?}`; llm `{model?, template, rubric?, parameters?}`; code `{snippet}`; human `{}`.
    `choices` are `{name, value}`.
    """

    alias: str | None = None
    slug: str | None = None
    name: str = Field(min_length=1)
    kind: EvaluatorKind = EvaluatorKind.LLM
    value_type: ValueType = ValueType.NUMBER
    native_value_type: str | None = None
    description: str | None = None
    definition: JsonObject = Field(default_factory=dict)
    scale: Scale | None = None
    choices: list[JsonObject] = Field(default_factory=list)
    threshold: float | None = None
    passing: JsonObject | None = None
    starred: bool | None = None
    tags: list[Json] = Field(default_factory=list)
    metadata: JsonObject = Field(default_factory=dict)
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


class EvaluatorPatch(Model):
    """What to change of an evaluator; absent fields stay."""

    slug: str | None = None
    name: str | None = None
    kind: EvaluatorKind | None = None
    value_type: ValueType | None = None
    native_value_type: str | None = None
    description: str | None = None
    definition: JsonObject | None = None
    scale: Scale | None = None
    choices: list[JsonObject] | None = None
    threshold: float | None = None
    passing: JsonObject | None = None
    starred: bool | None = None
    tags: list[Json] | None = None
    metadata: JsonObject | None = None
    extensions: dict[str, JsonObject] | None = None


class Evaluator(NewEvaluator, Record):
    """A kept evaluator."""

    name: str = ""
    version: int = 1
    version_id: str | None = None


class Trial(Model):
    """One thing for an evaluator to judge outside any experiment."""

    input: Json = None
    output: Json = None
    reference: Json = None
    metadata: JsonObject = Field(default_factory=dict)
    metrics: JsonObject = Field(default_factory=dict)
    parameters: JsonObject = Field(default_factory=dict)


class NewPrompt(Model):
    """A prompt version to keep: `template` is a text with `{{ name }}` placeholders, or `messages` are `{role, content}` with such texts.

    The version counts up per name.
    """

    name: str = Field(min_length=1)
    slug: str | None = None
    description: str | None = None
    template: str | None = None
    messages: list[JsonObject] | None = None
    variables: list[str] | None = None
    model: str | None = None
    project: str | None = None
    parameters: JsonObject = Field(default_factory=dict)
    tags: list[Json] = Field(default_factory=list)
    metadata: JsonObject = Field(default_factory=dict)
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


class Prompt(NewPrompt, Record):
    """A kept prompt version."""

    name: str = ""
    version: int = 1
