"""Which version of its server a vendor runs: configured, or told by the server itself."""

import asyncio
import re
import time

from adapters.base import Adapter
from adapters.http import Request
from adapters.versions import numbers, spoken
from gateway.remote.account import Account
from gateway.remote.send import Sender
from schemas.errors import CrosswalkError

_PATIENCE = 5.0
"""Seconds the server may take to tell its version."""

_PAUSE = 30.0
"""Seconds until a server that did not answer is asked again; its other answers tell it meanwhile."""

_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")


class OlderServer(CrosswalkError):
    """The answer came from an older server than the one that was asked."""


class Release:
    """A dialect as the version of one target's server speaks it. Until the version is known it is taken for the newest.

    `sender` makes the target's calls, whose answers tell the version; `prober` asks for it when there have been none.
    """

    def __init__(self, adapter: Adapter, sender: Sender, prober: Sender, configured: str | None = None) -> None:
        self._adapter = adapter
        self._sender = sender
        self._prober = prober
        self._fixed = configured is not None or adapter.release is None
        self._next_try = 0.0
        self._asking = asyncio.Lock()
        self.version = configured or ""
        self.dialect = spoken(adapter, self.version)

    async def settle(self) -> Adapter:
        """The dialect to speak now; asks the server when its version is not known yet. Raises nothing."""
        if self._fixed or self._adapter.release is None:
            return self.dialect
        told = self._told()
        if not told and not self.version:
            async with self._asking:
                told = await self._first(self._adapter.release.page)
        if told and numbers(told) != numbers(self.version):
            self.version, self.dialect = told, spoken(self._adapter, told)
        return self.dialect

    async def _first(self, page: str) -> str:
        """What those who waited for the same question need not ask again."""
        if self.version or time.monotonic() < self._next_try:
            return self._told()
        told = await self._asked(page)
        self._next_try = time.monotonic() + _PAUSE
        return told

    @property
    def overtaken(self) -> bool:
        """Whether the server has just said that it is older than what it is spoken to as, so that its answer may lack what is expected."""
        told = "" if self._fixed else self._told()
        return (
            bool(told)
            and told != self.version
            and (not self.version or numbers(told) < numbers(self.version))
            and spoken(self._adapter, told) != self.dialect
        )

    def _told(self) -> str:
        """What the last answer's header said, "" when it said nothing that is a version."""
        return self._sender.release if _VERSION.fullmatch(self._sender.release) else ""

    async def _asked(self, page: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._prober.ask(Request("GET", page), Account())
        except (CrosswalkError, TimeoutError):
            return ""
        text = answer.body[:40].decode("ascii", "replace").strip()
        return text if _VERSION.fullmatch(text) else ""
