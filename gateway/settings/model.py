"""The whole configuration as one immutable model."""

from typing import Any

from pydantic import Field, field_validator

from gateway.settings.secrets import secret_values
from gateway.settings.sections import (
    LOCAL,
    Auth,
    Defaults,
    Evaluator,
    Execution,
    Loss,
    Model,
    Name,
    Section,
    Server,
    Store,
    Target,
    TargetName,
    local_target,
)


class Settings(Section):
    """Everything that can be configured; the defaults are a gateway for one person on one machine."""

    server: Server = Field(default_factory=Server)
    store: Store = Field(default_factory=Store)
    defaults: Defaults = Field(default_factory=Defaults)
    targets: dict[TargetName, Target] = Field(default_factory=lambda: {LOCAL: local_target()})
    routes: dict[Name, TargetName] = Field(default_factory=dict)
    auth: Auth = Field(default_factory=Auth)
    loss: dict[Name, dict[Name, Loss]] = Field(default_factory=dict)
    models: dict[Name, Model] = Field(default_factory=dict)
    execution: Execution = Field(default_factory=Execution)
    evaluators: dict[Name, Evaluator] = Field(default_factory=dict)
    surfaces: dict[Name, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("targets")
    @classmethod
    def _local_is_always_there(cls, targets: dict[str, Target]) -> dict[str, Target]:
        return {LOCAL: local_target()} | targets

    def route(self, dialect: str) -> str:
        """The name of the target that serves a dialect when the request names none."""
        return self.routes.get(dialect, LOCAL)

    def secrets(self) -> frozenset[str]:
        """Every configured secret, in clear: for the log's mask only."""
        return secret_values(self)

    def masked(self) -> dict[str, Any]:
        """The effective configuration as JSON values, with every secret replaced by asterisks."""
        dump = self.model_dump(mode="json", exclude_none=True)
        for key in dump["auth"]["keys"]:
            key["sha256"] = "**********"
        return dump
