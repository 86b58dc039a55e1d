"""The configuration: one TOML file, overrides from the environment, secrets by reference."""

from gateway.settings.checks import Vocabulary
from gateway.settings.loading import load
from gateway.settings.model import Settings
from gateway.settings.problems import Problem, SettingsError
from gateway.settings.sections import (
    LOCAL,
    ApiKey,
    Auth,
    Defaults,
    Evaluator,
    Model,
    Role,
    Server,
    Store,
    Target,
)

__all__ = [
    "LOCAL",
    "ApiKey",
    "Auth",
    "Defaults",
    "Evaluator",
    "Model",
    "Problem",
    "Role",
    "Server",
    "Settings",
    "SettingsError",
    "Store",
    "Target",
    "Vocabulary",
    "load",
]
