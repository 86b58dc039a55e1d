"""Prompts, their versions and tags, all kept as documents."""

from adapters.codecs import Function
from adapters.mapping import Fold, Row, Shape
from adapters.phoenix.quirks import prompts
from adapters.phoenix.quirks.values import NotNull, Or
from adapters.phoenix.tables.common import NO_FIELD, place
from schemas.ids import Kind

_HIDDEN = {"alias": "ids are node ids", "kind": "named by the path", "created_at": NO_FIELD, "updated_at": NO_FIELD}
_ID = {kind: prompts.node(kind) for kind in prompts.NODES}
PROMPT = Shape(
    (
        Row("name", "key"),
        Row("description", "body/description", default=None),
        Row("source_prompt_id", "body/source_prompt_id", default=None),
        Row("metadata", "body/metadata", Or({}), default=dict),
        Row("id", "id", _ID[prompts.PROMPT]),
    ),
    hidden={**_HIDDEN, "version": "versions are read apart"},
)
CHANGED = Shape(
    (
        Row("name", "key"),
        Row("description", "body/description", prompts.Said()),
        Row("metadata", "body/metadata", Or({}), default=dict),
        Row("id", "id", _ID[prompts.PROMPT]),
    ),
    hidden={**_HIDDEN, "version": "versions are read apart"},
)
"""A prompt as a change is answered: without what is null."""

VERSION = Shape(
    (
        Row("description", "body/description", Or(""), default=""),
        Row("metadata", "body/metadata", prompts.Said()),
        *(Row(name, f"body/{name}") for name in ("model_provider", "model_name", "template", "template_type", "template_format")),
        Row("invocation_parameters", "body/invocation_parameters"),
        Row("tools", "body/tools", prompts.Said()),
        Row("response_format", "body/response_format", prompts.Said()),
        Row("id", "id", _ID[prompts.VERSION]),
    ),
    hidden={**_HIDDEN, "key": "the prompt is named by the path", "version": "versions are told apart by id"},
)
TAG = Shape(
    (Row("name", "body/name"), Row("description", "body/description", default=None), Row("id", "id", _ID[prompts.TAG])),
    hidden={**_HIDDEN, "key": "named by the prompt and the name", "version": "a tag has one state"},
)
WHOLE = Function(lambda body: {"body": body}, lambda document: document["body"])
"""A body that a recipe takes apart."""

PATCH = Shape((Row("description", "body/description"), Row("metadata", "body/metadata", NotNull())), keep=False)
PROMPT_ARGS = Shape((Row("prompt_identifier", "key", prompts.PROMPT_REFERENCE),), keep=False)
VERSION_ARGS = Shape((Row("prompt_version_id", "key", prompts.VERSION_ID),), keep=False)
TAG_OF_PROMPT = Shape((Fold(("prompt_identifier", "tag_name"), ("key",), prompts.read_tag_of_prompt),), keep=False)
TAG_OF_VERSION = Shape((Fold(("prompt_version_id", "tag_name"), ("key",), prompts.read_tag_of_version),), keep=False)
PROMPTS_ARGS = Shape((place(Kind.DOCUMENT, type_name=prompts.NODES[prompts.PROMPT]),), keep=False)
VERSIONS_ARGS = Shape((*PROMPT_ARGS.rows, place(Kind.DOCUMENT, type_name=prompts.NODES[prompts.VERSION])), keep=False)
TAGS_ARGS = Shape((*VERSION_ARGS.rows, place(Kind.DOCUMENT, type_name=prompts.NODES[prompts.TAG])), keep=False)
