"""Random canonical records through a vendor: what was said, what reads back, and what the receipts excuse."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import strategies as st

from schemas.dataset import NewDataset
from schemas.experiment import ExperimentDefinition
from schemas.run import NewRun

REFUSALS = frozenset({"loss_refused", "unsupported"})
"""What a vendor cannot be told may be refused by name instead of being lost."""

Document = dict[str, Any]
Field = tuple[str, Any, Any]
"""A field's JSON Pointer (`*` for any place in a list), what was said, and what is shown."""

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_NAME = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
_KEY = st.one_of(_NAME, st.sampled_from(["input", "output", "crosswalk", "group_id", "value", "metadata"]))
_NUMBER = st.one_of(st.integers(-(2**31), 2**31), st.floats(-1e6, 1e6).map(lambda value: round(value, 4)))
_PLAIN = st.one_of(st.none(), st.booleans(), _NUMBER, _TEXT)
JSON = st.recursive(_PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_KEY, inner, max_size=2)), max_leaves=4)
OBJECT = st.dictionaries(_KEY, JSON, max_size=2)
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENT = st.integers(0, 10**9).map(lambda micros: _BEGAN + timedelta(microseconds=micros))

_VALUES = {
    "number": _NUMBER.map(float),
    "boolean": st.booleans(),
    "label": _NAME,
    "labels": st.lists(_NAME, max_size=2),
    "text": _TEXT,
    "json": JSON,
}


@st.composite
def some(draw: st.DrawFn, always: dict[str, Any], maybe: dict[str, Any]) -> Document:
    """An object with all of the first fields and any of the second."""
    chosen = draw(st.sets(st.sampled_from(sorted(maybe)))) if maybe else set()
    return {name: draw(kind) for name, kind in {**always, **{name: maybe[name] for name in sorted(chosen)}}.items()}


EXAMPLE = some({"input": JSON}, {"reference": JSON, "metadata": OBJECT, "output": JSON, "splits": st.lists(_NAME, max_size=2, unique=True)})
EXAMPLES = st.lists(EXAMPLE, min_size=1, max_size=3, unique_by=lambda example: repr(example["input"]))
DATASET = some({"examples": EXAMPLES}, {"description": _TEXT, "metadata": OBJECT, "tags": st.lists(_NAME, max_size=2, unique=True)})
EXPERIMENT = some(
    {"variants": some({"steps": st.just([{"kind": "wait"}])}, {"name": _NAME}).map(lambda variant: [variant])},
    {
        "description": _TEXT,
        "metadata": OBJECT,
        "tags": st.lists(_NAME, max_size=2, unique=True),
        "repetitions": st.integers(1, 2),
        "metric": _NAME,
        "threshold": st.floats(0, 1).map(lambda value: round(value, 3)),
        "starred": st.booleans(),
    },
)


@st.composite
def scores(draw: st.DrawFn) -> Document:
    """A score whose value is of its type, or none and an error."""
    kind = draw(st.sampled_from(sorted(_VALUES)))
    maybe = {
        "explanation": _TEXT,
        "metadata": OBJECT,
        "passed": st.booleans(),
        "threshold": st.floats(0, 1),
        "label": _NAME,
        "trace_id": _NAME,
    }
    score = draw(some({"evaluator": _NAME, "annotator_kind": st.sampled_from(["code", "llm", "human"])}, maybe))
    if draw(st.integers(0, 4)) == 0:
        return {**score, "error": draw(_NAME)}
    return {**score, "value": draw(_VALUES[kind]), "value_type": kind}


@st.composite
def runs(draw: st.DrawFn, place: int, repetition: int) -> Document:
    """A run that succeeded or failed."""
    maybe = {
        "model": _NAME,
        "prompt_tokens": st.integers(0, 1000),
        "completion_tokens": st.integers(0, 1000),
        "cost": st.floats(0, 10).map(lambda value: round(value, 4)),
        "trace_id": _NAME,
        "metadata": OBJECT,
        "latency_ms": st.integers(0, 10_000).map(float),
    }
    run = draw(some({"output": JSON}, maybe))
    if draw(st.integers(0, 3)) == 0:
        run |= {"status": "failed", "error": draw(_NAME)}
    if draw(st.booleans()):
        began = draw(_MOMENT)
        ended = began + timedelta(milliseconds=run.get("latency_ms", draw(st.integers(0, 10_000))))
        run |= {"started_at": began.isoformat(), "ended_at": ended.isoformat()}
    given = draw(st.lists(scores(), max_size=2, unique_by=lambda score: score["evaluator"]))
    return {**run, "example_position": place, "repetition": repetition, **({"scores": given} if given else {})}


@st.composite
def accounts(draw: st.DrawFn) -> Document:
    """A dataset, an experiment over it that its caller runs, and runs for some of its rows."""
    dataset, experiment = draw(DATASET), draw(EXPERIMENT)
    places = [(place, turn) for place in range(len(dataset["examples"])) for turn in range(1, experiment.get("repetitions", 1) + 1)]
    chosen = draw(st.lists(st.sampled_from(places), max_size=3, unique=True))
    return {"dataset": dataset, "experiment": experiment, "runs": [draw(runs(place, turn)) for place, turn in chosen]}


@dataclass
class Written:
    """One write: what was made, and what its receipt says became of which field."""

    document: Document
    notes: dict[str, set[str]] = field(default_factory=dict)

    def excused(self, pointer: str) -> bool:
        """Whether the receipt says that the field does not come back as it was."""
        return any(_touch(pointer, said) for fate in ("lost", "coerced", "defaulted") for said in self.notes.get(fate, ()))

    def lost(self, pointer: str) -> bool:
        """Whether the receipt says that just this field does not come back at all."""
        return pointer in self.notes.get("lost", ())


@dataclass
class Passage:
    """One account on its way through a vendor."""

    client: httpx.AsyncClient
    vendor: str
    name: str
    wrong: list[str] = field(default_factory=list)
    said: int = 0

    async def made(self, account: Document) -> None:
        """Make everything, read it back, and collect where it differs without a word."""
        dataset = await self.write("/datasets", {**account["dataset"], "name": self.name})
        if dataset is None:
            return
        await self.dataset(account["dataset"], dataset)
        definition = {**account["experiment"], "name": f"{self.name} try", "dataset_id": dataset.document["id"]}
        experiment = await self.write("/experiments", definition)
        if experiment is None:
            return
        one = f"/experiments/{experiment.document['id']}"
        written = [(run, await self.write(f"{one}/runs", run)) for run in account["runs"]]
        await self.delivered(one)
        self.compare("experiment", _experiment(definition, await self.get(one)), experiment)
        found = {
            (run["example_position"], run["repetition"]): run for run in (await self.get(f"{one}/runs", limit=50, scores=True))["items"]
        }
        for run, recorded in written:
            if recorded is not None:
                shown = found.get((run["example_position"], run["repetition"]))
                self.compare("run", _run(run, shown) if shown else [("", run, None)], recorded)

    async def dataset(self, account: Document, dataset: Written) -> None:
        one = f"/datasets/{dataset.document['id']}"
        shown = await self.get(one)
        rows = (await self.get(f"{one}/examples", limit=50))["items"]
        self.compare("dataset", _dataset(account, shown, rows), dataset)

    async def write(self, path: str, body: Document) -> Written | None:
        """The write and its receipt; None when it was refused by name."""
        answer = await self.client.post(f"/v1@{self.vendor}{path}", json=body)
        if answer.status_code >= 400:
            assert answer.json()["code"] in REFUSALS, f"{path} {body}: {answer.text}"
            return None
        self.said += 1
        notes: dict[str, set[str]] = {}
        if receipt := answer.headers.get("crosswalk-receipt"):
            told = (await self.client.get(f"/v1/receipts/{receipt}")).json()
            notes = {
                fate: {note["canonical"].removeprefix("/runs/*") for note in entries}
                for fate, entries in told.items()
                if isinstance(entries, list)
            }
        return Written(answer.json(), notes)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(f"/v1@{self.vendor}{path}", params=query)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    async def delivered(self, one: str) -> None:
        """Wait until the vendor has taken what waited for it."""
        for _ in range(200):
            if (await self.get(one)).get("delivery") != "pending":
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.vendor} has not taken everything within 10 s")

    def compare(self, what: str, fields: list[Field], written: Written) -> None:
        for pointer, said, shown in fields:
            if same(said, shown):
                if written.lost(pointer) and said not in (None, [], {}, ""):
                    self.wrong.append(f"{what} {pointer}: {said!r} is said to be lost, and comes back")
            elif not written.excused(pointer):
                self.wrong.append(f"{what} {pointer}: {said!r} comes back as {shown!r}, without a word of it in {written.notes}")


def _dataset(said: Document, shown: Document, rows: list[Document]) -> list[Field]:
    meant = NewDataset.model_validate({**said, "name": "n"})
    fields: list[Field] = [(f"/{name}", getattr(meant, name), shown[name]) for name in ("description", "metadata", "tags") if name in said]
    if len(rows) != len(meant.examples):
        return [*fields, ("/examples", meant.examples, rows)]
    for example, row in zip(said["examples"], rows, strict=True):
        fields += [(f"/examples/*/{name}", value, row[name]) for name, value in example.items()]
        fields += [("/examples/*/reference", None, row["reference"])] if "reference" not in example else []
    return fields


def _experiment(said: Document, shown: Document) -> list[Field]:
    meant = ExperimentDefinition.model_validate(said).model_dump(mode="json")
    fields: list[Field] = [(f"/{name}", meant[name], shown[name]) for name in said if name != "variants"]
    return [*fields, ("/variants/*/name", meant["variants"][0]["name"] or "", shown["variants"][0]["name"] or "")]


def _run(said: Document, shown: Document) -> list[Field]:
    meant = NewRun.model_validate(said).model_dump(mode="json")
    fields: list[Field] = [(f"/{name}", meant[name], shown[name]) for name in said if name != "scores"]
    fields.append(("/status", meant["status"], shown["status"]))
    held = {score["evaluator"]: score for score in shown["scores"]}
    for given, score in zip(said.get("scores", ()), meant["scores"], strict=True):
        other = held.get(score["evaluator"])
        if other is None:
            fields.append(("/scores", score, None))
        else:
            fields += [(f"/scores/*/{name}", score[name], other[name]) for name in given]
    return fields


def same(said: Any, shown: Any) -> bool:
    """Whether two JSON values are the same: a number is one however it is written, a truth value is none, a time is the same at any offset."""
    if isinstance(said, bool) or isinstance(shown, bool):
        return said is shown
    if isinstance(said, dict) and isinstance(shown, dict):
        return said.keys() == shown.keys() and all(same(said[name], shown[name]) for name in said)
    if isinstance(said, list) and isinstance(shown, list):
        return len(said) == len(shown) and all(same(one, other) for one, other in zip(said, shown, strict=True))
    if isinstance(said, str) and isinstance(shown, str) and said != shown:
        return _moment(said) == _moment(shown) is not None
    return bool(said == shown)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if len(text) > 18 and text[10] == "T" else None
    except ValueError:
        return None


def _touch(pointer: str, other: str) -> bool:
    return pointer == other or pointer.startswith(f"{other}/") or other.startswith(f"{pointer}/")
