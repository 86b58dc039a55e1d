"""One virtual environment per vendor client, and scripts run inside it.

The clients' requirements exclude one another (and some register plugins in whatever imports them),
so none of them ever enters the project's own environment.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vendors import witness

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venvs"
INSTALL_SECONDS = 900
SCRIPT_SECONDS = 120
# Everything else (PHOENIX_*, RESPAN_*, EVALGUARD_*, OTEL_*, proxies, PYTHONPATH) stays outside.
INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@dataclass(frozen=True)
class Environment:
    """A client's environment: its folder's name, its pinned requirements, the Pythons it runs on."""

    name: str
    requirements: tuple[str, ...]
    pythons: tuple[tuple[int, int], ...] = ()  # newest first; empty: whichever runs the tests

    @property
    def folder(self) -> Path:
        return HOME / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


PHOENIX_CLIENT = Environment("phoenix-client", ("arize-phoenix-client==3.5.0", "pandas==2.3.3"))
PHOENIX_SERVER = Environment("phoenix-server", ("arize-phoenix==20.26.1",), ((3, 12), (3, 11)))
PHOENIX_SERVER_2025 = Environment(
    "phoenix-server-11.38.0",
    # It bounds few of its requirements: without these it gets releases of 2026 that it cannot be imported with.
    (
        *(
            "arize-phoenix==11.38.0",
            "arize-phoenix-client<2",
            "arize-phoenix-evals<2.1",
            "pandas<3",
            "pytz",
            "sqlalchemy<2.1",
            "aiosqlite<0.22",
        ),
        *("fastapi<0.120", "starlette<0.49", "graphql-core<3.3"),
    ),
    ((3, 12), (3, 11)),
)
RESPAN_API = Environment("respan-api-0.1.47", ("respan-api==0.1.47",))
RESPAN_API_ALL_OPERATIONS = Environment("respan-api-0.1.27", ("respan-api==0.1.27",))
RESPAN_V1 = Environment("respan-ai", ("respan-ai==2.0.1",))
EVALGUARD = Environment("evalguardai", ("evalguardai==2.2.3",))


class ScriptError(AssertionError):
    """A command ended badly; the message holds what it wrote."""


def ready(environment: Environment) -> Environment:
    """Build the environment unless its stamp says that it is the wanted one; returns it.

    Two processes may ask at once: the second waits for the first.
    """
    with locked(environment.name):
        if _stamp(environment) != _wanted(environment):
            _build(environment)
    return environment


def run_script(
    environment: Environment,
    script: Path,
    *args: str,
    env: Mapping[str, str] | None = None,
    timeout: float = SCRIPT_SECONDS,
) -> Any:
    """Run a client script in its environment; the JSON on its last line of output, parsed.

    The script sees only the variables of `INHERITED` and `env`, and an empty folder as its working
    directory and home. Modules beside the script can be imported by it.

    Raises ScriptError when it exits with another code than 0, takes longer than `timeout` seconds
    or ends without a line of JSON.
    """
    ready(environment)
    with witness.running(environment.requirements[0].replace("==", " ")):
        return run_command(str(environment.python), str(script), *args, env=env, timeout=timeout)


def run_command(*command: str, env: Mapping[str, str] | None = None, timeout: float = SCRIPT_SECONDS) -> Any:
    """`run_script` for any program (Node, say): same variables, folder, timeout and result."""
    with tempfile.TemporaryDirectory() as empty:
        output = _run(*command, env=clean_variables(empty, env), cwd=empty, timeout=timeout)
    lines = output.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as broken:
        raise ScriptError(f"{command[1]}: no JSON on the last line of:\n{output[-4000:]}") from broken


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time builds what has that name."""
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clean_variables(home: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables a client may see: `INHERITED`, a home of its own, and `extra`."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"HOME": home, "PYTHONUTF8": "1", "NO_COLOR": "1"} | dict(extra or {})


def _wanted(environment: Environment) -> dict[str, object]:
    return {"requirements": list(environment.requirements), "python": _interpreter(environment)}


def _stamp(environment: Environment) -> object:
    try:
        return json.loads((environment.folder / "stamp.json").read_text())
    except (OSError, ValueError):
        return None


def _interpreter(environment: Environment) -> str:
    """The interpreter to build on: the running one when it fits, else one found on PATH."""
    if not environment.pythons or sys.version_info[:2] in environment.pythons:
        return os.path.realpath(sys.executable)
    for major, minor in environment.pythons:
        found = shutil.which(f"python{major}.{minor}")
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return found
    wanted = " or ".join(f"{major}.{minor}" for major, minor in environment.pythons)
    raise ScriptError(f"{environment.name} needs Python {wanted}, and none is on PATH")


def _build(environment: Environment) -> None:
    shutil.rmtree(environment.folder, ignore_errors=True)
    _run(_interpreter(environment), "-m", "venv", str(environment.folder), timeout=INSTALL_SECONDS)
    _run(*_installer(environment), *environment.requirements, env=_like_pip(environment), timeout=INSTALL_SECONDS)
    (environment.folder / "stamp.json").write_text(json.dumps(_wanted(environment)))


def _installer(environment: Environment) -> tuple[str, ...]:
    uv = ROOT / ".venv" / "bin" / "uv"
    if uv.exists():
        return (str(uv), "pip", "install", "--quiet", "--python", str(environment.python))
    return (str(environment.python), "-m", "pip", "install", "--quiet")


def _like_pip(environment: Environment) -> dict[str, str]:
    """The environment variables with which uv finds the index and the certificates that pip is configured for: it does not read pip's settings."""
    listed = _run(str(environment.python), "-m", "pip", "config", "list", timeout=SCRIPT_SECONDS)
    configured = dict(line.partition("=")[::2] for line in listed.splitlines())
    settings = {"UV_DEFAULT_INDEX": configured.get("global.index-url"), "SSL_CERT_FILE": configured.get("global.cert")}
    return {**{name: value.strip("'") for name, value in settings.items() if value}, **os.environ}


def _run(
    *command: str,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float,
) -> str:
    """Standard output of a command; ScriptError, with what it wrote, when it fails."""
    try:
        done = subprocess.run(command, env=env, cwd=cwd, timeout=timeout, capture_output=True, text=True)
    except subprocess.TimeoutExpired as late:
        written = late.stderr.decode(errors="replace") if isinstance(late.stderr, bytes) else ""
        raise ScriptError(f"{command} took over {timeout} s:\n{written[-4000:]}") from late
    if done.returncode != 0:
        raise ScriptError(f"{command} exited with {done.returncode}:\n{done.stderr[-8000:]}\n{done.stdout[-2000:]}")
    return done.stdout
