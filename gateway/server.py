"""The HTTP server process around the application: uvicorn on uvloop and httptools, announced and drained."""

import gc
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from socket import socket

import uvicorn
from starlette.applications import Starlette

from gateway.settings import Settings


def run(app: Starlette, settings: Settings, announce: Callable[[str], None]) -> bool:
    """Serve until SIGINT or SIGTERM and drain; false when start-up failed, the reason being in the log."""
    server = GatewayServer(app, settings, announce)
    # uvicorn raises the signal again once it has shut down: a graceful end is a success, not a death by signal.
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    with suppress(SystemExit, KeyboardInterrupt):
        server.run()
    return server.started


class GatewayServer(uvicorn.Server):
    """Serves one application on the configured address.

    `announce` gets the base URL once requests are taken. At the end `/readyz` turns first, then requests in progress
    have `server.drain_timeout` seconds to finish.
    """

    def __init__(self, app: Starlette, settings: Settings, announce: Callable[[str], None]) -> None:
        server = settings.server
        super().__init__(
            uvicorn.Config(
                app,
                host=server.host,
                port=server.port,
                # Named, not "auto": without them uvicorn would serve at a quarter of the speed and say nothing.
                loop="asyncio" if sys.platform == "win32" else "uvloop",
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=int(server.keep_alive_timeout),
                timeout_graceful_shutdown=int(server.drain_timeout),
            )
        )
        self._health = app.state.health
        self._announce = announce

    def stop(self) -> None:
        """End gracefully, as on SIGTERM."""
        self.should_exit = True

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open the listening socket, then say where it is."""
        await super().startup(sockets=sockets)
        # What start-up made stays for good: the collector need not walk it again during requests.
        gc.collect()
        gc.freeze()
        self._announce(self._url())

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """No longer ready, then drain and close."""
        self._health.serving = False
        await super().shutdown(sockets=sockets)

    def _url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
