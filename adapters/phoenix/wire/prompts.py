"""Prompts: chat templates with the model they are for, every version a record, and tags that point at versions."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.base import WireModel
from adapters.phoenix.wire.base import JsonObject, Positive
from adapters.phoenix.wire.parameters import Closed, Parameters

NAME = r"^[a-z0-9]([_a-z0-9-]*[a-z0-9])?$"
Identifier = Annotated[str, Field(pattern=NAME)]


class TextPart(Closed):
    """A piece of a message: text."""

    type: Literal["text"]
    text: str


class FunctionCall(Closed):
    """A call of a function, its arguments as JSON text."""

    type: Literal["function"]
    name: str
    arguments: str


class ToolCallPart(Closed):
    """A piece of a message: the model calls a tool."""

    type: Literal["tool_call"]
    tool_call_id: str
    tool_call: FunctionCall


class ToolResultPart(Closed):
    """A piece of a message: what a tool answered."""

    type: Literal["tool_result"]
    tool_call_id: str
    tool_result: bool | int | float | str | JsonObject | list[Any] | None


ContentPart = Annotated[TextPart | ToolCallPart | ToolResultPart, Field(discriminator="type")]


class Message(Closed):
    """A message of a chat template."""

    role: Literal["user", "assistant", "model", "ai", "tool", "system", "developer"]
    content: str | list[ContentPart]


class ChatTemplate(Closed):
    """A chat."""

    type: Literal["chat"]
    messages: list[Message]


class StringTemplate(Closed):
    """One text. The server refuses to keep these."""

    type: Literal["string"]
    template: str


class FunctionDefinition(Closed):
    """A function the model may call."""

    name: str
    description: str = ""
    parameters: JsonObject = Field(default_factory=dict)
    strict: bool = False


class FunctionTool(Closed):
    """A function as a tool."""

    type: Literal["function"]
    function: FunctionDefinition


class RawTool(Closed):
    """A tool in the provider's own form."""

    type: Literal["raw"]
    raw: JsonObject


class ChoiceNone(Closed):
    """No tool may be called."""

    type: Literal["none"]


class ChoiceZeroOrMore(Closed):
    """Tools may be called."""

    type: Literal["zero_or_more"]


class ChoiceOneOrMore(Closed):
    """A tool has to be called."""

    type: Literal["one_or_more"]


class ChoiceFunction(Closed):
    """This function has to be called."""

    type: Literal["specific_function"]
    function_name: str


Choice = Annotated[ChoiceNone | ChoiceZeroOrMore | ChoiceOneOrMore | ChoiceFunction, Field(discriminator="type")]


class Tools(Closed):
    """The tools a model may call."""

    type: Literal["tools"]
    tools: Annotated[list[Annotated[FunctionTool | RawTool, Field(discriminator="type")]], Field(min_length=1)]
    tool_choice: Choice = ChoiceNone(type="none")
    disable_parallel_tool_calls: bool = False


class SchemaDefinition(Closed):
    """A JSON schema that answers follow."""

    name: str
    description: str = ""
    definition: JsonObject = Field(alias="schema", default_factory=dict)
    strict: bool = False


class ResponseFormat(Closed):
    """Answers follow a JSON schema."""

    type: Literal["json_schema"]
    json_schema: SchemaDefinition


class Provider(StrEnum):
    """Whose model a prompt is for."""

    OPENAI = "OPENAI"
    AZURE_OPENAI = "AZURE_OPENAI"
    ANTHROPIC = "ANTHROPIC"
    GOOGLE = "GOOGLE"
    DEEPSEEK = "DEEPSEEK"
    XAI = "XAI"
    OLLAMA = "OLLAMA"
    AWS = "AWS"
    CEREBRAS = "CEREBRAS"
    FIREWORKS = "FIREWORKS"
    GROQ = "GROQ"
    MOONSHOT = "MOONSHOT"
    MINIMAX = "MINIMAX"
    PERPLEXITY = "PERPLEXITY"
    TOGETHER = "TOGETHER"
    ZAI = "ZAI"
    META = "META"


class TemplateType(StrEnum):
    """What a template is."""

    STR = "STR"
    CHAT = "CHAT"


class TemplateFormat(StrEnum):
    """How placeholders are written."""

    MUSTACHE = "MUSTACHE"
    F_STRING = "F_STRING"
    NONE = "NONE"


class Version(WireModel):
    """A version of a prompt."""

    model_config = ConfigDict(extra="allow", use_enum_values=True)

    description: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    model_provider: Provider
    model_name: str
    template: Annotated[ChatTemplate | StringTemplate, Field(discriminator="type")]
    template_type: TemplateType
    template_format: TemplateFormat
    invocation_parameters: Parameters
    tools: Tools | None = None
    response_format: ResponseFormat | None = None

    @model_validator(mode="after")
    def _one_type(self) -> Self:
        if (self.template_type == "CHAT") is not (self.template.type == "chat"):
            raise ValueError("Template type does not match template")
        return self


class PromptData(WireModel):
    """What a prompt is besides its versions."""

    name: Identifier
    description: str | None = None
    source_prompt_id: str | None = None
    metadata: JsonObject | None = None


class CreatePrompt(WireModel):
    """POST /v1/prompts"""

    prompt: PromptData
    version: Version


class TagData(WireModel):
    """POST /v1/prompt_versions/{prompt_version_id}/tags"""

    name: Identifier
    description: str | None = None


class CreateVersion(WireModel):
    """POST /v1/prompts/{prompt_identifier}/versions"""

    version: Version
    tags: list[TagData] | None = None


class UpdatePrompt(WireModel):
    """PATCH /v1/prompts/{prompt_identifier}"""

    description: str | None = None
    metadata: JsonObject = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set & {"description", "metadata"}:
            raise ValueError("at least one field must be provided")
        return self


class PromptsPaging(WireModel):
    """The query of lists of prompts, versions and tags."""

    cursor: str | None = None
    limit: Positive = 100


class Prompt(BaseModel):
    """A prompt; a change of it is answered without what is null."""

    name: str
    description: str | None = None
    source_prompt_id: str | None = None
    metadata: JsonObject | None = None
    id: str


class KeptVersion(BaseModel):
    """A kept version, without what was not said."""

    description: str
    metadata: JsonObject = {}
    model_provider: str
    model_name: str
    template: JsonObject
    template_type: str
    template_format: str
    invocation_parameters: JsonObject
    tools: JsonObject | None = None
    response_format: JsonObject | None = None
    id: str


class Tag(BaseModel):
    """A tag of a version."""

    name: str
    description: str | None
    id: str
