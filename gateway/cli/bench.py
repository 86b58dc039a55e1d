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
    """Make calls to a stub on this machine, beside the same calls made without the gateway; a line for each scenario."""
    from adapters.registry import discover
    from gateway.bench.measure import NotOneCall, line, measure
    from gateway.bench.scenarios import forwarded, translated

    adapters = discover()
    vendors = [name for name, adapter in adapters.items() if not adapter.prefix]
    ours = next((adapter for adapter in adapters.values() if adapter.prefix), None)
    if not vendors or ours is None:
        stop("There is no vendor adapter to call.", FAILED)
    translating = list(translated(adapters, ours))
    for scenario in (*forwarded(vendors[0]), *translating):
        try:
            result = measure(scenario, seconds)
        except NotOneCall as error:
            if scenario not in translating:
                stop(f"{scenario.name}: {error}", FAILED)
            continue
        except (OSError, TimeoutError) as error:
            stop(f"{scenario.name}: {error}", FAILED)
        typer.echo(orjson.dumps(asdict(result)) if json else line(result))
