"""The command line: `crosswalk <command>`.

Exit codes: 0 done, 1 failed, 2 needs a person (wrong usage or configuration), 3 loss over policy.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli import adapters, bench, config, demo, outbox, serve, store, translate

app = typer.Typer(name="crosswalk", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.add_typer(config.app, name="config")
app.add_typer(store.app, name="store")
app.command("serve")(serve.serve)
app.command("adapters")(adapters.adapters)
app.command("bench")(bench.bench)
app.command("demo")(demo.demo)
app.command("outbox")(outbox.outbox)
app.command("translate")(translate.translate)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(version("crosswalk-gateway"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """One experiment API in front of several vendors: speak any of them, reach any of them."""


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    app()
