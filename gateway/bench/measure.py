"""What the gateway adds to a call.

It has one core, the stub vendor and the callers share another. Every figure stands beside the same call made without the gateway, in
interleaved rounds; the medians of the rounds are shown. A scenario ends by itself after six rounds.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from gateway.bench.caller import WARMING, Measured, load
from gateway.bench.scenarios import Scenario
from gateway.bench.serving import gateway
from gateway.bench.vendor import free_port, vendor

ROUNDS = 3
IDEAL = 0.95
"""The share of the ideal rate that is to be reached where the vendor takes its time."""


class NotOneCall(Exception):
    """The gateway does not answer with 200 after one call to the vendor, so that there is nothing to put beside it."""


@dataclass(frozen=True)
class Result:
    """`direct` and `through` are requests a second, `ideal` too (None where the vendor does not wait); `added` milliseconds at the median.

    `bar` is the bound that `kept` judges, None where there is none. `cpu` is the gateway's processor time for one request, in milliseconds:
    unlike the others it hardly depends on what else the machine does.
    """

    name: str
    direct: float
    through: float
    ideal: float | None
    direct_median: float
    through_median: float
    through_p99: float
    added: float
    cpu: float
    bar: str | None
    kept: bool | None


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far (fields 14 and 15 of /proc/PID/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int | None, int | None]:
    """A core for the gateway and one for everything else; none where there is only one, or no way to choose."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (found[0], found[1]) if len(found) > 1 else (None, None)


def measure(scenario: Scenario, seconds: float) -> Result:
    """One scenario; rounds of `seconds` each. Raises NotOneCall, and TimeoutError when a server does not come up."""
    ours, others = cores()
    if others is not None:
        os.sched_setaffinity(0, {others})
    try:
        direct, through, spent = _rounds(scenario, seconds, ours, others)
    finally:
        if ours is not None and others is not None:
            os.sched_setaffinity(0, {ours, others})
    alone, beside = median(each.median for each in direct), median(each.median for each in through)
    rate, ideal = median(each.rate for each in through), scenario.callers / scenario.delay if scenario.delay else None
    bar, kept = _judged(scenario, beside - alone, rate / ideal if ideal else None)
    return Result(
        name=scenario.name,
        direct=median(each.rate for each in direct),
        through=rate,
        ideal=ideal,
        direct_median=alone,
        through_median=beside,
        through_p99=median(each.p99 for each in through),
        added=beside - alone,
        cpu=1000 * spent / sum(each.count for each in through),
        bar=bar,
        kept=kept,
    )


def _rounds(scenario: Scenario, seconds: float, ours: int | None, others: int | None) -> tuple[list[Measured], list[Measured], float]:
    """The rounds without and with the gateway, and the processor seconds it took for what the latter counted."""
    direct, through, spent = list[Measured](), list[Measured](), 0.0
    with (
        vendor(scenario.answer, delay=scenario.delay, core=others) as base,
        gateway(scenario.dialect, base, free_port(), ours) as running,
    ):
        _check(running.url, scenario)
        for _ in range(ROUNDS):
            direct.append(asyncio.run(load(base, scenario.request("/v1/anything"), callers=scenario.callers, seconds=seconds)))
            before = processor_seconds(running.pid)
            through.append(asyncio.run(load(running.url, scenario.request(scenario.path), callers=scenario.callers, seconds=seconds)))
            took = processor_seconds(running.pid) - before
            spent += took * seconds / (seconds + WARMING)
    return direct, through, spent


def _check(url: str, scenario: Scenario) -> None:
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request(scenario.method, scenario.path)
        answer = connection.getresponse()
        if (answer.status, answer.getheader("crosswalk-attempts")) != (200, "1"):
            raise NotOneCall(f"{scenario.path} answers {answer.status} after {answer.getheader('crosswalk-attempts')} calls")
    finally:
        connection.close()


def _judged(scenario: Scenario, added: float, share: float | None) -> tuple[str | None, bool | None]:
    if share is not None:
        return f">= {100 * IDEAL:.0f} % of the ideal", share >= IDEAL
    if scenario.bound is not None:
        return f"<= {scenario.bound:g} ms added", added <= scenario.bound
    return None, None


def line(result: Result) -> str:
    """A result as one line of text."""
    ideal = f"   {100 * result.through / result.ideal:.1f} % of the ideal {result.ideal:.0f}/s" if result.ideal else ""
    verdict = f"   {'kept' if result.kept else 'MISSED'}: {result.bar}" if result.bar else ""
    return (
        f"{result.name:<32} direct {result.direct:7.0f}/s {result.direct_median:7.2f} ms   "
        f"through {result.through:7.0f}/s {result.through_median:7.2f} ms (p99 {result.through_p99:.2f})   "
        f"added {result.added:+.2f} ms   gateway's CPU {result.cpu:.2f} ms{ideal}{verdict}"
    )
