"""The one variant an experiment has here: the client runs it."""

from dataclasses import dataclass

from adapters.mapping import Preset
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.experiment import StepKind
from schemas.json import Json, JsonObject

CLIENT_RUNS = [{"steps": [{"kind": StepKind.WAIT.value, "config": {}}]}]


@dataclass(frozen=True)
class ClientRuns(Preset):
    """Never on the wire. A chain that is more than waiting is lost, and so is a variant's name."""

    canonical: str = "variants"
    value: Json = None
    reason: str = "here the client runs the experiment"

    def encode(self, doc: JsonObject, wire: JsonObject, scope: Scope) -> None:
        variants = doc.get("variants") or []
        if len(variants) > 1:
            scope.note(Fate.LOST, "", "variants", "an experiment has one variant")
        if any(step["kind"] != StepKind.WAIT for variant in variants for step in variant.get("steps", ())):
            scope.note(Fate.LOST, "", "variants/*/steps", self.reason)
        elif any(step.get("config") for variant in variants for step in variant.get("steps", ())):
            scope.note(Fate.LOST, "", "variants/*/steps/*/config", "the client knows what it runs")
        if any(variant.get("name") for variant in variants):
            scope.note(Fate.LOST, "", "variants/*/name", "variants have no names")

    def _meant(self, scope: Scope) -> Json:
        return [dict(variant) for variant in CLIENT_RUNS]
