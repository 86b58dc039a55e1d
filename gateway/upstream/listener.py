"""Notices when a caller hangs up, so that nobody works on for nothing."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

from gateway.upstream.upload import ClientGone

T = TypeVar("T")

_PATIENCE = 0.1
"""Most calls are over before so many seconds have passed: only for longer ones is listening worth a task."""


class Listener:
    """Cancels the task it was made in once the caller has gone, unless it only `notices`; `gone` then says that this was why.

    It listens only after `start`, when the whole request body has been received.
    """

    def __init__(self, receive: Receive, *, notices: bool = False) -> None:
        self._notices = notices
        self._receive = receive
        self._listened_for = asyncio.current_task()
        self._listening: asyncio.Task[None] | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._stopped = False
        self.gone = False

    def start(self) -> None:
        """From a moment on, until `stop`."""
        if not self._stopped:
            self._waiting = asyncio.get_running_loop().call_later(_PATIENCE, self._begin)

    def stop(self) -> None:
        """No longer."""
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()
        if self._listening is not None:
            self._listening.cancel()

    def _begin(self) -> None:
        self._listening = asyncio.create_task(self._listen())

    def absorb(self) -> None:
        """Take back the cancellation that the caller's hanging up caused. Raises CancelledError when there was another one as well, or only that."""
        if not self.gone or self._listened_for is None or self._listened_for.uncancel() > 0:
            raise asyncio.CancelledError

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._stopped and self._listened_for is not None:
            self.gone = True
            if not self._notices:
                self._listened_for.cancel()


async def listened(receive: Receive, answering: Awaitable[T]) -> T:
    """The answer to a request that has been received whole. Raises ClientGone once the caller has hung up: the answering is cancelled."""
    listener = Listener(receive)
    listener.start()
    try:
        return await answering
    except asyncio.CancelledError:
        listener.absorb()
        raise ClientGone from None
    finally:
        listener.stop()
