"""The values a run carries, as scorers, templates and conditions read them: out of wrappers, out of chat messages."""

from typing import TypeGuard

from schemas.json import Json, JsonObject
from schemas.json_values import compact, is_list

WRAPPERS = frozenset({"input", "output", "expected", "expected_output", "reference"})


def unwrap(value: Json) -> Json:
    """The value inside an object whose only key is one of `WRAPPERS`; anything else as it is.

    Dialects that only take objects wrap a plain value as `{"input": x}` or `{"output": x}`; this undoes one such layer.
    """
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        return inner if key in WRAPPERS else value
    return value


def is_message(value: Json) -> TypeGuard[JsonObject]:
    """A chat message: an object with a `role` text and `content`."""
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "content" in value


def is_messages(value: Json) -> TypeGuard[list[JsonObject]]:
    """A conversation: one chat message or more, and nothing else."""
    return isinstance(value, list) and bool(value) and all(map(is_message, value))


def content_text(content: Json) -> str:
    """The text of a message's content: a text, or the text parts of a list of parts; null is the empty text."""
    if content is None:
        return ""
    if not is_list(content):
        return compact(content)
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "".join(part for part in parts if isinstance(part, str))


def spoken(value: Json) -> Json:
    """Out of its wrapper; of a chat message its text, of a conversation the last message's; anything else as it is."""
    bare = unwrap(value)
    message = bare[-1] if is_messages(bare) else bare
    return content_text(message["content"]) if is_message(message) else bare


def text_of(value: Json) -> str:
    """What a text scorer reads: `spoken`, as it is when a text, empty for null, else as compact JSON."""
    bare = spoken(value)
    return "" if bare is None else compact(bare)


def whole_text(value: Json) -> str:
    """An input as one text, nothing left out: a conversation of several messages stays compact JSON."""
    bare = unwrap(value)
    return compact(bare) if is_messages(bare) and len(bare) > 1 else text_of(bare)
