"""Ids of a vendor's records: every one gets a canonical id of ours that is kept, so that any dialect can show it in its own shape.

A vendor whose ids are numbers needs no table: its adapter's codec makes the canonical id by arithmetic, in the target's own space.
"""

from collections.abc import Iterable

from cachetools import LRUCache
from sqlalchemy import bindparam, select, tuple_

from gateway.store import Store, Transaction
from gateway.store.tables import foreign_ids, targets
from schemas.errors import unknown
from schemas.ids import Ids, Kind
from schemas.json import Json
from schemas.references import found, renamed

_REMEMBERED = 100_000
_SPACE = select(targets.c.id).where(targets.c.name == bindparam("name"))
_NATIVE = select(foreign_ids.c.native).where(
    foreign_ids.c.id == bindparam("number"), foreign_ids.c.target == bindparam("target"), foreign_ids.c.scope == bindparam("scope")
)
_NUMBERS = select(foreign_ids.c.kind, foreign_ids.c.native, foreign_ids.c.id).where(
    foreign_ids.c.target == bindparam("target"), foreign_ids.c.scope == bindparam("scope")
)
_BEGINNING = (
    select(foreign_ids.c.id)
    .where(
        foreign_ids.c.target == bindparam("target"), foreign_ids.c.scope == bindparam("scope"), foreign_ids.c.native.like(bindparam("mark"))
    )
    .order_by(foreign_ids.c.id.desc())
    .limit(bindparam("most"))
)


class ForeignIds:
    """The ids of one target's records. `ids` makes and reads canonical ids in the target's space."""

    def __init__(self, store: Store, space: int, numbered: frozenset[Kind] = frozenset()) -> None:
        self.ids = Ids(store.ids.salt, space)
        self._store = store
        self._space = space
        self._numbered = numbered
        self._ours: LRUCache[tuple[str, Kind, str], str] = LRUCache(_REMEMBERED)
        self._theirs: LRUCache[tuple[str, str], str] = LRUCache(_REMEMBERED)

    @classmethod
    async def open(cls, store: Store, target: str, numbered: frozenset[Kind] = frozenset()) -> "ForeignIds":
        """The ids of a target by its configured name; its space is given once and kept. Ids of `numbered` kinds are never looked up."""
        return cls(store, await store.write(_space, target), numbered)

    @property
    def space(self) -> int:
        """The number of the target in ids."""
        return self._space

    async def adopt(self, document: Json, own: Kind | None, scope: str) -> Json:
        """A canonical document from the vendor with its own ids replaced by ours; ids that are already canonical stay."""
        natives = [(kind, text) for kind, text in found(document, own) if self.ids.parse(text) is None]
        missing = [pair for pair in natives if (scope, *pair) not in self._ours]
        if missing:
            for (kind, text), number in (await self._store.write(_numbers, self._space, scope, missing)).items():
                self._ours[scope, kind, text] = self.ids.make(kind, number)
        known = {pair: self._ours[(scope, *pair)] for pair in natives}
        return renamed(document, lambda kind, text: known.get((kind, text), text), own)

    async def begun(self, mark: str, scope: str) -> bool:
        """Whether there is any id of ours whose own text begins like this."""
        return bool(await self.beginning(mark, scope, 1))

    async def beginning(self, mark: str, scope: str, most: int = 10_000) -> list[int]:
        """The numbers of the ids whose own texts begin like this, newest first."""
        return await self._store.read(_beginning, self._space, scope, mark, most)

    async def native(self, document: Json, own: Kind | None, scope: str) -> Json:
        """A canonical document for the vendor with our ids replaced by its own. Raises CrosswalkError (not_found) for an id of another target."""
        ours: dict[str, str] = {}
        for kind, text in found(document, own):
            identity = self.ids.parse(text)
            if identity is not None:
                if identity.space != self._space:
                    raise unknown(kind, text)
                if identity.kind not in self._numbered:
                    ours[text] = await self._native(identity.number, text, scope)
        return renamed(document, lambda kind, text: ours.get(text, text), own)

    async def _native(self, number: int, text: str, scope: str) -> str:
        """The vendor's id; the canonical one itself where it was made by arithmetic and nothing is kept."""
        if (scope, text) not in self._theirs:
            kept = await self._store.read(_read, number, self._space, scope)
            if kept is None:
                return text
            self._theirs[scope, text] = kept
        return self._theirs[scope, text]


def _space(tx: Transaction, name: str) -> int:
    number = tx.value(_SPACE, {"name": name})
    return int(number) if number is not None else tx.insert(targets.insert(), {"name": name})


def _read(tx: Transaction, number: int, space: int, scope: str) -> str | None:
    native: str | None = tx.value(_NATIVE, {"number": number, "target": space, "scope": scope})
    return native


def _beginning(tx: Transaction, space: int, scope: str, mark: str, most: int) -> list[int]:
    return [row.id for row in tx.rows(_BEGINNING, {"target": space, "scope": scope, "mark": f"{mark}%", "most": most})]


def _numbers(tx: Transaction, space: int, scope: str, pairs: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], int]:
    """The number of each vendor id, given now to those that have none."""
    wanted = list(dict.fromkeys(pairs))
    place = {"target": space, "scope": scope}
    keys = [(int(kind), text) for kind, text in wanted]
    known = {
        (row.kind, row.native): row.id
        for start in range(0, len(keys), 400)
        for row in tx.rows(_NUMBERS.where(tuple_(foreign_ids.c.kind, foreign_ids.c.native).in_(keys[start : start + 400])), place)
    }
    for key in keys:
        if key not in known:
            known[key] = tx.insert(foreign_ids.insert(), {**place, "kind": key[0], "native": key[1], "created_at": tx.now})
    return {pair: known[key] for pair, key in zip(wanted, keys, strict=True)}
