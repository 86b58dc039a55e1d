"""`{{ name }}` templates: one pass, linear time, and no way to the reference answer."""

import re
from collections.abc import Callable, Mapping, Sequence

from gateway.execution.values import whole_text
from schemas.json import Json, JsonObject
from schemas.json_values import compact, is_list

# Possessive quantifiers (`*+`, `++`): a placeholder that never closes costs one look at its characters, not one for each way to split them.
_PLACEHOLDER = re.compile(r"\{\{\s*+([A-Za-z0-9_.]++)\s*+\}\}")
MAX_RENDERED = 4 << 20
MISSING = object()

Lookup = Callable[[str], object]
"""The value for a placeholder's name, or `MISSING`."""


def render(template: str, input: Json, metadata: Mapping[str, Json] | None = None, variables: Mapping[str, Json] | None = None) -> str:
    """Fill a template for one example.

    A name is looked up in `variables`, then in `input` when that is an object, then `input` itself is the whole input as text, then in
    `metadata`. `a.b` reaches into objects (a key spelled `a.b` wins). A name found nowhere stays as it stands. Values that are no texts
    appear as compact JSON. What is put in is never read as a template again.
    Raises ValueError when the result would exceed 4 Mi characters.
    """
    return fill(template, example_lookup(input, metadata, variables))


def render_messages(
    messages: Sequence[Json], input: Json, metadata: Mapping[str, Json] | None = None, variables: Mapping[str, Json] | None = None
) -> list[JsonObject]:
    """Fill the content of each `{role, content}`; of a content made of parts, the text parts. Other fields stay.

    Raises ValueError for a message that is no object, and where `render` does.
    """
    lookup = example_lookup(input, metadata, variables)
    return [_filled_message(message, lookup) for message in messages]


def example_lookup(input: Json, metadata: Mapping[str, Json] | None = None, variables: Mapping[str, Json] | None = None) -> Lookup:
    """The lookup `render` uses."""

    def lookup(name: str) -> object:
        for scope in (variables, input if isinstance(input, dict) else None):
            if scope and (value := reach(scope, name)) is not MISSING:
                return value
        if name == "input":
            return whole_text(input)
        return reach(metadata or {}, name)

    return lookup


def fill(template: str, lookup: Lookup) -> str:
    """Replace each placeholder by what `lookup` gives; those it calls MISSING stay literal. Raises ValueError beyond 4 Mi characters."""
    pieces: list[str] = []
    size = end = 0
    for match in _PLACEHOLDER.finditer(template):
        value = lookup(match[1])
        text = match[0] if value is MISSING else compact(value)
        pieces += (template[end : match.start()], text)
        end = match.end()
        size += len(pieces[-2]) + len(text)
        if size > MAX_RENDERED:
            break
    pieces.append(template[end:])
    if size + len(pieces[-1]) > MAX_RENDERED:
        raise ValueError(f"the rendered template exceeds {MAX_RENDERED} characters")
    return "".join(pieces)


def names(template: str) -> tuple[str, ...]:
    """The distinct placeholder names, in order of appearance."""
    return tuple(dict.fromkeys(match[1] for match in _PLACEHOLDER.finditer(template)))


def reach(scope: Mapping[str, Json], name: str) -> object:
    """`scope[name]`, else step by step along the dots; MISSING where there is nothing."""
    if name in scope:
        return scope[name]
    value: object = scope
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return MISSING
        value = value[step]
    return value


def _filled_message(message: Json, lookup: Lookup) -> JsonObject:
    if not isinstance(message, dict):
        raise ValueError("a message must be an object with role and content")  # noqa: TRY004 (one error for a bad template)
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": fill(content, lookup)}
    if is_list(content):
        return {**message, "content": [_filled_part(part, lookup) for part in content]}
    return message


def _filled_part(part: Json, lookup: Lookup) -> Json:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return {**part, "text": fill(part["text"], lookup)}
    return part
