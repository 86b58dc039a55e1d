"""The installed distribution carries the three packages and the command."""

from importlib import import_module
from importlib.metadata import entry_points

import pytest


@pytest.mark.parametrize("name", ["schemas", "adapters", "gateway"])
def test_package_is_importable(name: str) -> None:
    assert import_module(name).__doc__


def test_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="crosswalk")
    assert callable(command.load())
