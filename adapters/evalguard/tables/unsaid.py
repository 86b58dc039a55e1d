"""Why fields of an experiment cannot be said here, and the one field of its evaluators that can."""

from collections.abc import Mapping

from adapters.mapping import Each
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.json import Json, JsonObject


class Scorer:
    """A scorer is its bare name here; other dialects give it parameters."""

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {"evaluator": value}

    def encode(self, value: Json, scope: Scope) -> Json:
        if value.get("parameters"):
            scope.note(Fate.LOST, "", "parameters", "scorers take no parameters here")
        return value["evaluator"]


SCORERS = Each(Scorer())

REASONS: Mapping[str, str] = {
    "alias": "the vendor gives the ids",
    "description": "experiments have no description",
    "dataset_version_id": "the latest version is used",
    "dataset_name": "only the id is told",
    "splits": "all cases are used",
    "group_id": "the variants stand in the experiment",
    "pipelines": "the vendor has no pipelines",
    "repetitions": "each case is run once",
    "concurrency": "the vendor decides",
    "batch_size": "the vendor decides",
    "generation_method": "a variant is one templated call",
    "progress": "told by the status alone",
    "counts": "counted from the results",
    "started_at": "only the creation is told",
    "project": "named by the list it stands in",
    "trace_project": "experiments have no traces",
    "tags": "experiments have no tags",
    "metadata": "experiments have no metadata",
    "tracing": "experiments have no traces",
    "workflow_name": "a variant is one templated call",
    "starred": "not told",
    "delivery": "not told",
    "updated_at": "not told",
}
"""Why a canonical field cannot be shown."""


def without(reasons: Mapping[str, str], *names: str, **more: str) -> dict[str, str]:
    """The reasons but those of `names`, and `more`."""
    return {**{name: reason for name, reason in reasons.items() if name not in names}, **more}
