"""Servers as processes: started, waited for, ended."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from tests.vendors import witness
from tests.vendors.environments import PHOENIX_SERVER, Environment, ScriptError, clean_variables, ready

START_SECONDS = 180
END_SECONDS = 20


@contextmanager
def gateway(variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """`crosswalk serve` on a free port with a store of its own; yields its base URL."""
    command = (str(Path(sys.executable).with_name("crosswalk")), "serve")
    with tempfile.TemporaryDirectory() as folder:
        settings = {"CROSSWALK__STORE__URL": f"sqlite:///{folder}/gateway.db", "CROSSWALK__SERVER__LOG_LEVEL": "info"}
        port = free_port()
        with running((*command, "--port", str(port)), port, folder, {**settings, **(variables or {})}) as url:
            yield url


@contextmanager
def phoenix(environment: Environment = PHOENIX_SERVER) -> Iterator[str]:
    """A real Phoenix, empty, on a free port; yields its base URL. Takes some 20 s to start."""
    ready(environment)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {
            "PHOENIX_WORKING_DIR": folder,
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        command = (str(environment.folder / "bin" / "phoenix"), "serve")
        with running(command, port, folder, settings) as url:
            yield url


@contextmanager
def running(command: Sequence[str], port: int, folder: str, variables: Mapping[str, str]) -> Iterator[str]:
    """The command in `folder` until the block ends, from the moment its `/readyz` answers 200.

    Raises ScriptError with the log when it ends before that, or takes longer than START_SECONDS.
    """
    log = witness.log(Path(folder) / "server.log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=clean_variables(folder, variables), stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield url
    finally:
        _end(process)


def free_port() -> int:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(f"{url}/readyz"):
            return
        time.sleep(0.1)
    raise ScriptError(f"{process.args!r} is not ready (exit code {process.poll()}):\n{log.read_text(errors='replace')[-8000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
