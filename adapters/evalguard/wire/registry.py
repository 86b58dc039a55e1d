"""Prompts, scorers, evaluators and deployments on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, PagedQuery, ProjectQuery, Query, Uuid


class NewPrompt(Body):
    """`POST /prompts`; `model`, `tags` and `config` are what clients add."""

    projectId: Uuid
    name: Annotated[str, Field(min_length=1)]
    content: str
    variables: list[str] | None = None
    description: str | None = None
    model: str | None = None
    tags: list[Any] | None = None
    config: dict[str, Any] | None = None


class PromptsQuery(PagedQuery):
    """`GET /prompts`."""

    projectId: Uuid
    name: str | None = None


class PromptRow(WireModel):
    """One version of a prompt."""

    id: str
    name: str
    version: int
    content: str
    variables: list[str] | None
    created_at: str


class NewDeployment(Body):
    """`POST /prompts/deployments`."""

    name: Annotated[str, Field(min_length=1)]
    version: Annotated[int, Field(ge=1)]
    env: Annotated[str, Field(min_length=1)]


class DeploymentsQuery(Query):
    """`GET /prompts/deployments?name=`."""

    name: str


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


class PromptAnswer(Answer):
    """One prompt version."""

    data: PromptRow


class PromptsAnswer(Answer):
    """Prompt versions, newest first."""

    data: list[PromptRow]
