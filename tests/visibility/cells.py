"""Every dialect onto every target: what becomes of an experiment there. The tests of cells prove it, over HTTP and with the vendors' own clients."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

import httpx

from adapters.registry import discover
from tests.visibility.dialects import DIALECTS
from tests.visibility.records import Account, Result, ordered, text

VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]
TARGETS = ["local", *VENDORS]

_TURNS = "equal; one experiment there for each repetition"
_ROWS = "equal; its rows are a dataset there"
_JUDGED = "equal; judged by the gateway"
_TRACES = "equal; judged by the gateway, where its traces wait, too"

_SPECIAL: Mapping[tuple[str, str], str] = {
    ("phoenix", "respan"): _TURNS,
    ("phoenix", "evalguard"): _TURNS,
    ("respan", "evalguard"): _JUDGED,
    ("respan", "phoenix"): _TRACES,
    ("evalguard", "respan"): _ROWS,
    ("evalguard", "phoenix"): _ROWS,
}
CELLS: Mapping[tuple[str, str], str] = {
    (source, target): _SPECIAL.get((source, target), "equal") for source in DIALECTS for target in TARGETS
}


def table() -> str:
    """The cells in Markdown, a row for each dialect."""
    rows = ["| asked in | " + " | ".join(f"onto {target}" for target in TARGETS) + " |", "|---|" + "---|" * len(TARGETS)]
    rows += [f"| {source} | " + " | ".join(CELLS[source, target] for target in TARGETS) + " |" for source in DIALECTS]
    return "\n".join(rows)


async def at_the_vendor(direct: httpx.AsyncClient, vendor: str, name: str, made: list[Result]) -> Account:
    """What the vendor holds of an experiment, in one experiment for each repetition where it runs a row once. Rows that nobody has run yet are left out."""
    turns = range(1, max(result.repetition for result in made) + 1)
    if len(turns) == 1 or discover()[vendor].repeats:
        return await DIALECTS[vendor].read(direct, name)
    accounts = [await DIALECTS[vendor].read(direct, f"{name} · repetition {turn}") for turn in turns]
    results = [replace(result, repetition=turn) for turn, account in zip(turns, accounts, strict=True) for result in account.results]
    wanted = {(text(result.input), result.repetition) for result in made}
    held = [result for result in results if (text(result.input), result.repetition) in wanted]
    return Account(ordered(held), set().union(*(account.excused for account in accounts)))


async def excused(client: httpx.AsyncClient, receipts: Iterable[str]) -> set[str]:
    """The canonical fields that these receipts say the vendor does not hold as they were."""
    fields = set()
    for receipt in list(receipts):
        body = (await client.get(f"/v1/receipts/{receipt}")).json()
        fields |= {note["canonical"].rsplit("/", 1)[-1] for fate in ("lost", "coerced", "kept_aside") for note in body.get(fate, ())}
    return fields


async def delivered(client: httpx.AsyncClient, vendor: str, seconds: float = 30.0) -> None:
    """Wait until the vendor has taken what waited for it."""
    for _ in range(int(seconds * 10)):
        listed = (await client.get(f"/v1@{vendor}/experiments")).json()["items"]
        if all(experiment.get("delivery") != "pending" for experiment in listed):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{vendor} has not taken everything within {seconds:g} s")
