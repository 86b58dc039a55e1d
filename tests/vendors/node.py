"""Packages for Node, installed once below `.venvs/` like the Python environments, and scripts run with them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vendors import witness
from tests.vendors.environments import HOME, INSTALL_SECONDS, SCRIPT_SECONDS, ScriptError, locked, run_command


@dataclass(frozen=True)
class NodePackages:
    """A folder with one pinned package and what that needs."""

    name: str
    package: str

    @property
    def folder(self) -> Path:
        return HOME / self.name


PHOENIX_TS = NodePackages("phoenix-ts", "@arizeai/phoenix-client@6.14.2")


def node_present() -> bool:
    return shutil.which("node") is not None and shutil.which("npm") is not None


def run_node(packages: NodePackages, script: Path, *args: str, timeout: float = SCRIPT_SECONDS) -> Any:
    """The JSON on the last line that a CommonJS script writes, run with the packages and the variables of `environments`."""
    with locked(packages.name):
        if not (packages.folder / "stamp.json").exists() or _stamp(packages) != packages.package:
            _install(packages)
    modules = {"NODE_PATH": str(packages.folder / "node_modules")}
    with witness.running(packages.package.rpartition("@")[0] + " " + packages.package.rpartition("@")[2]):
        return run_command("node", str(script), *args, env=modules, timeout=timeout)


def _stamp(packages: NodePackages) -> object:
    return json.loads((packages.folder / "stamp.json").read_text())


def _install(packages: NodePackages) -> None:
    shutil.rmtree(packages.folder, ignore_errors=True)
    packages.folder.mkdir(parents=True)
    (packages.folder / "package.json").write_text('{"private": true}')
    command = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", packages.package)
    done = subprocess.run(command, cwd=packages.folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    if done.returncode != 0:
        raise ScriptError(f"{command} exited with {done.returncode}:\n{done.stderr[-8000:]}")
    (packages.folder / "stamp.json").write_text(json.dumps(packages.package))
