"""Which record an id means now, where a vendor gives the id of a deleted record to a new one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schemas.errors import unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, Op

if TYPE_CHECKING:
    from gateway.remote.asides import Asides

INCARNATION = "incarnation"
"""Under this name what is kept beside a record says which record that was."""

Telling = Mapping[Kind, tuple[str, ...]]
"""The fields by which two records of one id are told apart, of each kind whose ids come again."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
Perform = Callable[[Call], Awaitable[Json]]


def marked(telling: Telling, kind: Kind | None, *documents: Mapping[str, Json]) -> JsonObject:
    """What tells this record from a later one of the same id, as it is kept; empty when nothing has to. Of several documents the first that says a field wins."""
    names = telling.get(kind, ()) if kind is not None else ()
    found = {name: next((_text(one[name]) for one in documents if one.get(name) is not None), None) for name in names}
    told = {name: text for name, text in found.items() if text is not None}
    return {INCARNATION: told} if told else {}


def another(kept: Mapping[str, Json], mark: Mapping[str, Json]) -> bool:
    """Whether what is kept belongs to another record than the one that `mark` is of."""
    before, now = kept.get(INCARNATION) or {}, mark.get(INCARNATION) or {}
    return any(before[name] != now[name] for name in before if name in now)


def _text(value: Json) -> str:
    """A value as it is compared: times are the same however they are written."""
    if isinstance(value, str) and _TIME.match(value):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def belonging(asides: Asides, group: str, members: Collection[str], perform: Perform) -> Perform:
    """Asks the members of a group, and looks first whether each is still the one that it was, where ids come again."""
    return perform if not asides.telling or isinstance(perform, Belonging) else Belonging(group, members, perform)


@dataclass
class Belonging:
    """Asks the members of a group, each looked at first: an id that means another record by now names nothing in the group."""

    group: str
    members: Collection[str]
    perform: Perform
    _sure: set[str] = field(default_factory=set)

    async def __call__(self, call: Call) -> Json:
        """The reply. Raises CrosswalkError, not_found for such an id."""
        member = getattr(call.args, "experiment_id", None)
        if member not in self.members or member in self._sure:
            return await self.perform(call)
        found = await self.perform(call.then(Op.GET_EXPERIMENT, experiment_id=member))
        if found.get("group_id") != self.group:
            raise unknown(Kind.EXPERIMENT, str(member))
        self._sure.add(str(member))
        return found if call.op is Op.GET_EXPERIMENT else await self.perform(call)
