"""`crosswalk serve`: the gateway as a process."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import FAILED, NEEDS_A_PERSON, ConfigOption, settings_or_exit, stop

if TYPE_CHECKING:
    from gateway.settings import Settings


def serve(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (server.host).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (server.port); 0 takes a free one.")] = None,
    demo_data: Annotated[bool, typer.Option("--demo-data", metavar="", help="Put a small demo data set into an empty store.")] = False,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is being answered. Logs go to standard output."""
    settings = settings_or_exit(config, _options(host, port))
    _run(settings, demo_data=demo_data)


def _options(host: str | None, port: int | None) -> dict[str, Any]:
    server = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return {"server": server} if server else {}


def _run(settings: "Settings", *, demo_data: bool) -> None:
    """Serve to the end. The server is imported here: other commands do not need it."""
    from gateway import logs
    from gateway.compose import gateway_app
    from gateway.server import run
    from gateway.settings import SettingsError

    logs.configure(settings.server.log_level, settings.secrets())
    try:
        app = gateway_app(settings, demo_data=demo_data)
    except SettingsError as error:
        stop(str(error), NEEDS_A_PERSON)
    if not run(app, settings, announce=lambda url: typer.echo(welcome(url), err=True)):
        reason = app.state.failure
        stop(f"{reason}" if isinstance(reason, SettingsError) else "The gateway did not start; the log above has the reason.", FAILED)


def welcome(url: str) -> str:
    """What a person who started the gateway reads first: where everything is, and three things to try."""
    return f"""
Crosswalk is ready at {url}

  any dialect    {url}/<dialect>, in place of the vendor's own https://host
  canonical API  {url}/v1
  reference      {url}/docs
  health         {url}/readyz    metrics {url}/metrics

Three things to try:
  1. curl {url}/v1/experiments
  2. crosswalk demo --url {url}
  3. open {url}/docs

Ctrl+C stops it.
"""
