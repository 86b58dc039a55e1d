"""A run and its scores as they are shown: what the target has, with what was accepted and it has not, or cannot have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.remote.outbox_places import Place, waits
from gateway.remote.outbox_rows import Parcel, Standing, State
from gateway.remote.recipes.runs import score_key
from schemas.json import Json, JsonObject
from schemas.json_values import same
from schemas.run import RunPatch
from schemas.status import Delivery

DELIVERY: Mapping[State, Delivery] = {
    State.PENDING: Delivery.PENDING,
    State.KEPT: Delivery.PENDING,
    State.DELIVERED: Delivery.DELIVERED,
    State.FAILED: Delivery.FAILED,
}
_SEVERITY = (Delivery.FAILED, Delivery.PENDING, Delivery.DELIVERED)
_VALUES = ("input", "output", "reference")


@dataclass(frozen=True)
class RunKey:
    """What a run is known by."""

    experiment: str
    example: str

    @property
    def text(self) -> str:
        """What stands for the vendor's own id of the run."""
        return f"{self.experiment}/{self.example}/1"


def worst(deliveries: Iterable[Delivery | str]) -> str | None:
    """What is to be said of several deliveries: the worst of them, None without any."""
    found = set(map(str, deliveries))
    return next((word.value for word in _SEVERITY if word.value in found), None)


def number_of(counts: Iterable[tuple[str, int]], status: str) -> int:
    """How many of a status there are."""
    return sum(number for word, number in counts if word == status)


def statuses(places: Iterable[Place], loose: Iterable[JsonObject], own: Iterable[Standing]) -> Counter[str]:
    """How many runs there are of each status: every example's once, whether the target has it, was just told of it, or is still to be told."""
    accepted = {run.example: run for run in own}
    found: Counter[str] = Counter(str(record.get("status")) for record in loose)
    for place in places:
        run = accepted.pop(place.example["id"], None)
        theirs = str(place.record.get("status")) if place.record is not None else None
        ended = place.record is not None and not waits(place.record)
        if run is not None and not (ended and run.state is State.DELIVERED):
            found[run.status] += 1
        elif theirs is not None:
            found[theirs] += 1
    return found + Counter(run.status for run in accepted.values())


def owned(score: JsonObject, run: str, experiment: str) -> JsonObject:
    """A score of a run, known by that and by its evaluator before the target has it and after."""
    return {**score, "id": score_key(run, score["evaluator"]), "run_id": run, "experiment_id": experiment}


def run_document(experiment: str, example: JsonObject, record: JsonObject | None, parcel: Parcel | None) -> JsonObject:
    """The run of an example: as the target has it, with what was accepted and it does not have, or cannot have."""
    own = {name: value for name, value in (record or {}).items() if value is not None}
    document: JsonObject = {
        "reference": example.get("reference"),
        **own,
        "id": RunKey(experiment, example["id"]).text if "id" in example else (parcel.run if parcel else ""),
        "experiment_id": experiment,
        "variant_id": experiment,
        "example_id": example.get("id") or (parcel.example if parcel else ""),
        "example_position": example.get("position") or 0,
        "repetition": 1,
    }
    if "input" in example:
        document["input"] = example["input"]
    if parcel is None:
        return document
    document |= {"created_at": parcel.created_at, "updated_at": parcel.updated_at, "delivery": DELIVERY[parcel.state].value}
    if parcel.state is not State.DELIVERED or record is None or waits(record):
        # What was delivered may take a moment to show.
        document.pop("native_status", None)
        return {**document, **_latency(parcel.body)}
    kept = {name: parcel.body[name] for name in parcel.kept if name in parcel.body and name != "status"}
    alike = {name: parcel.body[name] for name in _VALUES if name in parcel.body and _alike(document.get(name), parcel.body[name])}
    return {**document, **kept, **alike}


def timed(fields: JsonObject) -> JsonObject:
    """What a run took, where only its times were said: targets are told the latency."""
    times = RunPatch.model_validate({name: fields[name] for name in ("started_at", "ended_at") if name in fields})
    if fields.get("latency_ms") is not None or times.started_at is None or times.ended_at is None:
        return fields
    return {**fields, "latency_ms": max(0.0, (times.ended_at - times.started_at).total_seconds() * 1000)}


def _latency(body: JsonObject) -> JsonObject:
    """What was accepted says when it was: nothing of the waiting record's own times is to show."""
    return {"latency_ms": None, "started_at": None, "ended_at": None, **body}


def _alike(theirs: Json, ours: Json) -> bool:
    """Whether the target shows what was sent, as it was or as a text."""
    return same(theirs, ours) or str(theirs) == str(ours)


def strange(experiment: str, record: JsonObject) -> JsonObject:
    """A record whose example is not in the dataset any more, or was changed on the way: it stands for itself."""
    own = f"{experiment}/{record['id']}"
    return {**record, "id": f"{own}/1", "experiment_id": experiment, "variant_id": experiment, "example_id": own}


def merged(theirs: Iterable[JsonObject], own: Sequence[Parcel]) -> list[JsonObject]:
    """The scores of a run: the target's, and what was accepted in place of them."""
    left = list(theirs)
    scores = []
    for parcel in own:
        record = next((score for score in left if parcel.part in evaluator_names(score)), None)
        if record is not None:
            left.remove(record)
        scores.append(score_document(parcel, record))
    return [*left, *scores]


def evaluator_names(score: JsonObject) -> set[str]:
    """Everything an evaluator is called in a score."""
    said = {score.get("evaluator"), score.get("evaluator_id"), score.get("evaluator_name")}
    for extension in (score.get("extensions") or {}).values():
        said |= {value for value in extension.values() if isinstance(value, str)}
    return {str(name) for name in said if name}


def score_document(parcel: Parcel, record: JsonObject | None) -> JsonObject:
    """A score: as the target has it, with what was accepted and it has not, or cannot have."""
    times = {"created_at": parcel.created_at, "updated_at": parcel.updated_at}
    if record is None or parcel.state is not State.DELIVERED:
        return {**times, **parcel.body}
    kept = {name: parcel.body[name] for name in parcel.kept if name in parcel.body}
    return {**times, **record, **kept, "evaluator": parcel.part}
