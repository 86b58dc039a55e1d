"""The command line: `crosswalk <command>`."""

import typer

app = typer.Typer(name="crosswalk", no_args_is_help=True, help="One experiment API in front of several vendors.")


@app.callback()
def root() -> None:
    """One experiment API in front of several vendors."""


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    app()
