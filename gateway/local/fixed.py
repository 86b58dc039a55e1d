"""Pages of a list whose documents are all at hand."""

from collections.abc import Sequence

from gateway.keyset import bad_cursor
from gateway.local import conditions
from gateway.local.handler import Reply
from schemas.query import ListArgs

_MARK = "@"


def page(documents: Sequence[Reply], args: ListArgs) -> Reply:
    """The page of `documents` that `args` ask for. Its cursors count documents. Raises CrosswalkError (invalid_request, bad_cursor)."""
    accepted = list(filter(conditions.test(args.where), documents))
    if args.sort:
        accepted.sort(key=conditions.order(args.sort))
    start = (args.offset or 0) + position(args.cursor)
    end = len(accepted) if args.limit is None else start + args.limit
    following = cursor(end) if start < end < len(accepted) else None
    reply = {"items": accepted[start:end], "next_cursor": following}
    return {**reply, "total": len(accepted)} if args.total else reply


def cursor(place: int) -> str:
    """The cursor of a page that starts at the document number `place`, counted from 0."""
    return f"{_MARK}{place}"


def position(text: str | None) -> int:
    """Where a page starts. Raises CrosswalkError (bad_cursor) for what `cursor` never gave."""
    if not text:
        return 0
    digits = text.removeprefix(_MARK)
    if not (text.startswith(_MARK) and digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise bad_cursor(text)
    return int(digits)
