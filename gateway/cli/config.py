"""`crosswalk config`: is the configuration right, and what is in effect?"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from gateway.cli.common import FAILED, ConfigOption, JsonOption, settings_or_exit

if TYPE_CHECKING:
    from gateway.remote.probe import Finding
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Check or show the configuration.")


@app.command()
def check(
    config: ConfigOption = None,
    json: JsonOption = False,
    live: Annotated[bool, typer.Option("--live", help="Ask every vendor target once, and say what is wrong with address or key.")] = False,
) -> None:
    """Say whether the gateway would start with this configuration, and with --live whether its targets answer."""
    settings = settings_or_exit(config, json=json)
    findings = _asked(settings) if live else []
    silent = [finding for finding in findings if not finding.ok]
    if json:
        summary = {"ok": not silent, "targets": sorted(settings.targets), "auth": settings.auth.mode, "keys": len(settings.auth.keys)}
        typer.echo(orjson.dumps({**summary, "live": [asdict(finding) for finding in findings]} if live else summary))
    else:
        typer.echo(f"The configuration is right: {len(settings.targets)} target(s), auth mode {settings.auth.mode}.")
        if live and not findings:
            typer.echo("No target is a vendor: nothing was asked.")
        for finding in findings:
            typer.echo(
                f"{finding.target}: {finding.message}" + (f" [{finding.key}] {finding.detail}" if finding.key else ""), err=not finding.ok
            )
    if silent:
        raise typer.Exit(FAILED)


def _asked(settings: "Settings") -> "list[Finding]":
    """Every vendor target, asked at once."""
    import asyncio

    from adapters.registry import discover
    from gateway.remote.probe import probe
    from gateway.settings import LOCAL
    from gateway.upstream.pool import PooledClient

    async def everyone() -> "list[Finding]":
        client, adapters = PooledClient(), discover()
        try:
            named = [(name, target) for name, target in settings.targets.items() if target.adapter != LOCAL]
            return list(await asyncio.gather(*(probe(name, target, adapters[target.adapter], client) for name, target in named)))
        finally:
            await client.close()

    return asyncio.run(everyone())


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
