"""What is remembered around an exchange: answers under idempotency keys before it, headers and a receipt after it."""

from collections.abc import Callable
from dataclasses import replace

from adapters.base import Adapter, Route
from adapters.http import Request, Response
from adapters.scope import Scope
from gateway import receipt
from gateway.context import Context
from gateway.exchange import Exchange, Target
from gateway.merge import Merged
from gateway.once import Attempt, FirstAttempts, Perform, once
from gateway.remote.account import Account
from gateway.remote.doubt import Watched
from gateway.remote.target import RemoteTarget
from gateway.store import Store
from gateway.store.receipts import Receipts
from schemas.operations import SPECS, Caller


class Ledger:
    """Has exchanges answered and accounts for them; without a store it remembers nothing."""

    def __init__(self, store: Store | None = None, receipts: Receipts | None = None) -> None:
        self._store = store
        self._firsts = FirstAttempts(store) if store is not None else None
        self._receipts = receipts

    async def answer(
        self,
        adapter: Adapter,
        route: Route,
        target: tuple[str, Target],
        request: Request,
        scope: Scope,
        caller: Caller,
        exchange: Context,
        gone: Callable[[], bool] = lambda: False,
    ) -> Response:
        """The answer of the named target in the source's dialect, with what it took and what was lost in the exchange's headers.

        `gone` says whether the caller has hung up.
        """
        (name, performer), origin, account = target, "emulated", None
        if isinstance(performer, RemoteTarget):
            await performer.settle()
            shares = None if SPECS[route.op].writes else caller.scope
            account, scope = Account(f"{caller.scope}/{caller.name}", shares), replace(scope, ids=performer.ids)
            performer = Watched(performer.session(account), account)
        elif isinstance(performer, Merged):
            account = Account(f"{caller.scope}/{caller.name}", caller.scope)
            performer = await performer.session(account)

        async def perform() -> Response:
            return await Exchange(adapter, performer).answer(route, request, scope, caller, exchange.timings)

        if SPECS[route.op].creates and self._store is not None:
            place = (caller.scope, name, f"{adapter.name} {route.method} {route.path}")
            response, replayed = await self._once(place, request, perform, account, gone)
            origin = "replayed" if replayed else origin
        else:
            response = await perform()
        if account is not None:
            origin = account.origin if origin == "emulated" else origin
            _told(account, exchange)
        exchange.headers.append((b"crosswalk-origin", origin.encode()))
        if response.status < 400:
            await self._account(scope, account, name, route, caller, origin, exchange)
        return response

    async def _once(
        self, place: tuple[str, str, str], request: Request, perform: Perform, account: Account | None, gone: Callable[[], bool]
    ) -> tuple[Response, bool]:
        """The answer to a create, and whether it was another one's. At a vendor even one without a key meets its first attempt when that had no answer."""
        assert self._store is not None
        assert self._firsts is not None
        if account is None:
            return await once(self._store, place, request, perform)
        firsts, again = self._firsts, False
        attempt = Attempt(gone, doubt=lambda: account.doubt)

        async def told() -> Response:
            account.since = attempt.since
            return await perform()

        async def met() -> Response:
            nonlocal again
            response, again = await firsts.answer(place, account.who, request, attempt, told)
            return response

        response, replayed = await once(self._store, place, request, met)
        return response, replayed or again

    async def _account(
        self, scope: Scope, account: Account | None, target: str, route: Route, caller: Caller, origin: str, exchange: Context
    ) -> None:
        """Announce what was lost, and have the receipt written after the answer."""
        theirs = account.notes if account else None
        lost = receipt.lost_header(scope.notes, theirs)
        if lost:
            exchange.headers.append((b"crosswalk-lost", lost.encode()))
        body = receipt.content(scope.notes, scope.dialect, target, route.op, origin, theirs)
        if body is not None and self._receipts is not None:
            receipt_id = await self._receipts.new_id()
            exchange.headers.append((b"crosswalk-receipt", receipt_id.encode()))
            await self._receipts.put(receipt_id, caller.scope, body, exchange.request_id)


def _told(account: Account, exchange: Context) -> None:
    """What the calls to the target took, for headers and log."""
    exchange.timings["upstream"] = account.upstream
    exchange.headers.append((b"crosswalk-attempts", str(account.attempts).encode()))
    if account.index_age is not None:
        exchange.headers.append((b"crosswalk-index-age", str(round(account.index_age)).encode()))
    if account.reason is not None:
        exchange.log["upstream_error"] = account.reason
