"""The port to language models: one request, one completion, whoever answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What to ask which model. `model` is a configured name; `parameters` have OpenAI chat names (temperature, max_tokens, …)."""

    model: str
    messages: Sequence[JsonObject]
    parameters: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer.

    `message` is the assistant's message as it came, `text` the text in it. `model` is the name the provider gives. Tokens and `cost` (USD)
    are None where they are not known. `latency_ms` is that of the attempt that succeeded.
    """

    message: JsonObject
    text: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    latency_ms: float
    finish_reason: str | None = None


class Model(Protocol):
    """Anything that completes chats."""

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer the request. Raises CrosswalkError, its message fit for the run's record: no secret in it."""
        ...
