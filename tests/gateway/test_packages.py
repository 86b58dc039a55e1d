"""The installed distribution carries the three packages and the command."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["schemas", "adapters", "gateway"])
def test_package_is_importable(name: str) -> None:
    assert import_module(name).__doc__


def test_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="crosswalk")
    assert callable(command.load())


def test_the_lock_pins_every_file_and_names_no_place() -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text()
    pins = [line for line in lock.splitlines() if not line.startswith("    --hash=sha256:")]
    assert pins
    assert all("==" in pin and pin.endswith(" \\") for pin in pins)
    assert "://" not in lock
