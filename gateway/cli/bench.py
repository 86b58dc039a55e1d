"""`crosswalk bench`: added latency and throughput of this very installation."""

from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from gateway.cli.common import FAILED, JsonOption, stop


def bench(
    seconds: Annotated[float, typer.Option(min=0.2, max=20, help="Length of one round; there are six a scenario.")] = 2.0,
    json: JsonOption = False,
) -> None:
    """Forward calls to a stub on this machine, beside the same calls made without the gateway; a line for each scenario."""
    from adapters.registry import discover
    from gateway.bench.forwarding import SCENARIOS, line, measure

    dialect = next((name for name, adapter in discover().items() if not adapter.prefix), None)
    if dialect is None:
        stop("There is no vendor adapter to forward to.", FAILED)
    for scenario in SCENARIOS:
        try:
            result = measure(scenario, seconds, dialect)
        except (OSError, TimeoutError) as error:
            stop(f"{scenario.name}: {error}", FAILED)
        typer.echo(orjson.dumps(asdict(result)) if json else line(result))
