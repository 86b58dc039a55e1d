"""Recipes: operations a vendor lacks, as generators of canonical calls without I/O."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from schemas.dataset import Example
from schemas.errors import Code, CrosswalkError
from schemas.json import JsonObject
from schemas.json_values import compact
from schemas.operations import Call, Caller, Op

PAGE = 200
"""Records asked for at a time."""


@dataclass(frozen=True)
class Piece:
    """A call for something that gives only a part of the canonical reply (a vendor's own export, say)."""

    call: Call


@dataclass(frozen=True)
class Part:
    """Some records of what a target tells only as a whole: the reply is a map of `keys` to documents. `key` tells a record's own.

    `anew` wants them as they are now, otherwise as they were for the page before; `more` says that pages follow.
    """

    step: Call | Piece
    key: Callable[[JsonObject], str]
    keys: tuple[str, ...]
    anew: bool
    more: bool


Step = Call | Piece | Part
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


def equal(found: list[JsonObject], sent: list[Example]) -> bool:
    """Whether rows are those that were sent, in whatever order the target shows them. Some show an empty object for nothing."""
    told = sorted(compact([item.get("input"), item.get("reference") or None]) for item in found)
    return told == sorted(compact([example.input, example.reference or None]) for example in sent)


def open_ended(error: CrosswalkError) -> bool:
    """Whether a write may have been carried out although it failed: nobody knows, or its success was told in words that cannot be read."""
    unread = error.code is Code.UPSTREAM_INVALID and error.vendor_status is not None and error.vendor_status < 300
    return error.code is Code.OUTCOME_UNKNOWN or unread


def added_to(
    call: Call, dataset_id: str, before: list[JsonObject], sent: list[Example], doubt: CrosswalkError | None
) -> Generator[Step, Any, list[JsonObject]]:
    """The rows that a dataset has now and had not before.

    With `doubt`, the error of a write that may have been carried out, they must be what was `sent`. Raises it when they are not, or cannot be read.
    """
    try:
        page = yield call.then(Op.LIST_EXAMPLES, dataset_id=dataset_id)
    except CrosswalkError as error:
        raise doubt or error from None
    old = {example["id"] for example in before}
    new = [example for example in page["items"] if example["id"] not in old]
    if doubt is not None and not equal(new, sent):
        raise doubt
    return new
