"""What a server makes up itself (ids, project and experiment names): recorded value ↔ value here, learned on the way.

An id is base64 of `Type:row`. The relation is one to one, and the type has to be equal. One exception: after a
delete the recorded server gives the row's number to the next one, so a deleted id may come to mean a new thing here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

ID = re.compile(r"[A-Z][A-Za-z]+:[1-9][0-9]*")
TOKEN = re.compile(r"[A-Za-z0-9]{8,}(?:={1,2}|(?:%3D){1,2})?")
PROJECT = re.compile(r"Experiment-[0-9a-f]{24}")
GENERATED = re.compile(r"(?s)(?P<start>.{0,8})-[0-9a-f]{8}")


def kind(text: str) -> str | None:
    """`Experiment` for base64 of `Experiment:7`; None for what is no such id."""
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return plain.partition(":")[0] if ID.fullmatch(plain) else None


def ids(text: str) -> list[str]:
    """The ids in a path, or in any text."""
    found = (token[0].replace("%3D", "=") for token in TOKEN.finditer(text))
    return [token for token in found if kind(token)]


class Names:
    """The relation learned so far."""

    def __init__(self) -> None:
        self._here: dict[str, str] = {}  # recorded → here
        self._recorded: dict[str, str] = {}  # here → recorded, for everything ever seen here
        self._parents: dict[str, set[str]] = {}
        self._free: set[str] = set()  # recorded ids whose thing is deleted

    def same_id(self, recorded: str, here: str, parents: Iterable[str] = ()) -> bool:
        """Whether both mean the same thing; a pair seen for the first time is learned, as owned by `parents`."""
        if kind(recorded) != kind(here):
            return False
        return self._same(recorded, here, parents)

    def same_project(self, recorded: str, here: str) -> bool:
        return bool(PROJECT.fullmatch(here)) and self._same(recorded, here)

    def learn_generated(self, recorded: str, here: str) -> bool:
        """An experiment's name made by the server: start of the dataset's name, `-`, 8 hex digits."""
        one, other = GENERATED.fullmatch(recorded), GENERATED.fullmatch(here)
        return bool(one and other and one["start"] == other["start"]) and self._same(recorded, here)

    def forget(self, recorded: str) -> None:
        """The thing was deleted on the recorded server: its id, and its children's, may return for another one."""
        self._free.add(recorded)
        for child, parents in self._parents.items():
            if recorded in parents and child not in self._free:
                self.forget(child)

    def translate(self, text: str) -> str:
        """`text` with every recorded name replaced by the one here; what is not known stays."""
        text = PROJECT.sub(lambda found: self._here.get(found[0], found[0]), text)
        text = TOKEN.sub(self._token, text)
        for recorded, here in self._here.items():
            if GENERATED.fullmatch(recorded):
                text = text.replace(recorded, here)
        return text

    def _same(self, recorded: str, here: str, parents: Iterable[str] = ()) -> bool:
        known = self._here.get(recorded)
        if known == here:
            return True
        if here in self._recorded or (known is not None and recorded not in self._free):
            return False
        self._here[recorded], self._recorded[here] = here, recorded
        self._parents[recorded] = set(parents) - {recorded}
        self._free.discard(recorded)
        return True

    def _token(self, found: re.Match[str]) -> str:
        here = self._here.get(found[0].replace("%3D", "="), None)
        if here is None:
            return found[0]
        return here.replace("=", "%3D") if "%3D" in found[0] else here
