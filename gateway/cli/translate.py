"""`crosswalk translate`: what another vendor would be asked, without asking it."""

import sys
from typing import Annotated

import orjson
import typer

from gateway.cli.common import FAILED, LOSS_OVER_POLICY, NEEDS_A_PERSON, JsonOption, stop


def translate(
    source: Annotated[str, typer.Option("--from", help="The dialect the request is in.")],
    target: Annotated[str, typer.Option("--to", help="The dialect it is translated to.")],
    op: Annotated[str, typer.Option("--op", help="The operation, e.g. create_experiment (`crosswalk adapters` lists them).")],
    param: Annotated[list[str] | None, typer.Option("--param", help="A path parameter, NAME=VALUE; repeatable.")] = None,
    query: Annotated[list[str] | None, typer.Option("--query", help="A query parameter, NAME=VALUE; repeatable.")] = None,
    json: JsonOption = False,
) -> None:
    """Read a request body from standard input and show what the other vendor would receive, and the receipt.

    Ends with 3 when the translation would be refused because something consequential would be lost.
    """
    from adapters.body import read_json
    from adapters.registry import discover
    from gateway.translation import Question
    from gateway.translation import translate as translated
    from schemas.errors import CrosswalkError
    from schemas.operations import Op

    adapters = discover()
    op = op.replace(" ", "_")  # as `crosswalk adapters` writes it
    for name, value, known in (("--from", source, adapters), ("--to", target, adapters), ("--op", op, list(Op))):
        if value not in known:
            stop(f"{name}: there is no {value!r}; known: {', '.join(known)}", NEEDS_A_PERSON)
    text = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
    try:
        question = Question(dict(_pairs(param)), tuple(_pairs(query)), read_json(text) if text.strip() else None)
        found = translated(adapters[source], adapters[target], Op(op), question, {"model": "echo"})
    except CrosswalkError as error:
        stop(f"{error.code}: {error.message}", FAILED)
    typer.echo(orjson.dumps(found.document(), option=0 if json else orjson.OPT_INDENT_2))
    if found.refused:
        stop(f"would be refused: {', '.join(found.refused)} would be lost", LOSS_OVER_POLICY)


def _pairs(given: list[str] | None) -> list[tuple[str, str]]:
    pairs = [item.partition("=") for item in given or ()]
    for name, equals, _ in pairs:
        if not equals:
            stop(f"{name!r} is not NAME=VALUE", NEEDS_A_PERSON)
    return [(name, value) for name, _, value in pairs]
