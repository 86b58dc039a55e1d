"""Secrets by reference: `env:NAME` and `file:PATH` stand in the file, the value never does."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, SecretStr, ValidationInfo

_MAX_SECRET_BYTES = 64 * 1024


def resolve(value: object, info: ValidationInfo) -> object:
    """The secret a reference names; any other text is taken as the secret itself.

    A relative `file:` path starts at the folder of the configuration file. Raises ValueError, which names the
    reference and never a value, when there is nothing to read.
    """
    if not isinstance(value, str):
        return value
    kind, _, name = value.partition(":")
    if kind == "env":
        return _from_environment(name, info)
    if kind == "file":
        return _from_file(name, info)
    return _not_empty(value, "the value")


def _from_environment(name: str, info: ValidationInfo) -> str:
    environ = (info.context or {}).get("environ", os.environ)
    if name not in environ:
        raise ValueError(f"the environment variable {name} is not set")
    return _not_empty(environ[name], f"the environment variable {name}")


def _from_file(name: str, info: ValidationInfo) -> str:
    path = Path((info.context or {}).get("folder", ".")) / Path(name).expanduser()
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_SECRET_BYTES + 1)
        text = raw.decode()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if len(raw) > _MAX_SECRET_BYTES:
        raise ValueError(f"{path} is larger than {_MAX_SECRET_BYTES} bytes")
    return _not_empty(text.strip(), str(path))


def _not_empty(secret: str, where: str) -> str:
    if not secret:
        raise ValueError(f"{where} is empty")
    return secret


Secret = Annotated[SecretStr, BeforeValidator(resolve)]


def secret_values(value: object) -> frozenset[str]:
    """Every secret inside a settings model, in clear: for the log's mask, never for output."""
    if isinstance(value, SecretStr):
        return frozenset({value.get_secret_value()})
    if isinstance(value, BaseModel):
        return _inside(getattr(value, name) for name in type(value).model_fields)
    if isinstance(value, dict):
        return _inside(value.values())
    if isinstance(value, list | tuple):
        return _inside(value)
    return frozenset()


def _inside(values: object) -> frozenset[str]:
    return frozenset().union(*(secret_values(value) for value in values))  # type: ignore[attr-defined]
