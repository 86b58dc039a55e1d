"""A vendor as a target: canonical calls are said in its dialect, and its answers read back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakValueDictionary

from cachetools import LRUCache

from adapters.base import Adapter, Options
from adapters.calling import decode_reply, encode_call, route_for, upstream_invalid
from adapters.scope import Scope
from gateway.remote.account import Account
from gateway.remote.asides import Asides
from gateway.remote.bundles import Bundles
from gateway.remote.groups import Groups
from gateway.remote.ids import ForeignIds
from gateway.remote.index import Index
from gateway.remote.library import KEPT, LIBRARY, ORDERS
from gateway.remote.recipes import INSTEAD, NEEDS, RECIPES
from gateway.remote.recipes.base import Recipe
from gateway.remote.release import Release
from gateway.remote.send import Sender
from gateway.remote.session import Session
from gateway.remote.waiting import Waiting
from gateway.settings import Target as TargetSettings
from gateway.store import Store
from gateway.upstream.target import VendorTarget
from schemas.errors import Code, CrosswalkError
from schemas.experiment import EvaluatorUse
from schemas.ids import Ids, Kind
from schemas.json import Json
from schemas.operations import Call, Caller, Op
from schemas.query import Args

_REMEMBERED = 10_000

Perform = Callable[[Call], Awaitable[Json]]


class Undertaker(Protocol):
    """Runs experiments on a target that only stores, and judges runs on one that judges none."""

    def token(self) -> str:
        """What an experiment that is about to be made is found by."""

    def intending(self, scope: str, dataset: str, token: str) -> AbstractAsyncContextManager[None]:
        """Entered while the target is asked to make an experiment that is to be run: should nobody live to hear of it, it is run all the same."""

    async def undertake(self, scope: str, record: str, token: str | None = None) -> None:
        """Run this experiment until it has ended; `token` is what it was intended under."""

    async def abandon(self, scope: str, record: str) -> None:
        """Run it no longer."""

    async def unusable(self, scope: str, uses: Iterable[EvaluatorUse]) -> list[str]:
        """The names of those evaluators that cannot judge here. Raises CrosswalkError."""

    def judging(self, scope: str, record: str) -> AbstractAsyncContextManager[None]:
        """Entered while a caller's runs are brought to this experiment, which are judged afterwards."""


class Deferring(Protocol):
    """Takes writes that the vendor cannot take yet, and shows them in what is read."""

    operations: frozenset[Op]

    async def perform(self, session: Session, call: Call) -> Json:
        """The reply to one of `operations`. Raises CrosswalkError."""


@dataclass
class RemoteTarget:
    """Answers canonical calls from one vendor.

    `local` keeps what the vendor has no place for; `loss` says per operation `refuse` or `report`; `undertaker` runs experiments where the vendor only
    stores: without one, those that a server would have to run are refused. `outbox` takes what the vendor cannot take at once. `release` knows the version
    of the vendor's server, as which `adapter` speaks; `index` keeps its lists. `made` are the records that were made lately, whose makers know of them.
    """

    name: str
    adapter: Adapter
    sender: Sender
    foreign: ForeignIds
    asides: Asides
    groups: Groups
    bundles: Bundles
    waiting: Waiting
    local: Perform
    options: Options | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    loss: Mapping[str, str] = field(default_factory=dict)
    undertaker: Undertaker | None = None
    outbox: Deferring | None = None
    release: Release | None = None
    index: Index | None = None
    made: LRUCache[str, None] = field(default_factory=lambda: LRUCache(_REMEMBERED))
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _project: str | None = None

    @classmethod
    async def open(
        cls, store: Store, vendor: VendorTarget, settings: TargetSettings, adapter: Adapter, local: Perform, **more: Any
    ) -> "RemoteTarget":
        """The target `vendor`, its ids and what is kept aside being in `store`."""
        foreign = await ForeignIds.open(store, vendor.name, adapter.numbered - adapter.unlisted)
        secret = settings.api_key.get_secret_value() if settings.api_key else None
        groups = await ForeignIds.open(store, f"{vendor.name}/groups")
        asides = Asides(store, foreign.space, adapter.incarnation)
        # Where the vendor's own ids are numbers, none of ours may stand among them.
        bundled = await ForeignIds.open(store, f"{vendor.name}/bundles") if Kind.EXPERIMENT in adapter.numbered else foreign
        sender = Sender(vendor, adapter, secret)
        # Asking for the version is one attempt, and a failure of it nothing that the calls themselves are judged by.
        apart = VendorTarget(vendor.name, settings.model_copy(update={"retries": 0}), adapter.key_header, vendor.client)
        release = Release(adapter, sender, Sender(apart, adapter, secret), settings.version)
        return cls(
            vendor.name,
            release.dialect,
            sender,
            foreign,
            asides,
            Groups(groups, asides, not adapter.groups, adapter.together),
            Bundles(bundled, asides, adapter.title, repeats=adapter.repeats, grows=adapter.grows),
            Waiting(await ForeignIds.open(store, f"{vendor.name}/places"), asides, adapter.title, not adapter.waits),
            local,
            release=release,
            **more,
        )

    @property
    def ids(self) -> Ids:
        """Makes and reads the canonical ids of this target's records."""
        return self.foreign.ids

    @property
    def space(self) -> int:
        """The number that the target has in ids and in our own store."""
        return self.foreign.space

    def scope(self, account: Account) -> Scope:
        """The surroundings of a translation into or out of the vendor's dialect."""
        return Scope(self.ids, self.adapter.name, self.options, notes=account.notes, defaults=self.defaults)

    async def settle(self) -> None:
        """Speak as the version of the vendor's server does, which is found out when it is not known. Raises nothing."""
        if self.release is not None:
            self.adapter = await self.release.settle()

    async def perform(self, call: Call) -> Json:
        """The reply to `call` alone. Raises CrosswalkError."""
        await self.settle()
        return await self.session(Account()).perform(call)

    def session(self, account: Account, *, notices: bool = True) -> Session:
        """The target for one exchange, whose doings `account` collects; without `notices` the index neither answers nor learns of it."""
        return Session(self, account, notices=notices)

    def lock(self, key: str) -> asyncio.Lock:
        """The lock of whatever `key` names, as long as anybody holds it or waits for it."""
        return self._locks.setdefault(key, asyncio.Lock())

    async def account_project(self) -> str | None:
        """The vendor's own id of the project its key works in, asked for once; None where the vendor has no such thing."""
        call = Call(Op.CURRENT_PROJECT, Args())
        route = route_for(self.adapter, call)
        if self._project is None and route is not None:
            answer = await self.sender.ask(encode_call(self.adapter, route, call, self.scope(Account())), Account())
            found = decode_reply(route, answer, self.scope(Account()))
            if not isinstance(found, dict) or not isinstance(found.get("id"), str):
                raise upstream_invalid(answer, "The answer does not name the account's project.")
            self._project = found["id"]
        return self._project

    def support(self, op: Op) -> str:
        """Whether the vendor has an operation, a recipe supplies it, or neither."""
        if op in self.adapter.deferred:
            return "emulated"
        if _native(self.adapter, op):
            return "native"
        if op in ORDERS and self.adapter.stores and self.undertaker is not None:
            return "emulated"
        if op in KEPT and _native(self.adapter, KEPT[op]):
            return "emulated"
        if self.instead(op) is not None or op in LIBRARY or (op in RECIPES and all(self._has(op, need) for need in NEEDS[op])):
            return "emulated"
        return "unsupported"

    def instead(self, op: Op) -> Recipe | None:
        """What stands in for an operation the vendor has nothing like, None when it has it or nothing does."""
        recipe, needs = INSTEAD.get(op, (None, ()))
        return recipe if not _native(self.adapter, op) and all(_native(self.adapter, need) for need in needs) else None

    def _has(self, op: Op, need: Op) -> bool:
        return _native(self.adapter, need) or (need is not op and self.support(need) == "emulated")

    def unsupported(self, op: Op) -> CrosswalkError:
        """The error that names what this target cannot do."""
        return CrosswalkError(
            Code.UNSUPPORTED,
            f"{self.adapter.title} cannot {op.replace('_', ' ')}, and nothing it has can stand in for it.",
            vendor=self.adapter.name,
        )

    def own(self, caller: Caller) -> Caller:
        """The caller as our own store knows it where it keeps what belongs to this target."""
        return Caller(caller.name, f"{caller.scope}@{self.name}", caller.role)


def _native(adapter: Adapter, op: Op) -> bool:
    return any(not route.piece for route in adapter.asking(op))
