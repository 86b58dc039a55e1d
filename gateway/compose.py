"""The whole gateway from its parts: store, embedded target, dialects, application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.routing import Mount

from adapters.base import Adapter, Options
from adapters.registry import discover
from gateway import docs
from gateway.app import create_app
from gateway.auth import Authenticator
from gateway.local.target import LocalTarget
from gateway.settings import LOCAL, Settings, SettingsError
from gateway.settings.problems import from_pydantic
from gateway.store import Store
from gateway.surfaces import Surfaces


def gateway_app(settings: Settings) -> Starlette:
    """The ASGI application these settings describe; its store opens with the lifespan. Raises SettingsError for wrong `surfaces.*` settings."""
    adapters = discover()
    surfaces = Surfaces(settings, adapters, Authenticator(settings.auth), surface_options(settings, adapters))

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        store = Store(settings.store.url)
        await store.start()

        async def usable() -> None:
            await store.ready()

        try:
            surfaces.ids = store.ids
            target = LocalTarget(store)
            for name, configured in settings.targets.items():
                if configured.adapter == LOCAL:
                    surfaces.connect(name, target)
            app.state.store, app.state.target = store, target
            app.state.health.add("store", usable)
            yield
        finally:
            await store.stop()

    return create_app(settings, routes=[*docs.routes(adapters), Mount("/", app=surfaces)], resources=[opened], render=surfaces.render)


def surface_options(settings: Settings, adapters: Mapping[str, Adapter]) -> dict[str, Options]:
    """Each dialect's own settings, validated by the dialect. Raises SettingsError naming the key."""
    options: dict[str, Options] = {}
    for name, adapter in adapters.items():
        try:
            options[name] = adapter.options.model_validate(settings.surfaces.get(name, {}))
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            problems = [from_pydantic({**detail, "loc": ("surfaces", name, *detail["loc"])}) for detail in details]
            raise SettingsError("The configuration", problems) from None
    return options
