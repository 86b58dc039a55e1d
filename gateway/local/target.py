"""The embedded target: takes a canonical call, answers from the store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from gateway.local import (
    comparison,
    datasets,
    documents,
    evaluators,
    examples,
    experiment_changes,
    experiments,
    export,
    figures,
    incomplete,
    lookup,
    project_changes,
    projects,
    prompts,
    run_lists,
    runs,
    scores,
    spans,
    splits,
    tags,
    versions,
)
from gateway.local.handler import Handler, Reply, merge
from gateway.store import Change, Store, Transaction
from schemas.errors import Code, CrosswalkError, unknown
from schemas.ids import Kind
from schemas.operations import SPECS, Call, ExperimentArgs, Op

_NOUNS = (
    comparison,
    datasets,
    documents,
    evaluators,
    examples,
    experiment_changes,
    experiments,
    export,
    figures,
    incomplete,
    project_changes,
    projects,
    prompts,
    run_lists,
    runs,
    scores,
    spans,
    splits,
    tags,
    versions,
)
HANDLERS: Mapping[Op, Handler] = merge(*(module.HANDLERS for module in _NOUNS))

Perform = Callable[[Call], Awaitable[Reply]]
Subscriber = Callable[[Change], None]
_Written = tuple[Reply, list[Change]]

_log = logging.getLogger(__name__)


class LocalTarget:
    """Answers every canonical operation.

    `others` perform operations that are more than one transaction (running an evaluator, say); `configured` are the evaluators of the configuration
    (ValueError when one has an unknown scorer). `subscribe` adds a function that is told, on the
    event loop and after the commit, of each `Change`: an experiment became `pending`, a `run` was completed by its caller, an experiment was
    `cancelled` or `deleted`.
    """

    def __init__(self, store: Store, others: Mapping[Op, Perform] | None = None, configured: Iterable[evaluators.Configured] = ()) -> None:
        self.store = store
        self._handlers = {**HANDLERS, **evaluators.Evaluators(configured).handlers}
        self._others = dict(others or {})
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tells `subscriber` of every change from now on."""
        self._subscribers.append(subscriber)

    def provide(self, op: Op, perform: Perform) -> None:
        """Lets `perform` answer `op`."""
        self._others[op] = perform

    async def perform(self, call: Call) -> Reply:
        """The reply to `call`, a dict shaped like `SPECS[call.op].reply`. Raises CrosswalkError."""
        other = self._others.get(call.op)
        if other is not None:
            return await other(call)
        handler = self._handlers.get(call.op)
        if handler is None:
            raise CrosswalkError(Code.UNSUPPORTED, f"The embedded store does not perform {call.op}.")
        if isinstance(call.args, ExperimentArgs) and call.args.single:
            await self.store.read(_no_group, call.args.experiment_id, call.caller.scope)
        if not SPECS[call.op].writes:
            return await self.store.read(handler, call.args, call.body, call.caller)
        written = self.store.submit(_write, handler, call)
        written.add_done_callback(self._tell)
        # A caller who goes away does not undo the write, and the subscribers are told all the same.
        return (await asyncio.shield(written))[0]

    def _tell(self, written: asyncio.Future[_Written]) -> None:
        if written.cancelled() or written.exception() is not None:
            return
        for change in written.result()[1]:
            for subscriber in self._subscribers:
                try:
                    subscriber(change)
                except Exception:
                    _log.exception("A subscriber failed on %s", change)


def _no_group(tx: Transaction, reference: str, scope: str) -> None:
    """Raises CrosswalkError (not_found) for the id of a group."""
    if lookup.head(tx, reference, scope).is_group:
        raise unknown(Kind.EXPERIMENT, reference)


def _write(tx: Transaction, handler: Handler, call: Call) -> _Written:
    return handler(tx, call.args, call.body, call.caller), tx.changes
