"""`crosswalk config`: is the configuration right, and what is in effect?"""

from collections.abc import Iterator
from typing import Any

import orjson
import typer

from gateway.cli.common import ConfigOption, JsonOption, settings_or_exit

app = typer.Typer(no_args_is_help=True, help="Check or show the configuration.")


@app.command()
def check(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say whether the gateway would start with this configuration."""
    settings = settings_or_exit(config, json=json)
    summary = {"ok": True, "targets": sorted(settings.targets), "auth": settings.auth.mode, "keys": len(settings.auth.keys)}
    if json:
        typer.echo(orjson.dumps(summary))
    else:
        typer.echo(f"The configuration is right: {len(settings.targets)} target(s), auth mode {settings.auth.mode}.")


@app.command()
def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print every setting in effect, secrets masked."""
    masked = settings_or_exit(config, json=json).masked()
    if json:
        typer.echo(orjson.dumps(masked, option=orjson.OPT_INDENT_2))
        return
    for key, value in _flat(masked):
        typer.echo(f"{key} = {orjson.dumps(value).decode()}")


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """`("auth.keys[0].name", "ci")`: one pair a leaf; empty tables and plain lists are leaves."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{key}[{index}]")
    else:
        yield key, value
