"""What the forwarded path costs.

The gateway has one core, the stub vendor and the callers share another. Every figure stands beside the same call made without the
gateway, in interleaved rounds; the medians of the rounds are shown. A scenario ends by itself after six rounds.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from gateway.bench.caller import Measured, load
from gateway.bench.serving import gateway
from gateway.bench.vendor import free_port, vendor

ROUNDS = 3
BODY = orjson.dumps({"name": "an experiment", "description": "x" * 900})
PAGE = orjson.dumps({"results": [{"id": str(number), "output": "y" * 460} for number in range(1000)]})


@dataclass(frozen=True)
class Scenario:
    name: str
    callers: int
    delay: float
    method: str
    answer: bytes

    def request(self, prefix: str) -> bytes:
        body = BODY if self.method == "POST" else b""
        length = f"content-length: {len(body)}\r\n" if body else ""
        lines = f"{self.method} {prefix}/v1/anything HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\n{length}\r\n"
        return lines.encode() + body


SCENARIOS = (
    Scenario("one caller, 1 KB POST", 1, 0.0, "POST", BODY),
    Scenario("64 callers, vendor takes 50 ms", 64, 0.05, "POST", BODY),
    Scenario("one caller, 500 KB page", 1, 0.0, "GET", PAGE),
)


@dataclass(frozen=True)
class Result:
    """`direct` and `forwarded` are requests a second, `ideal` too (None where the vendor does not wait); `added` milliseconds at the median.

    `cpu` is the gateway's processor time for one request, in milliseconds: unlike the others it hardly depends on what else the machine does.
    """

    name: str
    direct: float
    forwarded: float
    ideal: float | None
    direct_median: float
    forwarded_median: float
    forwarded_p99: float
    added: float
    cpu: float


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far (fields 14 and 15 of /proc/PID/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int | None, int | None]:
    """A core for the gateway and one for everything else; none where there is only one, or no way to choose."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (found[0], found[1]) if len(found) > 1 else (None, None)


def measure(scenario: Scenario, seconds: float, dialect: str) -> Result:
    """One scenario, `dialect` being forwarded; rounds of `seconds` each."""
    ours, others = cores()
    if others is not None:
        os.sched_setaffinity(0, {others})
    direct, forwarded = list[Measured](), list[Measured]()
    with vendor(scenario.answer, delay=scenario.delay, core=others) as base, gateway(dialect, base, free_port(), ours) as running:
        spent = 0.0
        for _ in range(ROUNDS):
            direct.append(asyncio.run(load(base, scenario.request(""), callers=scenario.callers, seconds=seconds)))
            before = processor_seconds(running.pid)
            forwarded.append(asyncio.run(load(running.url, scenario.request(f"/{dialect}"), callers=scenario.callers, seconds=seconds)))
            spent += processor_seconds(running.pid) - before
    if ours is not None and others is not None:
        os.sched_setaffinity(0, {ours, others})
    alone, through = median(each.median for each in direct), median(each.median for each in forwarded)
    return Result(
        name=scenario.name,
        direct=median(each.rate for each in direct),
        forwarded=median(each.rate for each in forwarded),
        ideal=scenario.callers / scenario.delay if scenario.delay else None,
        direct_median=alone,
        forwarded_median=through,
        forwarded_p99=median(each.p99 for each in forwarded),
        added=through - alone,
        cpu=1000 * spent / sum(each.count for each in forwarded),
    )


def line(result: Result) -> str:
    """A result as one line of text."""
    ideal = f"   {100 * result.forwarded / result.ideal:.1f} % of the ideal {result.ideal:.0f}/s" if result.ideal else ""
    return (
        f"{result.name:<32} direct {result.direct:7.0f}/s {result.direct_median:7.2f} ms   "
        f"forwarded {result.forwarded:7.0f}/s {result.forwarded_median:7.2f} ms (p99 {result.forwarded_p99:.2f})   "
        f"added {result.added:+.2f} ms   gateway's CPU {result.cpu:.2f} ms{ideal}"
    )
