"""The gateway as a real process: started on a database, asked whether it is ready, stopped, killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import httpx

READY_SECONDS = 30.0
STOP_SECONDS = 30.0


class NotReady(AssertionError):
    """The gateway ended or stayed silent; the message holds the end of its log."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Gateway:
    """`crosswalk serve` in `folder`, where its database and its log are; usable as a context.

    `config` is the text of a configuration file beyond the store's address; starting again in the same folder
    continues on the same database.
    """

    def __init__(self, folder: Path, config: str = "", port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._config = folder / "crosswalk.toml"
        self._config.write_text(f'[store]\nurl = "sqlite:///{folder / "gateway.db"}"\n{config}')
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the gateway was not started"
        return self._process.pid

    @property
    def log(self) -> str:
        return (self.folder / "gateway.log").read_text(errors="replace")

    def start(self) -> float:
        """Start and wait until /readyz answers 200; returns the seconds it took.

        Raises NotReady when the process ends first or 30 s pass.
        """
        began = time.monotonic()
        with (self.folder / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), cwd=self.folder, env=_variables(os.environ), stdout=log, stderr=log)
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - began > READY_SECONDS:
                code = self._process.poll()
                self.kill()
                raise NotReady(f"the gateway is not ready (exit code {code}):\n{self.log[-4000:]}")
            time.sleep(0.01)
        return time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL: no shutdown code of the gateway runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM and the exit code; raises subprocess.TimeoutExpired when it does not end within 30 s."""
        assert self._process is not None, "the gateway was not started"
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def processor_seconds(self) -> float:
        """The processor time the process has used so far, in user and system mode (proc(5), fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float:
        """The process's resident memory, from the kernel (VmRSS is in units of 1024 bytes)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1_000_000
        raise NotReady(f"process {self.pid} has no resident memory: it ended")

    def _command(self) -> list[str]:
        program = Path(sys.executable).with_name("crosswalk")
        return [str(program), "serve", "--config", str(self._config), "--port", str(self.port)]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def __enter__(self) -> Gateway:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Without settings of whoever runs the tests."""
    return {name: value for name, value in environ.items() if not name.startswith("CROSSWALK_")}
