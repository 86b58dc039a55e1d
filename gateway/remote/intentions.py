"""Experiments that the gateway is about to make and run: noted before the vendor is asked, so that one whose maker was killed before the answer is run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from gateway import logs
from gateway.remote.account import Account
from gateway.remote.intent import INTENTION
from gateway.remote.loss import KEY
from gateway.remote.talk import Talk
from gateway.store import Store, Transaction
from gateway.store.tables import intentions
from schemas.errors import CrosswalkError
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, Caller, ListExperimentsArgs, Op

if TYPE_CHECKING:
    from gateway.remote.target import RemoteTarget

KEPT = timedelta(minutes=10)
"""An experiment that has not shown up after so long was not made."""

PAUSE = 30.0
"""Seconds between two looks for the same one."""

_NEWEST = 50
_I = intentions.c
_ALL = select(_I.token, _I.scope, _I.dataset, _I.created_at).where(_I.target == bindparam("space"))
_DROP = intentions.delete().where(_I.token == bindparam("one"))
_log = logs.get("intentions")


class Intentions:
    """The intentions of one target."""

    def __init__(self, store: Store, target: RemoteTarget) -> None:
        self._store = store
        self._target = target
        self._own: set[str] = set()
        self._looked: dict[str, float] = {}

    async def note(self, scope: str, dataset: str, token: str) -> None:
        """A new one, about an experiment over this dataset whose metadata are to hold the token."""
        self._own.add(token)
        row = {"token": token, "target": self._target.space, "scope": scope, "dataset": dataset}
        await self._store.write(_note, row)

    async def forget(self, token: str) -> None:
        """What was intended is done, or was refused."""
        self.left(token)
        await self._store.write(_forget, token)

    def left(self, token: str) -> None:
        """Whoever was at it does not know what became of it: from now on it is looked for."""
        self._own.discard(token)

    async def found(self) -> list[tuple[str, str, str]]:
        """Scope, id and token of each experiment that was made by somebody who did not live to know of it. Those that never came are forgotten."""
        found = []
        for token, scope, dataset, created in await self._store.read(_all, self._target.space):
            if token in self._own or self._looked.get(token, 0.0) > time.monotonic():
                continue
            self._looked[token] = time.monotonic() + PAUSE
            record = await self._record(scope, dataset, token)
            if record is not None:
                found.append((scope, record, token))
            elif datetime.now(created.tzinfo) - created > KEPT:
                _log.warning("an experiment that was to be made is not there", dataset=dataset)
                await self.forget(token)
        for token in [token for token, until in self._looked.items() if until < time.monotonic()]:
            del self._looked[token]
        return found

    async def _record(self, scope: str, dataset: str, token: str) -> str | None:
        args = ListExperimentsArgs(dataset_id=dataset, flat=True, limit=_NEWEST)
        try:
            page = await Talk(self._target, Account()).read_raw(
                Op.LIST_EXPERIMENTS, Call(Op.LIST_EXPERIMENTS, args, None, Caller("", scope))
            )
        except CrosswalkError as error:
            _log.warning("what was to be made cannot be looked for now", error=error.message)
            return None
        slot = self._target.adapter.slots[Kind.EXPERIMENT]
        return next((str(item["id"]) for item in _items(page) if _token(item.get(slot)) == token), None)


def _items(page: Json) -> list[JsonObject]:
    return list(page.get("items") or ()) if isinstance(page, dict) else []


def _token(held: Json) -> Json:
    ours = held.get(KEY) if isinstance(held, Mapping) else None
    return ours.get(INTENTION) if isinstance(ours, Mapping) else None


def _note(tx: Transaction, row: JsonObject) -> None:
    tx.execute(intentions.insert(), {**row, "created_at": tx.now})


def _forget(tx: Transaction, token: str) -> None:
    tx.execute(_DROP, {"one": token})


def _all(tx: Transaction, space: int) -> list[tuple[str, str, str, datetime]]:
    return [(row.token, row.scope, row.dataset, row.created_at) for row in tx.rows(_ALL, {"space": space})]
