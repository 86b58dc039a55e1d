"""What recipes are made of: another call for the same caller, all pages of a list, what may not be there."""

from collections.abc import Generator
from typing import Any

from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import Call, Op


def ask(call: Call, op: Op, args: Any, body: Any = None) -> Call:
    """Another call on behalf of the same caller."""
    return Call(op, args, body, call.caller)


def joined(known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A record's extensions with new ones added, dialect by dialect."""
    before = known.get("extensions") or {}
    return {**before, **{dialect: {**(before.get(dialect) or {}), **content} for dialect, content in given.items()}}


def everything(call: Call, op: Op, args: Any) -> Generator[Call, Any, list[Any]]:
    """Every item of a list, page after page."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = yield ask(call, op, args.model_copy(update={"cursor": cursor, "limit": 500}))
        items.extend(page["items"])
        cursor = page.get("next_cursor")
        if cursor is None:
            return items


def optional(call: Call) -> Generator[Call, Any, Any]:
    """The reply to a call, None when what it names is not there."""
    try:
        return (yield call)
    except CrosswalkError as error:
        if error.code is not Code.NOT_FOUND and error.reason is not Reason.UNKNOWN_RECORD:
            raise
        return None
