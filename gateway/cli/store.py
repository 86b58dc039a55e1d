"""`crosswalk store check`: whether what is kept agrees with itself."""

import orjson
import typer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.cli.common import FAILED, NEEDS_A_PERSON, ConfigOption, JsonOption, settings_or_exit, stop

app = typer.Typer(no_args_is_help=True, help="The store that the configuration names.")


@app.callback()
def _root() -> None:
    """The store that the configuration names."""


@app.command("check")
def check(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Follow every reference and count what every counter counts; changes nothing, and a gateway may be running.

    Ends with 0 when all is well, with 1 when something is inconsistent (each on a line of its own), with 2 when there is no store of this version to read.
    """
    from gateway.store.examination import examine

    settings = settings_or_exit(config, json=json)
    try:
        findings = examine(settings.store.url)
    except (ValueError, OSError, SQLAlchemyError) as error:
        stop(f"The store cannot be checked: {_reason(error)}.", NEEDS_A_PERSON)
    if json:
        typer.echo(orjson.dumps({"ok": not findings, "findings": findings}))
    else:
        typer.echo("\n".join(findings) or "The store is consistent.")
    if findings:
        raise typer.Exit(FAILED)


def _reason(error: Exception) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).rstrip(".")
