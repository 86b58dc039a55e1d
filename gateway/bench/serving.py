"""The gateway under measurement: a process of its own, forwarding one dialect to the stub."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_PATIENCE = 30.0


@dataclass(frozen=True)
class Running:
    """A gateway that serves: its address and process id."""

    url: str
    pid: int


@contextmanager
def gateway(dialect: str, base_url: str, port: int, core: int | None) -> Iterator[Running]:
    """`crosswalk serve` on `port`, on one core, with `dialect` forwarded to `base_url`. Raises TimeoutError when it is not ready within 30 s."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "crosswalk.toml"
        config.write_text(
            f'[store]\nurl = "sqlite:///{folder / "bench.db"}"\n[server]\nport = {port}\n[targets.stub]\nadapter = "{dialect}"\n'
            f'base_url = "{base_url}"\n[routes]\n{dialect} = "stub"\n'
        )
        environ = {key: value for key, value in os.environ.items() if not key.startswith("CROSSWALK_")}
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(config)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=folder, env=environ, stdout=quiet, stderr=quiet) as process:  # noqa: S603 (a command made here)
            try:
                _await_ready(f"http://127.0.0.1:{port}", process)
                if core is not None:
                    os.sched_setaffinity(process.pid, {core})
                yield Running(f"http://127.0.0.1:{port}", process.pid)
            finally:
                process.terminate()


def _await_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    began = time.monotonic()
    while time.monotonic() - began < _PATIENCE and process.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 (an address made here)
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"the gateway was not ready within {_PATIENCE:.0f} s")
