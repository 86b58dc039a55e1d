"""`crosswalk adapters`: what each dialect can ask for."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import orjson
import typer

from adapters.base import Adapter
from adapters.capabilities import MARKS, matrix
from adapters.registry import discover
from adapters.versions import numbers, spoken
from gateway.cli.common import JsonOption

At = Annotated[list[str] | None, typer.Option(help="DIALECT=VERSION: as a server of that version speaks it; repeatable")]


def adapters(json: JsonOption = False, at: At = None) -> None:
    """Dialects by operations: native, emulated or unsupported, computed from the routes."""
    chosen = _at(discover(), at or ())
    table = matrix(chosen.values())
    if json:
        typer.echo(orjson.dumps({"adapters": list(chosen), "operations": table}, option=orjson.OPT_NON_STR_KEYS))
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table("operation", *chosen, caption="● the dialect has a call for it   ○ put together from others   – neither")
    for op, cells in table.items():
        shown.add_row(op.replace("_", " "), *(MARKS[cells[name]] for name in chosen))
    Console().print(shown)


def _at(known: Mapping[str, Adapter], wanted: Iterable[str]) -> dict[str, Adapter]:
    """The dialects, those that are named as they were. Raises BadParameter."""
    chosen = dict(known)
    for one in wanted:
        name, _, version = one.partition("=")
        if name not in known or known[name].release is None or not numbers(version):
            raise typer.BadParameter(f"{one!r}: DIALECT=VERSION is needed, for a dialect whose servers differ", param_hint="--at")
        chosen[name] = spoken(known[name], version)
    return chosen
