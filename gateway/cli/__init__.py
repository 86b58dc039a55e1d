"""The command line: `crosswalk <command>`.

Exit codes: 0 done, 1 failed, 2 needs a person (wrong usage or configuration), 3 loss over policy.
"""

import typer

from gateway.cli import adapters, bench, config, demo, serve, translate

app = typer.Typer(name="crosswalk", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.add_typer(config.app, name="config")
app.command("serve")(serve.serve)
app.command("adapters")(adapters.adapters)
app.command("bench")(bench.bench)
app.command("demo")(demo.demo)
app.command("translate")(translate.translate)


@app.callback()
def root() -> None:
    """One experiment API in front of several vendors: speak any of them, reach any of them."""


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    app()
