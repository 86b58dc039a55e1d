"""Tags are objects `{"id", "name", "color", …}` here; a text breaks the generated clients. Elsewhere a tag may be a plain text."""

from adapters.scope import Scope
from schemas.json import Json


class Tag:
    """A tag: a plain text is shown as an object that has nothing but that name, and such an object is read as the text."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return value["name"] if isinstance(value, dict) and set(value) == {"name"} and isinstance(value["name"], str) else value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value if isinstance(value, dict) else {"name": value if isinstance(value, str) else str(value)}


TAG = Tag()
