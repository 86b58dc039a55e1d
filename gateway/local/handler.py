"""What a handler is.

A handler is one function for one operation: `handler(tx, args, body, caller) -> reply`. It runs inside one transaction, takes the operation's own
`args` and `body` models, and gives a plain dict shaped like `SPECS[op].reply` (times aware, ids canonical). It raises `CrosswalkError`.
Each noun's module exports its handlers as `HANDLERS`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.operations import Op

Reply = dict[str, Any]
Handler = Callable[..., Reply]
Handlers = Mapping[Op, Handler]


def merge(*parts: Handlers) -> dict[Op, Handler]:
    """One table from several. Raises ValueError when two claim the same operation."""
    merged: dict[Op, Handler] = {}
    for part in parts:
        for op, handler in part.items():
            if op in merged:
                raise ValueError(f"Two handlers for {op}: {merged[op].__module__} and {handler.__module__}.")
            merged[op] = handler
    return merged
