"""`python -m tests.replay FILE…`: line by line, is the answer the recorded one?"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import httpx

from gateway import logs
from tests.replay.intended import intended
from tests.replay.player import Result, play
from tests.replay.recording import FOLDER, Scene, scenes
from tests.replay.servers import gateway, real, remote


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every line is equal or differs exactly as intended, else 1."""
    options = _parser().parse_args(arguments)
    tokens = dict(pair.split("=", 1) for pair in options.token)
    logs.configure("error")  # the report is what goes to standard output
    good = True
    for file in options.files or sorted(path.stem for path in FOLDER.glob("*.jsonl")):
        results = asyncio.run(_results(file, options, tokens))
        good &= _print(results, against_real=options.real or options.url is not None, everything=options.all)
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("files", nargs="*", help="recordings, with or without folder and ending; none: every one")
    parser.add_argument("--url", help="an empty server to replay against, instead of this gateway in this process")
    parser.add_argument("--real", action="store_true", help="against a real Phoenix, installed and started for it")
    parser.add_argument("--token", action="append", default=[], metavar="PLACEHOLDER=TOKEN")
    parser.add_argument("--all", action="store_true", help="name the equal lines too")
    return parser


async def _results(file: str, options: argparse.Namespace, tokens: dict[str, str]) -> list[Result]:
    results = []
    for scene in scenes(file):
        async with _server(scene, options) as client:
            results += await play(scene, client, tokens)
    return results


def _server(scene: Scene, options: argparse.Namespace) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    if options.real:
        return real()
    return remote(options.url) if options.url else gateway(keyed=scene.keyed, version=scene.version)


def _print(results: list[Result], *, against_real: bool, everything: bool) -> bool:
    """The report of one file; whether it holds nothing unexpected. A real server has no intended differences."""
    counts = {"equal": 0, "intended": 0, "left out": 0, "DIFFERENT": 0}
    for result in results:
        word = _verdict(result, against_real)
        counts[word] += 1
        if everything or word == "DIFFERENT":
            print("\n          ".join((f"{word:9} {result.exchange}", *result.differences)))
    print(f"{results[0].exchange.file}: {', '.join(f'{count} {word}' for word, count in counts.items())}")
    return counts["DIFFERENT"] == 0


def _verdict(result: Result, against_real: bool) -> str:
    if result.status is None:
        return "left out"
    meant = {} if against_real else intended(result.exchange.file)
    line = result.exchange.line
    if line in meant:
        return "intended" if result.differences and result.status == meant[line] else "DIFFERENT"
    return "DIFFERENT" if result.differences else "equal"


if __name__ == "__main__":
    sys.exit(main())
