"""Lists in an order, from a place or by a condition that the vendor has no words for: its own pages are walked, and what is not wanted passed over."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.base import Route
from adapters.calling import honours, orders, says
from gateway.keyset import Keyset, bad_cursor, identity
from gateway.local import conditions
from gateway.remote.recipes.base import PAGE, Cooking
from schemas.experiment import ExperimentForm
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, ListDatasetsArgs, ListExperimentsArgs, ListRunsArgs, Op
from schemas.query import ListArgs
from schemas.status import RunStatus

PLACE = ("cursor", "offset", "limit", "sort", "where", "total")
OWN = frozenset({"cursor", "limit"})
"""What a recipe's own lists understand."""

Accept = Callable[[JsonObject, Any], bool]

FILTERS: Mapping[str, Accept] = {
    "name": lambda item, wanted: item.get("name") == wanted,
    "project": lambda item, wanted: item.get("project") == wanted,
    "dataset_id": lambda item, wanted: item.get("dataset_id") == wanted,
    "forms": lambda item, wanted: (item.get("form") or ExperimentForm.EXPERIMENT) in wanted,
    "variants": lambda item, wanted: (len(item.get("variants") or ()) > 1 or bool(item.get("group_id"))) is (wanted == "many"),
    "waiting": lambda item, wanted: wanted or item.get("status") != RunStatus.WAITING.value,
    "start_time": lambda item, wanted: item.get("created_at") is None or item["created_at"] >= wanted,
    "end_time": lambda item, wanted: item.get("created_at") is None or item["created_at"] <= wanted,
}
"""Arguments that narrow a list, as tests of its items."""

HARMLESS = frozenset({"flat", "scores", "steps", "experiments", "explicit"})
"""Arguments whose absence does not make a list wrong here: recipes and routes are chosen by them where they matter."""

_CHECKS = frozenset({"experiment_id", "run_id"})
"""What names the owner of a single record beside the record itself."""


def asked(call: Call) -> dict[str, Any]:
    """The arguments that say something."""
    return {name: getattr(call.args, name) for name in call.args.model_dump(exclude_unset=True, exclude_defaults=True)}


def unsaid(call: Call, known: frozenset[str]) -> frozenset[str]:
    """The arguments of a list that have to be supplied by walking it."""
    if not isinstance(call.args, ListArgs):
        return frozenset()
    return frozenset(name for name in asked(call) if name not in known and (name in PLACE or _narrows(call, name)))


def _narrows(call: Call, name: str) -> bool:
    """Whether an argument says which items are wanted. Of what is incomplete, `waiting` says what counts as done instead."""
    return name in FILTERS and (name != "waiting" or isinstance(call.args, ListRunsArgs))


def walked(route: Route, call: Call, largest: int | None) -> bool:
    """Whether the page asked for is none of the vendor's own: it numbers its pages, and the caller goes by cursors, wants all, or another size."""
    args, known = call.args, says(route)
    if not isinstance(args, ListArgs) or "offset" not in known or "cursor" in known:
        return False
    if args.offset is None or not args.limit:
        return True
    return args.offset % args.limit != 0 or (largest is not None and args.limit > largest)


def inexact(route: Route, call: Call, largest: int | None) -> bool:
    """Whether a list is asked for in a way that the route alone does not answer. One that is read page by page is never had whole."""
    whole = isinstance(call.args, ListDatasetsArgs | ListExperimentsArgs) and call.args.limit is None and "limit" in says(route)
    return whole or bool(unsaid(call, heeded(route, call))) or walked(route, call, largest)


def heeded(route: Route, call: Call) -> frozenset[str]:
    """The arguments of a list that its route heeds, an order only where it can be said in full."""
    known, sort = honours(route, call), getattr(call.args, "sort", None)
    return known - {"sort"} if sort and not orders(route, sort) else known


def beyond(route: Route, call: Call) -> frozenset[str]:
    """The arguments of a read that neither the route nor a walk can honour."""
    if SPECS[call.op].writes:
        return frozenset()
    known = honours(route, call) | HARMLESS
    rest = frozenset(asked(call)) - known
    if call.op is Op.LIST_SCORES and getattr(call.args, "run_id", None) is not None:
        rest -= _CHECKS
    return rest - frozenset(PLACE) - frozenset(FILTERS) if isinstance(call.args, ListArgs) else rest - _CHECKS


def listed(call: Call, known: frozenset[str], largest: int | None = None) -> Cooking:
    """The page that was asked for. Its cursor is the id of the first item of the next one.

    Only what is sorted or counted is read to the end; only what is sorted is held. `largest` is the most the vendor lists at a time.
    """
    gathered = _Gathered(call, known, min(PAGE, largest or PAGE))
    cursor: str | None = None
    offset = 0
    while True:
        page = yield Call(call.op, gathered.part(cursor, offset), None, call.caller)
        items = page["items"]
        if gathered.take(items):
            break
        cursor, offset = page.get("next_cursor"), offset + len(items)
        if cursor is None and not _numbered(known, page, offset, gathered.size):
            break
    return gathered.page()


def _numbered(known: frozenset[str], page: JsonObject, offset: int, size: int) -> bool:
    """Whether a vendor that counts what to skip has more."""
    if "cursor" in known or "offset" not in known or not page["items"]:
        return False
    total = page.get("total")
    return len(page["items"]) >= size if total is None else offset < total


class _Gathered:
    """The page as it comes to be."""

    def __init__(self, call: Call, known: frozenset[str], size: int) -> None:
        args = call.args
        assert isinstance(args, ListArgs)
        said = asked(call)
        self._args = args
        self.size = size
        self._places = call.op is Op.LIST_EXAMPLES and not args.sort
        self._newest_first = call.op is not Op.LIST_EXAMPLES
        self._seen = 0
        self._known = known
        self._wanted = {name: value for name, value in said.items() if _narrows(call, name) and name not in known}
        self._accepts = conditions.test(None if "where" in known else args.where)
        self._sorts = bool(args.sort) and "sort" not in known
        self._skip = args.offset or 0
        self._until = args.cursor
        self._held: list[Json] = []
        self._next: str | None = None
        self._count = 0

    def part(self, cursor: str | None, offset: int) -> ListArgs:
        """The arguments of one of the vendor's own pages."""
        dropped = {"cursor", "offset", "limit", "total", *self._wanted, *(name for name in ("where", "sort") if name not in self._known)}
        said = {name: getattr(self._args, name) for name in self._args.model_fields_set if name not in dropped}
        if "limit" in self._known:
            said["limit"] = self.size
        if cursor is not None:
            said["cursor"] = cursor
        elif "offset" in self._known and "cursor" not in self._known:
            said["offset"] = offset
        return type(self._args).model_validate(said)

    def take(self, items: list[JsonObject]) -> bool:
        """True when nothing more is needed."""
        if self._places:
            items = [{**item, "position": item.get("position") or self._seen + place} for place, item in enumerate(items)]
        self._seen += len(items)
        return any(self._took(item) for item in items if self._wants(item))

    def _wants(self, item: JsonObject) -> bool:
        return all(FILTERS[name](item, value) for name, value in self._wanted.items()) and self._accepts(item)

    def _took(self, item: JsonObject) -> bool:
        self._count += 1
        if self._sorts:
            self._held.append(item)
            return False
        return self._placed(item) and not self._args.total

    def _placed(self, item: JsonObject) -> bool:
        """Puts an item on the page or after it; True when the page is complete."""
        if self._until is not None and identity(item) != self._until:
            return False
        self._until = None
        if self._skip > 0:
            self._skip -= 1
            return False
        if self._args.limit is None or len(self._held) < self._args.limit:
            self._held.append(item)
            return False
        self._next = self._next or (identity(item) if self._args.limit else None)
        return True

    def _sort(self) -> None:
        """The page of the sorted list, told by value as the index tells it."""
        order = Keyset(self._args.sort, newest_first=self._newest_first)
        first = order.start(self._until) if self._until is not None else None
        keyed = sorted(((order.key(item), place) for place, item in enumerate(self._held)))
        wanted = [self._held[place] for key, place in keyed if first is None or not key < first][self._skip :]
        self._until = None
        if self._args.limit is not None:
            wanted, after = wanted[: self._args.limit], wanted[self._args.limit :]
            self._next = order.cursor(after[0]) if after and wanted else None
        self._held = wanted

    def page(self) -> JsonObject:
        if self._sorts:
            self._sort()
        if self._until is not None:
            raise bad_cursor(self._until)
        reply: JsonObject = {"items": self._held, "next_cursor": self._next}
        return {**reply, "total": self._count} if self._args.total else reply
