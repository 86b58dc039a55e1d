"""One list of several targets: their pages merged by the order that was asked for, under a cursor that holds each one's place."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from gateway.exchange import Target
from gateway.keyset import Keyset, bad_cursor
from gateway.remote.account import Account
from gateway.remote.target import RemoteTarget
from schemas.errors import CrosswalkError, invalid
from schemas.json import Json, JsonObject
from schemas.operations import Call
from schemas.query import ListArgs

Places = Mapping[str, str]
"""Where the next page of each target begins, "" being its beginning; a target that has shown everything is not in it."""


@dataclass(frozen=True)
class Merged:
    """Several targets as one place that answers lists."""

    targets: Mapping[str, Target]

    async def session(self, account: Account) -> "Merged":
        """The targets for one exchange, whose doings `account` collects."""
        account.emulated = True
        opened: dict[str, Target] = {}
        for name, target in self.targets.items():
            if isinstance(target, RemoteTarget):
                await target.settle()
            opened[name] = target.session(account) if isinstance(target, RemoteTarget) else target
        return Merged(opened)

    async def perform(self, call: Call) -> Json:
        """A page of the merged list, each item with its `target`.

        Raises CrosswalkError: that of a target that does not answer, by name; invalid_request for what cannot be merged; bad_cursor.
        """
        args = call.args
        assert isinstance(args, ListArgs)
        _mergeable(args)
        places = _places(args.cursor, list(self.targets))
        streams = [_Stream(name, target, call, places.get(name)) for name, target in self.targets.items()]
        await asyncio.gather(*(stream.begin() for stream in streams))
        items = await _merged(streams, args)
        following = {stream.name: place for stream in streams if (place := stream.place) is not None}
        reply: JsonObject = {
            "items": items,
            "next_cursor": _cursor(list(self.targets), following) if following and args.limit != 0 else None,
        }
        return {**reply, "total": sum(stream.total for stream in streams)} if args.total else reply


class _Stream:
    """The list of one target from a place on; None: it has shown everything."""

    def __init__(self, name: str, target: Target, call: Call, place: str | None) -> None:
        assert isinstance(call.args, ListArgs)
        self.name = name
        self.items: deque[JsonObject] = deque()
        self.total = 0
        self._target, self._call, self._args, self._next = target, call, call.args, place
        self._order = Keyset(call.args.sort)

    @property
    def place(self) -> str | None:
        """Where the next page begins: with the first item that was not taken."""
        if not self.items:
            return self._next
        return self._order.cursor(self.items[0]) if self._args.sort else str(self.items[0]["id"])

    async def begin(self) -> None:
        """The first page, or the count alone where there is nothing more to show."""
        if self._next is not None:
            await self._read({"cursor": self._next or None, "total": self._args.total})
            await self.fill()
        elif self._args.total:
            await self._read({"cursor": None, "limit": 0, "total": True})
            self._next = None

    async def fill(self) -> None:
        """Read on until there is an item, or none is left."""
        while not self.items and self._next and self._args.limit != 0:
            await self._read({"cursor": self._next, "total": False})

    async def _read(self, place: JsonObject) -> None:
        said = {name: getattr(self._args, name) for name in self._args.model_fields_set} | place
        try:
            page: JsonObject = await self._target.perform(
                Call(self._call.op, type(self._args).model_validate(said), None, self._call.caller)
            )
        except CrosswalkError as error:
            error.message = f"Target {self.name!r}: {error.message}"
            raise
        self.items.extend(page["items"])
        self._next = page.get("next_cursor")
        self.total = page.get("total", self.total)


async def _merged(streams: list[_Stream], args: ListArgs) -> list[JsonObject]:
    """The first items of all, in order."""
    order = Keyset(args.sort)
    items: list[JsonObject] = []
    while args.limit is None or len(items) < args.limit:
        for stream in streams:
            await stream.fill()
        ready = [stream for stream in streams if stream.items]
        if not ready:
            break
        first = min(ready, key=lambda stream: order.key(stream.items[0]))
        items.append({**first.items.popleft(), "target": first.name})
    return items


def _mergeable(args: ListArgs) -> None:
    if args.offset is not None:
        raise invalid("Lists of several targets are paged by cursor.", "query", "offset")
    if getattr(args, "builtin", False):
        raise invalid("The built-in scorers are the gateway's own, not a target's.", "query", "builtin")


def _cursor(names: list[str], places: Places) -> str:
    return urlsafe_b64encode(orjson.dumps({"of": sorted(names), "at": dict(places)})).decode().rstrip("=")


def _places(cursor: str | None, names: list[str]) -> Places:
    if not cursor:
        return dict.fromkeys(names, "")
    try:
        content = orjson.loads(urlsafe_b64decode(cursor + "=="))
        of, places = content["of"], dict(content["at"])
    except (ValueError, TypeError, KeyError):
        raise bad_cursor(cursor) from None
    if of != sorted(names) or not places.keys() <= set(names) or not all(isinstance(place, str) for place in places.values()):
        raise bad_cursor(cursor)
    return places
