"""The whole gateway from its parts: store, embedded target, dialects, application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.applications import Starlette

from adapters.base import Adapter, Options
from adapters.registry import discover
from adapters.versions import spoken
from gateway import docs, logs, service
from gateway.app import create_app
from gateway.auth import Authenticator
from gateway.execution.embedded import executing
from gateway.execution.executor import Executor
from gateway.execution.lock import ExecutionLock
from gateway.execution.scorers import find
from gateway.housekeeping import housekeeping
from gateway.local.evaluators import Configured
from gateway.local.target import LocalTarget
from gateway.metrics import Metrics
from gateway.remote.execution import RemoteExecutor
from gateway.remote.index import Index, Limits
from gateway.remote.outbox import Outbox
from gateway.remote.outbox_delivery import Courier
from gateway.remote.target import RemoteTarget
from gateway.settings import LOCAL, Settings, SettingsError
from gateway.settings import Target as TargetSettings
from gateway.settings.checks import surface_problems
from gateway.settings.problems import Problem
from gateway.store import Store
from gateway.store.receipts import Receipts
from gateway.surfaces import Everything, Surfaces
from gateway.upstream.client import Client
from gateway.upstream.forward import Forwarder
from gateway.upstream.target import VendorTarget

_log = logs.get("compose")


def gateway_app(settings: Settings, *, demo_data: bool = False) -> Starlette:
    """The ASGI application these settings describe; its store opens with the lifespan. `demo_data` fills an empty store with the demo's.

    Raises SettingsError for wrong `surfaces.*` and `evaluators.*` settings.
    """
    adapters = discover()
    options = surface_options(settings, adapters)
    served = {name: spoken(adapter, options[name].release) for name, adapter in adapters.items()}
    surfaces = Surfaces(settings, served, Authenticator(settings.auth), options)
    configured = configured_evaluators(settings)

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        store = await _started(settings.store.url)
        receipts = Receipts(store)
        try:
            target = LocalTarget(store, configured=configured)
            surfaces.keep(store, receipts)
            for name in _embedded(settings):
                surfaces.connect(name, target)
            app.state.store, app.state.target, app.state.receipts = store, target, receipts
            app.state.remotes = {}
            app.state.health.add("store", lambda: _usable(store))
            async with (
                _vendors(settings, adapters) as vendors,
                housekeeping(store),
                executing(target, settings, configured) as app.state.executor,
                AsyncExitStack() as stack,
            ):
                for vendor in vendors:
                    remote = await _remote(store, vendor, settings, adapters, target)
                    surfaces.forward(vendor.name, Forwarder(vendor))
                    surfaces.connect(vendor.name, remote)
                    app.state.remotes[vendor.name] = remote
                    await stack.enter_async_context(_indexing(store, remote, settings.targets[vendor.name]))
                    if remote.adapter.deferred:
                        await stack.enter_async_context(_delivering(store, remote, app.state.metrics, settings))
                    if (remote.adapter.stores or not remote.adapter.judges) and settings.execution.enabled:
                        await stack.enter_async_context(_executing(store, remote, app.state.executor, settings))
                if demo_data:
                    await _seed(app, adapters)
                yield
        finally:
            await receipts.stop()
            await store.stop()

    pages = [*docs.routes(served, service.operations()), *service.routes(served)]
    return create_app(settings, routes=[*pages, Everything(surfaces)], resources=[opened], render=surfaces.render)


async def _started(url: str) -> Store:
    """The store, open. Raises SettingsError for a file that is no store or cannot be one."""
    try:
        store = Store(url)
        await store.start()
    except (OSError, SQLAlchemyError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise SettingsError("The configuration", [Problem("store.url", f"{url} cannot be opened: {reason}")]) from error
    return store


async def _seed(app: Starlette, adapters: Mapping[str, Adapter]) -> None:
    """The demo's data; a gateway that cannot have them serves all the same."""
    from gateway.demo import DemoFailed, seed

    try:
        await seed(app, adapters)
    except DemoFailed as error:
        _log.warning("no demo data", reason=str(error))


async def _usable(store: Store) -> None:
    await store.ready()


def _embedded(settings: Settings) -> list[str]:
    return [name for name, target in settings.targets.items() if target.adapter == LOCAL]


@asynccontextmanager
async def _vendors(settings: Settings, adapters: Mapping[str, Adapter]) -> AsyncIterator[list[VendorTarget]]:
    """The vendor targets over one pooled client, which is not even loaded where there is none."""
    named = {name: target for name, target in settings.targets.items() if target.adapter != LOCAL}
    if not named:
        yield []
        return
    from gateway.upstream.pool import PooledClient

    client = PooledClient()
    try:
        yield [_vendor(name, target, adapters[target.adapter], client) for name, target in named.items()]
    finally:
        await client.close()


def _vendor(name: str, target: TargetSettings, adapter: Adapter, client: Client) -> VendorTarget:
    return VendorTarget(name, target, adapter.key_header, client, adapter.per_minute, adapter.denied)


async def _remote(
    store: Store, vendor: VendorTarget, settings: Settings, adapters: Mapping[str, Adapter], local: LocalTarget
) -> RemoteTarget:
    """The vendor for those who speak another dialect."""
    adapter = adapters[vendor.adapter]
    defaults, losses = {"model": settings.defaults.model}, settings.loss.get(adapter.name, {})
    own = adapter.options()
    return await RemoteTarget.open(
        store, vendor, settings.targets[vendor.name], adapter, local.perform, options=own, defaults=defaults, loss=losses
    )


@asynccontextmanager
async def _executing(store: Store, remote: RemoteTarget, embedded: Executor, settings: Settings) -> AsyncIterator[None]:
    """Experiments on a vendor that only stores, or that judges no runs it is brought, are run and judged by the process that runs the embedded ones."""
    executor = RemoteExecutor(store, remote, embedded.plant, lambda: embedded.executes)
    remote.undertaker = executor
    async with executor.running(settings.server.drain_timeout):
        yield


@asynccontextmanager
async def _indexing(store: Store, remote: RemoteTarget, settings: TargetSettings) -> AsyncIterator[None]:
    """What a vendor's own lists have no words for is answered from what is known of them."""
    remote.index = Index(store, remote, Limits(settings.index_age, settings.timeout / 2))
    async with remote.index.running():
        yield


@asynccontextmanager
async def _delivering(store: Store, remote: RemoteTarget, metrics: Metrics, settings: Settings) -> AsyncIterator[None]:
    """What a vendor cannot take at once waits in an outbox, from which one process delivers."""
    outbox = Outbox(store, remote)
    remote.outbox = outbox
    courier = Courier(store, remote, outbox, ExecutionLock(settings.store.url, f"outbox.{remote.name}"), metrics)
    async with courier.running():
        yield


def configured_evaluators(settings: Settings) -> list[Configured]:
    """The configuration's evaluators as the embedded target takes them. Raises SettingsError for an unknown scorer."""
    problems = [
        Problem(f"evaluators.{name}.scorer", f"no such scorer: {evaluator.scorer!r}")
        for name, evaluator in settings.evaluators.items()
        if find(evaluator.scorer) is None
    ]
    if problems:
        raise SettingsError("The configuration", problems)
    return [Configured(name, evaluator.scorer, evaluator.parameters, evaluator.ids) for name, evaluator in settings.evaluators.items()]


def surface_options(settings: Settings, adapters: Mapping[str, Adapter]) -> dict[str, Options]:
    """Each dialect's own settings, validated by the dialect. Raises SettingsError naming the key."""
    options: dict[str, Options] = {}
    for name, adapter in adapters.items():
        if problems := surface_problems(name, adapter.options, settings):
            raise SettingsError("The configuration", problems)
        options[name] = adapter.options.model_validate(settings.surfaces.get(name, {}))
    return options
