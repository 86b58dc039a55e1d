"""All models of this gateway by name: `echo`, and those configured."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gateway.execution.models import echo
from gateway.execution.models.base import ChatRequest, Completion, Model
from gateway.settings.sections import Model as ModelSettings
from schemas.errors import invalid

if TYPE_CHECKING:
    import httpx

MAX_CONNECTIONS = 256


class Models:
    """The model port with every model behind it. Opens its connections at first use; `aclose` (or `async with`) closes them."""

    def __init__(self, settings: Mapping[str, ModelSettings] | None = None, client: "httpx.AsyncClient | None" = None) -> None:
        self._settings = dict(settings or {})
        self._client = client
        self._owns_client = client is None
        self._models: dict[str, Model] = {echo.NAME: echo.Echo()}

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a request may use, sorted."""
        return tuple(sorted({echo.NAME, *self._settings}))

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer by the model of that name. Raises CrosswalkError: invalid_request for a name that is not configured, else as the model does."""
        return await self._model(request.model).complete(request)

    def _model(self, name: str) -> Model:
        if name not in self._models:
            settings = self._settings.get(name)
            if settings is None:
                raise invalid(f"No model {name[:100]!r} is configured; there are: {', '.join(self.names)}.", "model", input=name[:100])
            # Imported here: a gateway that only echoes needs no HTTP client, and starts a quarter of a second sooner.
            from gateway.execution.models.openai_chat import OpenAIChat

            self._models[name] = OpenAIChat(name, settings, self._connected())
        return self._models[name]

    def _connected(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx
            from httpx_aiohttp import AiohttpTransport

            # httpx's own pool slows down under many concurrent requests; aiohttp's does not.
            limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=15)
            self._client = httpx.AsyncClient(transport=AiohttpTransport(limits=limits), trust_env=False)
        return self._client

    async def aclose(self) -> None:
        """Close the connections this object opened."""
        if self._owns_client and self._client is not None:
            await self._client.aclose()
            self._client = None
            self._models = {echo.NAME: echo.Echo()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()
