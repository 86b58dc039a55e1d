"""Recipes: operations a vendor lacks, as generators of canonical calls without I/O."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from schemas.json import JsonObject
from schemas.operations import Call, Caller, Op

PAGE = 200
"""Records asked for at a time."""


@dataclass(frozen=True)
class Piece:
    """A call for something that gives only a part of the canonical reply (a vendor's own export, say)."""

    call: Call


Step = Call | Piece
Cooking = Generator[Step, Any, Any]
"""Yields calls, is sent each one's reply (errors are thrown in), returns the canonical reply."""

Recipe = Callable[[Call], Cooking]


def everything(op: Op, caller: Caller, take: Callable[[JsonObject], object], **args: Any) -> Generator[Step, Any, None]:
    """Hands every item of a list to `take`, page after page; stops early when `take` returns False."""
    from schemas.operations import SPECS

    cursor: str | None = None
    while True:
        said = {**args, "limit": PAGE, **({"cursor": cursor} if cursor else {})}
        page = yield Call(op, SPECS[op].args.model_validate(said), None, caller)
        for item in page["items"]:
            if take(item) is False:
                return
        following = page.get("next_cursor")
        if following is None or following == cursor:
            return
        cursor = following
