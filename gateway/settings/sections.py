"""One model a section of the configuration file."""

import ipaddress
import re
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, StringConstraints

from gateway.settings.secrets import Secret

LOCAL = "local"
"""The adapter, and by default the target, that the embedded store provides."""

ECHO = "echo"
"""The built-in deterministic model."""

TargetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of the configuration: immutable, and every unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Role(StrEnum):
    """What a key may do, each role including the ones before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


def strict_base_url(url: str) -> str:
    """An absolute http(s) URL without credentials, query, fragment or dot segments; a trailing slash is dropped."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an absolute http:// or https:// URL is needed")
    if "@" in parts.netloc:
        raise ValueError("credentials do not belong in a URL: use api_key")
    if parts.query or parts.fragment or "\\" in url or any(c.isspace() for c in url):
        raise ValueError("no query, fragment, backslash or white space is allowed")
    if "//" in parts.path or {".", ".."} & set(parts.path.split("/")):
        raise ValueError("no empty or dot segment is allowed in the path")
    parts.port  # noqa: B018 - reading it refuses a port that is not a number
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(strict_base_url)]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Server(Section):
    host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    allowed_hosts: tuple[str, ...] = ()
    body_limit: Annotated[ByteSize, Field(ge=1024)] = ByteSize(32 * 1024 * 1024)
    keep_alive_timeout: Seconds = 75
    drain_timeout: Seconds = 30
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def sqlite_file(url: str) -> str:
    """The address of an SQLite file; a database in memory cannot be shared by the store's connections."""
    if not re.fullmatch(r"sqlite(\+\w+)?:///[^?]+(\?.*)?", url) or url.partition("///")[2].startswith(":memory:"):
        raise ValueError("an SQLite file is needed: sqlite:///FILE, or sqlite:////FOLDER/FILE from the root")
    return url


class Store(Section):
    url: Annotated[str, AfterValidator(sqlite_file)] = "sqlite:///crosswalk.db"


class Defaults(Section):
    model: Name = ECHO


class Target(Section):
    adapter: Name
    base_url: BaseUrl | None = None
    api_key: Secret | None = None
    timeout: Seconds = 60
    connect_timeout: Seconds = 5
    read_timeout: Seconds = 60
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 100
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    breaker_failures: Annotated[int, Field(ge=1, le=1000)] = 5
    breaker_pause: Seconds = 10
    cache_ttl: Seconds | None = None
    cache_entries: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    cache_bytes: Annotated[ByteSize, Field(ge=1024)] = ByteSize(16 * 1024 * 1024)
    version: Annotated[str, StringConstraints(pattern=r"^\d{1,6}(\.\d{1,6}){1,3}$")] | None = None
    index_age: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 10


def _lower(text: str) -> str:
    return text.lower()


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(_lower)]


class ApiKey(Section):
    name: Name
    sha256: Sha256
    role: Role
    targets: tuple[TargetName, ...] | None = None
    scope: Name = "default"


class Auth(Section):
    mode: Literal["none", "keys", "passthrough"] = "none"
    keys: tuple[ApiKey, ...] = ()


Loss = Literal["refuse", "report"]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""USD per million tokens."""


class Model(Section):
    base_url: BaseUrl
    api_key: Secret | None = None
    model: Name | None = None
    prompt_price: Price | None = None
    completion_price: Price | None = None
    timeout: Seconds = 60


class Execution(Section):
    enabled: bool = True
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 15
    max_concurrency: Annotated[int, Field(ge=1, le=1000)] = 100
    max_rows: Annotated[int, Field(ge=1, le=10_000)] = 200


class Evaluator(Section):
    scorer: Name
    parameters: dict[str, Any] = Field(default_factory=dict)
    ids: tuple[Name, ...] = ()


def local_target() -> Target:
    """The target that is there without any configuration."""
    return Target(adapter=LOCAL)
