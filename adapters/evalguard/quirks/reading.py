"""The vendor's answers as they may come: with or without the envelope, flat or nested, in either spelling (reference sections 2, 6, 13 and 16)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.base import DOUBTFUL
from adapters.body import read_json
from adapters.evalguard.quirks import status, variants
from adapters.evalguard.tables.evals import EVAL_ROW
from adapters.evalguard.tables.runs import NEW_RESULT
from adapters.mapping import ABSENT, Codec, pick
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, invalid
from schemas.json import Json, JsonObject
from schemas.status import ExperimentStatus

_SEEN = ("id", "name", "model", "status", "score", "config", "created_at", "completed_at", "created_by", "duration", "error")
_OTHER_SPELLINGS = (
    ("createdAt", "created_at"),
    ("completedAt", "completed_at"),
    ("maxScore", "max_score"),
    ("testCaseIndex", "test_case_index"),
    ("latencyMs", "latency_ms"),
    ("itemCount", "item_count"),
    ("expected_output", "expected"),
)
_ROW = (
    "test_case_index", "input", "expected", "expectedOutput", "output", "actualOutput", "scores", "scorerResults", "score", "passed", "error",
    "latency_ms", "latency", "cost", "tokenUsage",
)  # fmt: skip

_PENDING, _RUNNING, _DONE = ExperimentStatus.PENDING, ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED
WORDS: Mapping[str, ExperimentStatus] = {
    **dict.fromkeys(("queued", "scheduled", "created", "draft"), _PENDING),
    **dict.fromkeys(("in_progress", "processing", "started"), _RUNNING),
    **dict.fromkeys(("complete", "done", "finished", "success", "succeeded"), _DONE),
    "errored": ExperimentStatus.FAILED,
    **dict.fromkeys(("canceled", "aborted", "stopped"), ExperimentStatus.CANCELLED),
}
"""Words of a run that are seen nowhere and would not surprise (reference section 11, inferred)."""


def denied(body: bytes) -> bool:
    """Whether a body says `success: false`, whatever the status is (reference section 15)."""
    if b'"success"' not in body[:2000]:
        return False
    try:
        content = read_json(body, allow_nan=True, allow_duplicates=True)
    except CrosswalkError:
        return False
    return isinstance(content, dict) and content.get("success") is False


def opened(content: Json) -> Json:
    """What an answer is about. Raises CrosswalkError for an envelope without anything in it."""
    if not isinstance(content, dict) or "success" not in content:
        return content
    if content.get("data") is None:
        raise invalid("the envelope holds no data", "data")
    return content["data"]


def listed(content: Json, *names: str) -> list[Json]:
    """The items of a list, which stands bare or under one of these names."""
    data = opened(content)
    under = data if isinstance(data, dict) else {}
    found = data if isinstance(data, list) else next((under[name] for name in names if isinstance(under.get(name), list)), None)
    if found is None:
        raise invalid("should be a list", "data", type="list_type")
    return list(found)


def as_object(value: Json) -> JsonObject:
    """An object; one that came as JSON text is read, anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = read_json(value.encode())
        except CrosswalkError:
            return {}
    return value if isinstance(value, dict) else {}


def spelled(value: Json) -> JsonObject:
    """An object with the older spellings of its fields made the usual ones."""
    document: JsonObject = dict(value) if isinstance(value, dict) else {}
    for other, usual in _OTHER_SPELLINGS:
        if other in document and document.get(usual) is None:
            document[usual] = document.pop(other)
    return document


@dataclass(frozen=True)
class One:
    """One record, perhaps under a name of its own."""

    item: Codec
    under: str = ""

    def decode(self, value: Json, scope: Scope) -> Json:
        data = opened(value)
        data = data[self.under] if self.under and isinstance(data, dict) and isinstance(data.get(self.under), dict) else data
        return self.item.decode(spelled(data) if isinstance(data, dict) else data, scope)

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"success": True, "data": self.item.encode(value, scope)}


@dataclass(frozen=True)
class Many:
    """A list of records, bare or under a name."""

    item: Codec
    names: tuple[str, ...] = ()

    def decode(self, value: Json, scope: Scope) -> Json:
        return {"items": [self.item.decode(spelled(entry), scope) for entry in listed(value, *self.names)], "next_cursor": None}

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"success": True, "data": [self.item.encode(entry, scope) for entry in value["items"]]}


@dataclass(frozen=True)
class Told:
    """A reply made by a function of what the answer is about."""

    read: Callable[[Json, Scope], Json]

    def decode(self, value: Json, scope: Scope) -> Json:
        return self.read(opened(value), scope)

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"success": True, "data": value}


def _nothing(data: Json, scope: Scope) -> JsonObject:
    return {}


DONE = Told(_nothing)
"""An answer that only says that it was done: no source shows what else is in it."""


def _added(data: Json, scope: Scope) -> JsonObject:
    given = data.get("ids", data.get("cases")) if isinstance(data, dict) else data
    ids = [entry["id"] if isinstance(entry, dict) else entry for entry in given or ()]
    return {"ids": [str(identity) for identity in ids if identity]}


ADDED = Told(_added)
"""The ids of appended cases, where they are told."""


def _head(data: Json) -> JsonObject:
    """The fields of a run, flat and nested at once: what stands in `run` wins."""
    if not isinstance(data, dict):
        raise invalid("should be an object", "data", type="dict_type")
    nested = spelled(data.get("run"))
    return {**spelled(data), **{name: value for name, value in nested.items() if value is not None}}


def read_run(data: Json, scope: Scope) -> JsonObject:
    """An eval run as an experiment: with its counts where its results came, too. Raises CrosswalkError for what is none."""
    head = _head(data)
    config = as_object(head.get("config"))
    told = {name: head[name] for name in _SEEN if head.get(name) is not None} | {"config": config}
    told["config"] = {name: config[name] for name in ("prompt", "scorers", "external") if config.get(name) is not None}
    if head.get("external") and "external" not in config:
        told["config"]["external"] = True
    word = str(head.get("status"))
    told["status"] = word if word in status.EVAL_WORDS else "running"
    document = EVAL_ROW.decode(told, scope)
    if word not in status.EVAL_WORDS:
        document |= {"status": WORDS.get(word, ExperimentStatus.UNKNOWN).value, "native_status": word}
    _scale(document, head)
    rows = head.get("results")
    if not isinstance(rows, list):
        return document
    places = [_place(row, place) for place, row in enumerate(rows) if not (isinstance(row, dict) and row.get("passed"))]
    return {**document, "counts": _counts(list(rows), scope), DOUBTFUL: places}


def _scale(document: JsonObject, head: JsonObject) -> None:
    """The figures of the whole on a scale of 0 … 1."""
    stated = document.get("reported") or {}
    if isinstance(head.get("passRate"), int | float):
        stated["pass_rate"] = head["passRate"]
    if isinstance(stated.get("score"), int | float):
        stated["score"] = _unit(stated["score"], head.get("max_score"))
    if stated:
        document["reported"] = stated


def _unit(score: Json, most: Json) -> Json:
    scaled = isinstance(score, int | float) and isinstance(most, int | float) and score > 1 and most > 1
    return score / most if scaled else score


def _place(row: Json, place: int) -> Json:
    told = spelled(row).get("test_case_index")
    return place if told is None else told


def _counts(rows: list[Json], scope: Scope) -> JsonObject:
    failed = sum(isinstance(row, dict) and row.get("error") is not None for row in rows)
    return {"succeeded": len(rows) - failed, "failed": failed}


def read_results(data: Json, scope: Scope) -> JsonObject:
    """The results of a run, in the order of its cases."""
    head = _head(data) if isinstance(data, dict) else {}
    rows = data if isinstance(data, list) else head.get("results") or []
    if not isinstance(rows, list):
        raise invalid("should be a list", "results", type="list_type")
    return {"items": [read_row(row, place, head.get("max_score"), scope) for place, row in enumerate(rows)], "next_cursor": None}


def read_row(row: Json, place: int, most: Json, scope: Scope) -> JsonObject:
    """One result, in the client's spelling or the documentation's; scores above 1 have the scale that `most` ends."""
    given = spelled(row)
    if not given:
        raise invalid("should be an object", "results", type="dict_type")
    told = {name: given[name] for name in _ROW if given.get(name) is not None}
    told.update({name: as_object(told[name]) for name in ("scores", "scorerResults", "tokenUsage") if name in told})
    told.setdefault("test_case_index", place)
    run = NEW_RESULT.decode(told, scope)
    run["score"] = _unit(run.get("score"), most)
    run["scores"] = [_scaled(score, most) for score in run.get("scores") or ()]
    return {name: value for name, value in run.items() if value is not None}


def _scaled(score: JsonObject, most: Json) -> JsonObject:
    value = score.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 1 and isinstance(most, int | float):
        return {**score, "scale": {"minimum": 0, "maximum": most}}
    return score


_ID_PLACES = (("id",), ("experiment", "id"), ("experimentId",), ("experiment_id",), ("runId",), ("job_id",))


def read_created(content: Json, scope: Scope) -> JsonObject:
    """What the creation of a prompt experiment answers: its id from wherever it stands.

    Raises CrosswalkError (outcome_unknown) where it stands nowhere: nothing may be sent again, since the vendor does not know repeated creations.
    """
    data = content.get("data") if isinstance(content, dict) else None
    places = [pick(data or {}, path) for path in _ID_PLACES] + [content.get("id", ABSENT) if isinstance(content, dict) else ABSENT]
    found = next((identity for identity in places if isinstance(identity, str) and identity), None)
    if found is None:
        message = "The experiment was started, but the answer does not say which it is, and no list shows it: it is not started again."
        raise CrosswalkError(Code.OUTCOME_UNKNOWN, message)
    word = data.get("status") if isinstance(data, dict) else None
    return {"id": found, "status": word_of(word or "pending")}


class Created:
    """The answer to a creation, whatever its form."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return read_created(value, scope)

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"success": True, "data": {"id": value["id"]}}


def word_of(word: Json) -> str:
    """A prompt experiment's status: `failed` is no verdict here."""
    from adapters.evalguard.tables.experiments import EXPERIMENT_STATUS

    meaning: Any = EXPERIMENT_STATUS.words.get(str(word), ExperimentStatus.UNKNOWN)
    return str(meaning.value)


def read_group(data: Json, scope: Scope) -> JsonObject:
    """A prompt experiment; its variants' ids are made of its own and theirs, so that either leads to the other."""
    head = spelled(data.get("experiment") if isinstance(data, dict) and isinstance(data.get("experiment"), dict) else data)
    identity = head.get("id")
    if not isinstance(identity, str):
        raise invalid("names no experiment", "id")
    arms = [entry for entry in head.get("variants") or () if isinstance(entry, dict)]
    found: JsonObject = {
        "id": identity,
        "name": head.get("name") or "",
        "status": word_of(head.get("status")),
        "native_status": str(head.get("status")),
        "dataset_id": head.get("dataset_id") or head.get("datasetId"),
        "form": "ab" if head.get("winner") or head.get("alpha") is not None else "comparison",
        "evaluators": [{"evaluator": name} for name in head.get("scorers") or () if isinstance(name, str)],
        "variants": [_arm(identity, place, entry, head.get("model")) for place, entry in enumerate(arms)],
        "metric": head.get("metric"),
        "alpha": head.get("alpha"),
        "error": head.get("error"),
    }
    times = EVAL_ROW.decode({"status": "running"} | {name: head[name] for name in ("created_at", "completed_at") if head.get(name)}, scope)
    rows = [row for entry in arms for row in entry.get("results") or ()]
    return {**found, **{name: times[name] for name in ("created_at", "completed_at") if name in times}, "counts": _counts(rows, scope)}


def _arm(identity: str, place: int, entry: JsonObject, model: Json) -> JsonObject:
    steps = variants.steps_of(entry.get("template"), model if isinstance(model, str) else None)
    return {"id": f"{identity}/{entry.get('id') or place}", "name": entry.get("name") or f"variant {place + 1}", "steps": steps}


def read_group_results(data: Json, scope: Scope) -> JsonObject:
    """The results of every variant of a prompt experiment."""
    head = spelled(data.get("experiment") if isinstance(data, dict) and isinstance(data.get("experiment"), dict) else data)
    items: list[JsonObject] = []
    for place, entry in enumerate(head.get("variants") or ()):
        arm = _arm(str(head["id"]), place, entry, None)
        rows = [read_row(row, number, None, scope) for number, row in enumerate(entry.get("results") or ())]
        items.extend({**row, "variant_id": arm["id"], "variant": arm["name"]} for row in rows)
    return {"items": items, "next_cursor": None}
