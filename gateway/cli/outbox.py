"""`crosswalk outbox`: what was accepted and is not delivered."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from gateway.cli.common import FAILED, NEEDS_A_PERSON, ConfigOption, JsonOption, settings_or_exit, stop
from gateway.remote import outbox_rows
from gateway.remote.outbox_rows import RUN, Parcel, State
from gateway.store import Store

Records = list[tuple[str, Parcel]]


def outbox(
    config: ConfigOption = None,
    json: JsonOption = False,
    target: Annotated[str | None, typer.Option("--target", help="Only this target's.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="First make what failed wait again, with its attempts forgotten.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many records are listed.")] = 1000,
) -> None:
    """What vendors have not taken yet, or would not take: runs and scores, oldest first. Ends with code 2 while something has failed."""
    settings = settings_or_exit(config, json=json)
    try:
        records, retried = asyncio.run(_asked(settings.store.url, target, retry, limit))
    except (ValueError, OSError) as error:
        stop(f"The store cannot be read: {error}", FAILED)
    if json:
        typer.echo(orjson.dumps({"retried": retried, "records": [_document(name, parcel) for name, parcel in records]}))
    else:
        _show(records, retried if retry else None)
    if any(parcel.state is State.FAILED for _, parcel in records):
        raise typer.Exit(NEEDS_A_PERSON)


async def _asked(url: str, target: str | None, retry: bool, limit: int) -> tuple[Records, int]:
    store = Store(url)
    await store.start()
    try:
        retried = await store.write(outbox_rows.retried, target) if retry else 0
        return await store.read(outbox_rows.undelivered, target, limit), retried
    finally:
        await store.stop()


def _document(target: str, parcel: Parcel) -> dict[str, Any]:
    """What is to be known of a record; nothing of what it holds."""
    return {
        "target": target,
        "scope": parcel.scope,
        "experiment": parcel.experiment,
        "run": parcel.run,
        "evaluator": parcel.part or None,
        "state": parcel.state.value,
        "attempts": parcel.attempts,
        "code": parcel.code,
        "error": parcel.error,
        "accepted_at": parcel.created_at,
        "due_at": parcel.due_at if parcel.state is State.PENDING else None,
    }


def _show(records: Records, retried: int | None) -> None:
    from rich.console import Console
    from rich.table import Table

    if retried is not None:
        typer.echo(f"{retried} records wait again.", err=True)
    if not records:
        typer.echo("Everything that was accepted has been delivered.")
        return
    shown = Table("target", "experiment", "run", "what", "state", "age", "attempts", "last error")
    now = datetime.now(UTC)
    for target, parcel in records:
        what = "run" if parcel.part == RUN else f"score {parcel.part}"
        age = f"{(now - parcel.created_at).total_seconds():.0f} s"
        shown.add_row(target, parcel.experiment, parcel.run, what, parcel.state.value, age, str(parcel.attempts), parcel.error or "")
    Console().print(shown)
