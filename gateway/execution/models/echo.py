"""The built-in model: it says what it was told, so that runs need no key and tests no luck."""

from time import perf_counter

from gateway.execution.models.base import ChatRequest, Completion
from gateway.execution.values import content_text
from schemas.errors import invalid
from schemas.json import Json

NAME = "echo"


class Echo:
    """Answers with the content of the last user message, verbatim. A token is a word between white space; nothing costs anything."""

    async def complete(self, request: ChatRequest) -> Completion:
        """Raises CrosswalkError when no message is the user's."""
        started = perf_counter()
        content = _last_from_user(request)
        text = content_text(content)
        return Completion(
            message={"role": "assistant", "content": content},
            text=text,
            model=NAME,
            prompt_tokens=sum(_words(content_text(message.get("content"))) for message in request.messages),
            completion_tokens=_words(text),
            cost=0.0,
            latency_ms=(perf_counter() - started) * 1000,
            finish_reason="stop",
        )


def _last_from_user(request: ChatRequest) -> Json:
    for message in reversed(request.messages):
        if message.get("role") == "user":
            return message.get("content")
    raise invalid("The echo model answers the last user message, and there is none.", "messages")


def _words(text: str) -> int:
    return len(text.split())
