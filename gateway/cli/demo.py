"""`crosswalk demo`: the main job end to end, visibly."""

import asyncio
from dataclasses import asdict
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from gateway.cli.common import FAILED, JsonOption, stop

if TYPE_CHECKING:
    from gateway.demo import Line, Progress


def demo(
    url: Annotated[str, typer.Option(help="The address of a running gateway.")] = "http://127.0.0.1:8080",
    key: Annotated[str | None, typer.Option(envvar="CROSSWALK_KEY", help="A key, where the gateway asks for one.")] = None,
    json: JsonOption = False,
) -> None:
    """The same small experiment asked for in each dialect, run, scored and compared; a table at the end."""
    import httpx

    from gateway.demo import DemoFailed

    try:
        lines = asyncio.run(_run(url, key))
    except DemoFailed as error:
        stop(f"The demo stopped: {error}", FAILED)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        stop(f"The demo stopped: {str(error) or type(error).__name__}. Is a gateway running at {url}? (make run)", FAILED)
    if json:
        typer.echo(orjson.dumps([asdict(line) for line in lines]))
    else:
        _show(lines)


async def _run(url: str, key: str | None) -> "list[Line]":
    import httpx
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    from adapters.registry import discover
    from gateway import demo

    adapters = {name: adapter for name, adapter in discover().items() if adapter.demo}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    console = Console(stderr=True)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        if not console.is_terminal:
            return await demo.run(client, adapters, token_hex(3), _lines())
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
            task = bar.add_task("", total=len(adapters))
            done: set[str] = set()

            def progress(dialect: str, doing: str) -> None:
                done.add(dialect)
                bar.update(task, description=f"{dialect}: {doing}", completed=len(done) - 1)

            return await demo.run(client, adapters, token_hex(3), progress)


def _lines() -> "Progress":
    """Progress where no terminal is: one line when something begins for the first time."""
    told: set[tuple[str, str]] = set()

    def progress(dialect: str, doing: str) -> None:
        if (dialect, doing) not in told:
            typer.echo(f"{dialect}: {doing}", err=True)
        told.add((dialect, doing))

    return progress


def _show(lines: "list[Line]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("who asked", "origin", "experiments", "runs", "scores", "winner", "time")
    for line in lines:
        table.add_row(
            line.dialect, line.origin, str(line.experiments), str(line.runs), str(line.scores), line.winner, f"{line.seconds:.2f} s"
        )
    Console().print(table)
    typer.echo(lines[-1].statement)
