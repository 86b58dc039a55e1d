"""What the models of each provider take: the parameters of a prompt."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from adapters.phoenix.wire.base import JsonObject

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
FAMILY = (
    *("openai", "azure_openai", "deepseek", "xai", "ollama", "cerebras", "fireworks", "groq"),
    *("moonshot", "perplexity", "together", "zai", "meta"),
)
"""The types of parameters with the fields of OpenAI's; the server writes them all as `openai`."""


class Closed(BaseModel):
    """An object that may hold nothing else."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class OpenAIParameters(Closed):
    """What models that speak OpenAI's chat format take."""

    temperature: float = 0
    max_tokens: int = 0
    max_completion_tokens: int = 0
    frequency_penalty: float = 0
    presence_penalty: float = 0
    top_p: float = 0
    seed: int = 0
    stop: list[str] = []
    reasoning_effort: Effort = "none"
    extra_body: JsonObject = {}


class OutputConfig(Closed):
    """Anthropic's output settings."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] = "low"


class ThinkingDisabled(Closed):
    """No thinking."""

    type: Literal["disabled"]


class ThinkingEnabled(Closed):
    """Thinking within a budget of tokens."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: Literal["summarized", "omitted"] = "summarized"


class ThinkingAdaptive(Closed):
    """Thinking as the model likes."""

    type: Literal["adaptive"]
    display: Literal["summarized", "omitted"] = "summarized"


class AnthropicParameters(Closed):
    """What Anthropic's models take."""

    max_tokens: int
    temperature: float = 0
    top_p: float = 0
    stop_sequences: list[str] = []
    output_config: OutputConfig = OutputConfig()
    thinking: Annotated[ThinkingDisabled | ThinkingEnabled | ThinkingAdaptive, Field(discriminator="type")] = ThinkingDisabled(
        type="disabled"
    )
    extra_body: JsonObject = {}


class ThinkingConfig(Closed):
    """Google's thinking settings."""

    thinking_budget: int = 0
    thinking_level: Literal["minimal", "low", "medium", "high"] = "minimal"
    include_thoughts: bool = False


class GoogleParameters(Closed):
    """What Google's models take."""

    temperature: float = 0
    max_output_tokens: int = 0
    stop_sequences: list[str] = []
    presence_penalty: float = 0
    frequency_penalty: float = 0
    top_p: float = 0
    top_k: int = 0
    thinking_config: ThinkingConfig = ThinkingConfig()


class AwsParameters(Closed):
    """What models at Bedrock take."""

    max_tokens: int = 0
    temperature: float = 0
    top_p: float = 0
    stop_sequences: list[str] = []


def _tagged(tag: str, content: type[BaseModel]) -> Any:
    """`{"type": tag, tag: content}`."""
    fields: dict[str, Any] = {"type": (Literal[tag], ...), tag: (content, ...)}
    return create_model(f"{tag}_parameters", __base__=Closed, **fields)


_CONTENTS: tuple[tuple[str, type[BaseModel]], ...] = (
    *((tag, OpenAIParameters) for tag in FAMILY[:2]),
    *(("anthropic", AnthropicParameters), ("google", GoogleParameters)),
    *((tag, OpenAIParameters) for tag in FAMILY[2:5]),
    ("aws", AwsParameters),
    *((tag, OpenAIParameters) for tag in FAMILY[5:]),
)
Parameters: Any = Annotated[reduce(or_, (_tagged(tag, content) for tag, content in _CONTENTS)), Field(discriminator="type")]
