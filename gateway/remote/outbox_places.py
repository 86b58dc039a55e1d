"""Which record of a target belongs to which example: they carry no id of it, so that equal inputs are put together in their order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.json import JsonObject
from schemas.json_values import fingerprint, same
from schemas.status import RunStatus

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """An example of an experiment's dataset and the target's record of it, as far as there is one."""

    example: JsonObject
    record: JsonObject | None


def joined(examples: Sequence[JsonObject], records: Iterable[JsonObject], bound: Mapping[str, str]) -> tuple[list[Place], list[JsonObject]]:
    """Every example with its record, and the records that belong to no example.

    `bound` says of examples (by id) which record is known to be theirs. For the others the k-th example of an input gets the k-th record of
    it, one of an equal reference before others.
    """
    by_id = {record["id"]: record for record in records}
    found = {example: by_id.pop(record) for example, record in bound.items() if record in by_id}
    queues: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for record in sorted(by_id.values(), key=_age):
        queues[fingerprint(record.get("input"))].append(record)
    ordered = sorted(examples, key=_position)
    for alike in (_same_reference, _any):
        for example in ordered:
            queue = queues.get(fingerprint(example.get("input")), [])
            matching = [record for record in queue if example["id"] not in found and alike(record, example)]
            if matching:
                queue.remove(matching[0])
                found[example["id"]] = matching[0]
    return [Place(example, found.get(example["id"])) for example in ordered], [record for queue in queues.values() for record in queue]


def _same_reference(record: JsonObject, example: JsonObject) -> bool:
    return same(record.get("reference"), example.get("reference"))


def _any(record: JsonObject, example: JsonObject) -> bool:
    return True


def waits(record: JsonObject) -> bool:
    """Whether the record has no result yet."""
    return record.get("status") in (RunStatus.WAITING.value, RunStatus.PENDING.value)


def _age(record: JsonObject) -> tuple[datetime, str]:
    moment = record.get("created_at") or record.get("started_at")
    return (moment if isinstance(moment, datetime) else _BEGINNING), record["id"]


def _position(example: JsonObject) -> int:
    return int(example.get("position") or 0)
