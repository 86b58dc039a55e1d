"""What the commands share: reading the configuration, and ending with a clear message."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from adapters.registry import discover
from gateway.execution import scorers
from gateway.settings import Settings, SettingsError, Vocabulary, load
from schemas.operations import Op

FAILED = 1
NEEDS_A_PERSON = 2
LOSS_OVER_POLICY = 3

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (else $CROSSWALK_CONFIG, else ./crosswalk.toml).")]
JsonOption = Annotated[bool, typer.Option("--json", metavar="", help="Write one JSON document to standard output.")]


def settings_or_exit(config: Path | None, options: dict[str, Any] | None = None, *, json: bool = False) -> Settings:
    """The effective settings; wrong ones end the process with code 2 and every fault named.

    The faults go to standard error, or with `json` as one document to standard output.
    """
    try:
        return load(vocabulary(), config=config, options=options)
    except SettingsError as error:
        if json:
            faults = [{"key": problem.key, "message": problem.message} for problem in error.problems]
            typer.echo(orjson.dumps({"ok": False, "source": error.source, "problems": faults}))
            raise typer.Exit(NEEDS_A_PERSON) from None
        stop(str(error), NEEDS_A_PERSON)


def vocabulary() -> Vocabulary:
    """What this installation knows: its adapters with their settings, the canonical operations and the scorers."""
    adapters = discover()
    return Vocabulary(
        adapters=adapters.keys(),
        operations=frozenset(Op),
        surfaces={name: adapter.options for name, adapter in adapters.items()},
        scorers=scorers.SCORERS.keys(),
        is_scorer=lambda name: scorers.find(name) is not None,
    )


def stop(message: str, code: int) -> NoReturn:
    """End the process with a message on standard error."""
    typer.echo(message, err=True)
    raise typer.Exit(code)
