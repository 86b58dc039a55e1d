"""A bundle as what it is kept as, and its members, their runs and their scores as those of one experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.remote.groups import summed
from schemas.errors import invalid
from schemas.experiment import Experiment, ExperimentDefinition
from schemas.json import Json, JsonObject
from schemas.run import NewRun
from schemas.status import ExperimentStatus

TURNS = "turns"
"""Says that the members are repetitions, in their order."""

POSITIONS = "positions"
"""The places of the rows of each member, in the order of its own dataset."""

MEMBERS = "members"
"""The ids of the vendor's experiments."""

BEGUN = "begun_at"
"""When it was made."""

_TOLD = ("status", "verdict", "reported", "error", "native_status")
"""What a caller says of an experiment that is over when it says so."""


@dataclass(frozen=True)
class Held:
    """A bundle by its id, with what is kept of it: its definition, its members, and which is which."""

    id: str
    kept: Mapping[str, Any]

    @property
    def members(self) -> list[str]:
        """The ids of its experiments at the vendor."""
        return list(self.kept.get(MEMBERS, ()))

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.kept.get("name") or "")

    @property
    def turns(self) -> bool:
        """Whether its members are repetitions."""
        return bool(self.kept.get(TURNS))

    @property
    def repetitions(self) -> int:
        """How often each example is run."""
        return len(self.members) if self.turns else 1

    @property
    def positions(self) -> list[list[int]]:
        """The places of each member's rows."""
        return list(self.kept.get(POSITIONS, ()))

    @property
    def definition(self) -> JsonObject:
        """What its caller said of it."""
        return {name: self.kept[name] for name in ExperimentDefinition.model_fields if name in self.kept and name != "alias"}

    def turn(self, member: str) -> int:
        """Which repetition a member is."""
        return self.members.index(member) + 1 if self.turns else 1

    def name_of(self, number: int, name: str) -> str:
        """What its member of that number is called, counted from 1."""
        if self.turns:
            return f"{name} · repetition {number}"
        return name if number == 1 else f"{name} · part {number}"

    def places(self) -> dict[int, tuple[str, int]]:
        """Where the row at each place is: which member's, and which of its rows."""
        return {
            place: (member, number)
            for member, places in zip(self.members, self.positions, strict=True)
            for number, place in enumerate(places)
        }

    def placed(self, run: NewRun) -> tuple[str, NewRun]:
        """The member that a run belongs to, and the run as it stands there. Raises CrosswalkError (invalid_request) for a place that there is not."""
        said = run.model_dump(exclude_unset=True)
        said.pop("variant_id", None)
        if self.turns:
            if run.repetition > len(self.members):
                raise invalid(f"Every example is run {len(self.members)} times.", "repetition", input=run.repetition)
            return self.members[run.repetition - 1], NewRun.model_validate({**said, "repetition": 1})
        if run.example_id is not None:
            raise invalid("A row of this experiment is named by its position.", "example_id", input=run.example_id)
        member, number = self.places()[run.example_position or 0]
        return member, NewRun.model_validate({**said, "example_position": number})


def shown(held: Held, members: list[JsonObject]) -> JsonObject:
    """The members as one experiment; without any, what is known from its definition."""
    begun = held.kept.get(BEGUN)
    base: JsonObject = members[0] if members else {"created_at": begun and datetime.fromisoformat(begun)}
    variants = held.definition.get("variants") or (base.get("variants") or [{"steps": []}])
    document = {
        **base,
        **{name: value for name, value in held.definition.items() if name not in ("dataset_id", "examples", "splits", "variants")},
        **(summed(members) if members else {"status": ExperimentStatus.WAITING}),
        "id": held.id,
        "group_id": held.kept.get("group_id"),
        "variants": [{**variants[0], "id": held.id}],
        "repetitions": held.repetitions,
    }
    if not held.turns:
        document |= {"status": ExperimentStatus.WAITING, **{name: held.kept[name] for name in _TOLD if held.kept.get(name) is not None}}
        document["progress"] = 1.0 if ExperimentStatus(document["status"]).terminal else document.get("progress", 0.0)
    return Experiment.model_validate(document).model_dump()


def shown_run(held: Held, member: str, run: JsonObject) -> JsonObject:
    """A run of a member as one of the bundle."""
    place: JsonObject = {"repetition": held.turn(member)} if held.turns else {"example_position": _position(held, member, run)}
    scores = [shown_score(held, member, score) for score in run.get("scores") or ()]
    return {**run, "experiment_id": held.id, "variant_id": held.id, **place, "scores": scores}


def _position(held: Held, member: str, run: JsonObject) -> int:
    places, number = held.positions[held.members.index(member)], int(run.get("example_position") or 0)
    return places[number] if number < len(places) else number


def shown_score(held: Held, member: str, score: Json) -> Json:
    """A score of a member's run as one of the bundle's."""
    return {**score, "experiment_id": held.id} if isinstance(score, dict) and "experiment_id" in score else score
