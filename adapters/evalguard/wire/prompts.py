"""Prompts, the prompt registry, deployments and traffic tests on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.evalguard.wire.base import Answer, Body, PagedQuery, Query, Uuid

Name = Annotated[str, Field(min_length=1)]
Hash = Annotated[str, Field(min_length=1, max_length=200)]


class NewPrompt(Body):
    """`POST /prompts`; `model`, `tags` and `config` are what clients add."""

    projectId: Uuid
    name: Name
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


class Registration(Body):
    """`POST /prompts/registry`."""

    name: Name
    template: str
    variables: list[str] | None = None
    description: str | None = None


class RegisteredChange(Body):
    """`PUT /prompts/registry`: the next version of a registered prompt."""

    prompt_id: Uuid
    template: str
    change_log: str | None = None


class RegistryQuery(Query):
    """`GET /prompts/registry`."""

    name: str | None = None


class RegisteredVersion(WireModel):
    """What tells one version of a registered prompt from the others."""

    version: int
    hash: str
    change_log: str | None
    created_at: str


class Registered(WireModel):
    """A registered prompt as its latest version has it."""

    id: str
    name: str
    version: int
    hash: str
    template: str
    variables: list[str] | None
    description: str | None
    change_log: str | None
    created_at: str
    versions: list[RegisteredVersion] | None = None


class NewDeployment(Body):
    """`POST /prompts/deployments`."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    env: Name


class Rollback(Body):
    """`PUT /prompts/deployments`.

    The documentation names the deployment and a hash, the clients' comments `action`. Without a hash the version that the environment had before comes back.
    """

    deployment_id: Uuid | None = None
    rollback_to_hash: Hash | None = None
    action: Literal["rollback"] | None = None
    name: Name | None = None
    env: Name | None = None

    @model_validator(mode="after")
    def _named(self) -> "Rollback":
        if self.deployment_id is None and (self.name is None or self.env is None):
            raise PydanticCustomError("missing", "deployment_id: Required")
        return self


class DeploymentsQuery(Query):
    """`GET /prompts/deployments?name=`."""

    name: str


class NewTrafficTest(Body):
    """`POST /prompts/ab-tests`: the share of production traffic, 0 to 1, that the variant is to get."""

    prompt_id: Uuid
    control_hash: Hash
    variant_hash: Hash
    traffic_split: Annotated[float, Field(ge=0, le=1)]


class TrafficTest(WireModel):
    """A traffic test that is kept."""

    id: str
    prompt_id: str
    control_hash: str
    variant_hash: str
    traffic_split: float
    created_at: str


class PromptAnswer(Answer):
    """One prompt version."""

    data: PromptRow


class PromptsAnswer(Answer):
    """Prompt versions, newest first."""

    data: list[PromptRow]


class RegisteredAnswer(Answer):
    """One registered prompt."""

    data: Registered


class RegistryAnswer(Answer):
    """The registered prompts, newest first."""

    data: list[Registered]


class TrafficTestAnswer(Answer):
    """One traffic test."""

    data: TrafficTest
