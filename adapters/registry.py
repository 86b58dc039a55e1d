"""Finds the dialects: every folder beside this file that exports `ADAPTER`, and every outside package with a `crosswalk.adapters` entry point."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from adapters.base import Adapter

ENTRY_POINTS = "crosswalk.adapters"


@cache
def discover() -> Mapping[str, Adapter]:
    """Every dialect by name, in alphabetical order; raises ImportError, TypeError or ValueError at once for a broken or doubly named one."""
    found: dict[str, Adapter] = {}
    for adapter in [*_folders(), *_installed()]:
        if adapter.name in found:
            raise ValueError(f"two adapters are named {adapter.name!r}")
        found[adapter.name] = adapter
    return dict(sorted(found.items()))


def _folders() -> list[Adapter]:
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg)
    return [_adapter(import_module(f"adapters.{name}"), f"adapters.{name}") for name in names]


def _installed() -> list[Adapter]:
    return [_adapter(entry.load(), entry.value) for entry in entry_points(group=ENTRY_POINTS)]


def _adapter(thing: object, where: str) -> Adapter:
    adapter = getattr(thing, "ADAPTER", thing)
    if not isinstance(adapter, Adapter):
        raise TypeError(f"{where} does not export an ADAPTER")
    return adapter
