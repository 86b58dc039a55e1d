"""Single values that need more than a row: names, splits, errors, counts and times."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from adapters.codecs import Time
from adapters.mapping import ABSENT, Absent, Codec
from adapters.notes import Fate
from adapters.phoenix.quirks.ids import TYPE_NAMES, NodeId, NodeOrName, refers_to
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, malformed
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.status import ExperimentStatus, RunStatus

TIME = Time("+00:00", None)


class OrAbsent:
    """A value that means nothing when it is null or empty."""

    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        return ABSENT if value in (None, "", []) else value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value


class NotNull:
    """A value that means nothing when it is null."""

    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        return ABSENT if value is None else value

    def encode(self, value: Json, scope: Scope) -> Json:
        return ABSENT if value is None else value


@dataclass(frozen=True)
class Given:
    """A value that counts as not said when it is empty; else what `codec` makes of it."""

    codec: Codec

    def decode(self, value: Json, scope: Scope) -> Json:
        return self.codec.decode(value, scope) if value else ABSENT

    def encode(self, value: Json, scope: Scope) -> Json:
        return self.codec.encode(value, scope)


@dataclass(frozen=True)
class Or:
    """A value that is shown as `other` when there is none; an empty text is none."""

    other: Json
    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        return None if value == "" else value

    def encode(self, value: Json, scope: Scope) -> Json:
        return self.other if value is None else value


@dataclass(frozen=True)
class NotBlank:
    """A text that must not be blank. Raises INVALID_REQUEST with the server's own words; `trim` drops the space around it, null is no text when `optional`."""

    refusal: str
    trim: bool = False
    optional: bool = False
    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        if value is None and self.optional:
            return ABSENT
        if value is None or not value.strip():
            raise CrosswalkError(Code.INVALID_REQUEST, self.refusal)
        return value.strip() if self.trim else value

    def encode(self, value: Json, scope: Scope) -> Json:
        return ABSENT if value is None else value


class Splits:
    """Split ids or names; none or an empty list means the whole dataset, a blank one is refused."""

    takes_null = True
    _named = NodeOrName(Kind.SPLIT)

    def decode(self, value: Json, scope: Scope) -> Json:
        if not value:
            return ABSENT
        if any(not name.strip() for name in value):
            raise malformed(Kind.SPLIT, "")
        return [self._named.decode(name.strip(), scope) for name in value]

    def encode(self, value: Json, scope: Scope) -> Json:
        return [self._named.encode(name, scope) for name in value]


def generated_name(dataset_name: str) -> str:
    """What the server calls an experiment without a name: `capitals-fc7110ee`."""
    return f"{dataset_name[:8].replace(' ', '-')}-{token_hex(4)}"


def failure(given: JsonObject, scope: Scope) -> JsonObject:
    """A run failed when its `error` is not null, even if it is empty."""
    status = RunStatus.SUCCEEDED if given["error"] is None else RunStatus.FAILED
    return {"error": given["error"], "status": status.value}


def show_failure(given: JsonObject, scope: Scope) -> JsonObject:
    """The `error` of a run; a failed one without a text gets an empty one, a run that did not fail has none."""
    status, error = given.get("status", RunStatus.SUCCEEDED.value), given.get("error", None if "status" in given else ABSENT)
    if status == RunStatus.FAILED.value:
        return {"error": error or ""}
    if error:
        scope.note(Fate.LOST, "", "error", "a run that succeeded has no error here")
        error = None
    if status != RunStatus.SUCCEEDED.value:
        scope.note(Fate.COERCED, "", "status", "a run either failed or succeeded here")
    return {"error": error}


def counts(given: JsonObject, scope: Scope) -> JsonObject:
    """The canonical counts of the four counters. Runs that wait for somebody count as missing here."""
    known = {f"counts/{ours}": given[theirs] for theirs, ours in _COUNTERS.items() if theirs in given}
    done = given.get("successful_run_count", 0) + given.get("failed_run_count", 0)
    missing = given.get("missing_run_count", 0)
    return {**known, "counts/expected": done + missing, "counts/missing": missing, **_progress(given, done, missing)}


def _progress(given: JsonObject, done: int, missing: int) -> JsonObject:
    """The server knows no status: an experiment waits for its client's runs, and is over when none is missing."""
    failed = given.get("failed_run_count", 0)
    over = ExperimentStatus.COMPLETED_WITH_ERRORS if failed and done > failed else ExperimentStatus.COMPLETED
    ended = ExperimentStatus.FAILED if failed and done == failed else over
    progress = min(1.0, done / (done + missing)) if missing > 0 else 1.0
    return {"status": (ExperimentStatus.WAITING if missing > 0 else ended).value, "progress": progress}


def show_counts(given: JsonObject, scope: Scope) -> JsonObject:
    """The four counters."""
    shown = {theirs: given.get(f"counts/{ours}", 0) for theirs, ours in _COUNTERS.items()}
    shown["missing_run_count"] = given.get("counts/expected", 0) - shown["successful_run_count"] - shown["failed_run_count"]
    if given.get("counts/waiting"):
        scope.note(Fate.COERCED, "missing_run_count", "counts/waiting", "runs that wait are missing here")
    understood = counts(shown, scope)
    for name in ("status", "progress"):
        if given.get(name) is not None and given[name] != understood[name]:
            scope.note(Fate.COERCED, "", name, f"clients here take it from the counters: {understood[name]}")
    return shown


COUNTERS = ("example_count", "successful_run_count", "failed_run_count", "missing_run_count")
_COUNTERS = {"example_count": "examples", "successful_run_count": "succeeded", "failed_run_count": "failed"}


def times(given: JsonObject, scope: Scope) -> JsonObject:
    """`start_time` and `end_time` as canonical times."""
    names = {"start_time": "started_at", "end_time": "ended_at"}
    return {ours: TIME.decode(given[theirs], scope) for theirs, ours in names.items() if given.get(theirs) is not None}


def show_times(given: JsonObject, scope: Scope) -> JsonObject:
    """`start_time` and `end_time`, which are never null: what another dialect left out follows from the latency, else from when it was recorded."""
    start, end = given.get("started_at"), given.get("ended_at")
    recorded, latency = given.get("created_at"), given.get("latency_ms")
    if recorded is not None:
        scope.note(Fate.LOST, "", "created_at", "no time of recording here")
    told = latency is not None and not isinstance(latency, Absent)
    if start is None and end is None and recorded is None:
        if told:
            scope.note(Fate.LOST, "", "latency_ms", "without a time there is nothing to show it by")
        return {"start_time": ABSENT, "end_time": ABSENT}
    if told:
        scope.note(Fate.COERCED, "", "latency_ms", "the latency is end_time - start_time here")
    if start is None or end is None:
        scope.note(Fate.DEFAULTED, "start_time", "started_at", "follows from the latency or the time of recording")
        scope.note(Fate.DEFAULTED, "end_time", "ended_at", "follows from the latency or the time of recording")
        start, end = _interval(start, end, recorded, timedelta(milliseconds=latency or 0))
    return {"start_time": TIME.encode(start, scope), "end_time": TIME.encode(end, scope)}


def written_times(given: JsonObject, scope: Scope) -> JsonObject:
    """`start_time` and `end_time` of what is recorded, which the server demands: now, when nobody said."""
    if given.get("started_at") is None and given.get("ended_at") is None:
        scope.note(Fate.DEFAULTED, "start_time", "started_at", "the server demands a time: the time of writing")
        given = {**given, "ended_at": datetime.now(UTC)}
    return show_times({**given, "created_at": None}, scope)


def _interval(
    start: datetime | None, end: datetime | None, recorded: datetime | None, latency: timedelta
) -> tuple[datetime | None, datetime | None]:
    if start is not None:
        return start, start + latency
    finished = end if end is not None else recorded
    return (finished - latency if finished is not None else None), finished


class Sorted:
    """A list of texts that is written in order."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        return sorted(value)


@dataclass(frozen=True)
class Picked:
    """One field of a larger document, all that a short answer shows."""

    name: str
    codec: Codec
    partial = True

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        return {self.name: self.codec.decode(value[self.name], scope)}

    def encode(self, value: Json, scope: Scope) -> JsonObject:
        return {self.name: self.codec.encode(value[self.name], scope)}


def name_contains(given: JsonObject, scope: Scope) -> JsonObject:
    """The condition that a name contains a text, whatever the case; an empty text is no condition."""
    wanted = given["name_contains"]
    return {"where": {"field": "name", "operator": "icontains", "value": wanted} if wanted else ABSENT}


GROUP = "group_id"
"""Where metadata names the group that an experiment is a variant of: this dialect has no groups."""


def read_metadata(given: JsonObject, scope: Scope) -> JsonObject:
    """Metadata, and the group it names; what is no experiment's id there is the caller's own."""
    said = given["metadata"]
    if not isinstance(said, dict) or refers_to(str(said.get(GROUP, ""))) != TYPE_NAMES[Kind.EXPERIMENT]:
        return {"metadata": said}
    return {
        "metadata": {name: value for name, value in said.items() if name != GROUP},
        "group_id": NodeId(Kind.EXPERIMENT).decode(said[GROUP], scope),
    }


def show_metadata(doc: JsonObject, scope: Scope) -> JsonObject:
    """Metadata; an experiment that is one variant of a group names the group there."""
    said, group = doc.get("metadata") or {}, doc.get("group_id")
    return {"metadata": {**said, GROUP: NodeId(Kind.EXPERIMENT).encode(group, scope)} if group else said}
