"""`crosswalk adapters`: what each dialect can ask for."""

import orjson
import typer

from adapters.capabilities import MARKS, matrix
from adapters.registry import discover
from gateway.cli.common import JsonOption


def adapters(json: JsonOption = False) -> None:
    """Dialects by operations: native, emulated or unsupported, computed from the routes."""
    chosen = discover()
    table = matrix(chosen.values())
    if json:
        typer.echo(orjson.dumps({"adapters": list(chosen), "operations": table}))
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table("operation", *chosen, caption="● the dialect has a call for it   ○ put together from others   – neither")
    for op, cells in table.items():
        shown.add_row(op.replace("_", " "), *(MARKS[cells[name]] for name in chosen))
    Console().print(shown)
