"""The executor of a gateway, from its settings, for as long as the gateway serves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gateway.execution.executor import Executor, Plant
from gateway.execution.lock import ExecutionLock
from gateway.execution.models import Models
from gateway.local.evaluators import Configured
from gateway.local.target import LocalTarget
from gateway.settings import Settings


@asynccontextmanager
async def executing(target: LocalTarget, settings: Settings, configured: Sequence[Configured] = ()) -> AsyncIterator[Executor]:
    """Runs the target's experiments while entered; when left, rows in flight have `server.drain_timeout` seconds.

    With `execution.enabled` off it only answers what is asked of evaluators.
    """
    limits = settings.execution
    async with Models(settings.models) as models:
        plant = Plant(
            model=models,
            default_model=settings.defaults.model,
            configured={name: entry for entry in configured for name in (entry.name, *entry.ids)},
            concurrency=limits.concurrency,
            per_experiment=limits.max_concurrency,
            rows=limits.max_rows,
        )
        executor = Executor(target, plant, ExecutionLock(settings.store.url))
        if limits.enabled:
            executor.start()
        try:
            yield executor
        finally:
            await executor.stop(settings.server.drain_timeout)
